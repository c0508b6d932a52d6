package ui

import (
	"context"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// logs of the page that is shown, or nil.
func (m *model) logs() *page.Logs {
	switch {
	case m.page == steps.StepRemove:
		return &m.remove.logs
	case m.screen() == screen(&m.work), m.screen() == screen(&m.open) && m.open.logs:
		return &m.work.logs
	}
	return nil
}

// logSaid is what the log pane with the focus has said at the last key, or
// empty.
func (m *model) logSaid() string {
	if m.page == pageFleet {
		if !m.fleet.full {
			return ""
		}
		return m.fleet.pane.Said()
	}
	if l := m.logs(); l != nil {
		return l.Focused().Said()
	}
	return ""
}

// toggleFull gives a log pane the whole screen, or takes it back.
func (m *model) toggleFull(id string) {
	if id == fleetLog {
		m.fleet.full = !m.fleet.full && m.page == pageFleet
	} else if l := m.logs(); l != nil && l.ID == id {
		l.Full = !l.Full
	}
}

// fullScreen is the one pane that has the whole screen, or empty.
func (m *model) fullScreen() string {
	if m.page == pageFleet {
		if m.fleet.full && m.fleet.current() != nil {
			return m.fleet.fullLog(m.Width, m.Height-2)
		}
		return ""
	}
	l := m.logs()
	if l == nil || !l.Full {
		return ""
	}
	return l.View(m.Width, m.Height-2, false)
}

// saveLog writes the focused pane's log to a file in the folder the program
// runs in. The text is taken here, so that the file has what was on screen.
func (m *model) saveLog() tea.Cmd {
	if m.page == pageFleet {
		return m.fleet.saveLog(m)
	}
	l := m.logs()
	if l == nil {
		return nil
	}
	kind := [2]string{"done", "machine"}[l.At]
	return m.writeLog("jupyter-ec2-"+m.current().Name+"-"+kind, l.Buf[l.At].String())
}

// writeLog saves a text in the folder the program runs in.
func (m *model) writeLog(name, text string) tea.Cmd {
	dir := m.SaveDir
	return m.Start(taskSave, func(_ context.Context, id page.TaskID) tea.Msg {
		path, err := writeNew(dir, strings.ReplaceAll(name, "/", "-"), ".log", func(f *os.File) error {
			_, err := f.WriteString(text)
			return err
		})
		return fileSaved{id, "log", path, err}
	})
}
