package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/remote/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// besideFrom is the width from which two log panes stand side by side, and
// aboveFrom the height from which they stand one above the other.
const (
	besideFrom = 104
	aboveFrom  = 26
)

// logs are two panes: what is being done, and what the host says. Where there
// is room for one only, it is the one with the focus.
type logs struct {
	id     string
	buf    [2]*logbuf.Buffer
	pane   [2]*logpane.Pane
	at     int  // the pane with the focus
	chosen bool // the person chose it: it is not changed by itself
	full   bool // the focused pane has the whole screen
	single bool // only the first pane is used
}

func newLogs(m *model, id, doing, host string) logs {
	l := logs{id: id}
	for i, title := range []string{doing, host} {
		l.buf[i] = logbuf.New(logbuf.DefaultMax)
		l.pane[i] = logpane.New(id, title, l.buf[i], m.th)
	}
	l.pane[0].SetEmpty("Nothing yet.")
	l.pane[1].SetEmpty("Nothing yet: what its commands print comes here.")
	return l
}

func (l *logs) restyle(th theme.Theme) {
	for _, p := range l.pane {
		p.SetTheme(th)
	}
}

// add writes an event into the pane it belongs to.
func (l *logs) add(e steps.Event, run stepRun) {
	doing := l.buf[0]
	switch e.Kind {
	case steps.Output:
		l.buf[1].Add(e.Text, e.Partial)
	case steps.Started:
		doing.AddMarked(stepTitle(e.Step), false, logbuf.Doing)
	case steps.Doing:
		doing.Add("  "+e.Text, false)
	case steps.ByHand:
		doing.Add("  "+promptOf(e.Text)+" "+e.Text, false)
	case steps.Retrying:
		doing.AddMarked("  retry: "+e.Text, false, logbuf.Retry)
	case steps.Finished:
		text := "  ✓ " + e.Text
		if !run.started.IsZero() {
			text += " (" + took(e.Time.Sub(run.started)) + ")"
		}
		doing.Add(text, false)
	case steps.Failed:
		doing.AddMarked("  failed: "+e.Text, false, logbuf.Failed)
	}
}

func stepTitle(id steps.StepID) string {
	if id == steps.StepRemove {
		return "Remove"
	}
	return steps.PageFor(id).Title
}

func (l *logs) focused() *logpane.Pane { return l.pane[l.at] }

func (l *logs) searching() bool { return l.focused().Searching() }

func (l *logs) typing() typist {
	if l.searching() {
		return paneTypist{l.focused()}
	}
	return nil
}

// paneTypist hands what is typed and pasted to a pane's search.
type paneTypist struct{ p *logpane.Pane }

func (t paneTypist) update(msg tea.Msg) { t.p.Update(msg) }

func (l *logs) key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !l.searching() {
		switch k.String() {
		case "tab", "shift+tab":
			if !l.single {
				l.at, l.chosen = 1-l.at, true
			}
			return nil, true
		case "esc":
			if l.full {
				l.full = false
				return nil, true
			}
		}
	}
	taken, cmd := l.focused().Update(k)
	return cmd, taken
}

func (l *logs) hints() []hint {
	hints := []hint{}
	if !l.searching() && !l.single {
		hints = append(hints, hint{"tab", "other log"})
	}
	return append(hints, hintsOf(l.focused())...)
}

// view draws the panes in w by h cells. While nobody has chosen, a narrow
// screen shows the host's pane when the host is what matters.
func (l *logs) view(w, h int, hostMatters bool) string {
	both := !l.single && (w >= besideFrom || h >= aboveFrom)
	if !l.chosen && !l.full {
		l.at = 0
		if hostMatters && !both {
			l.at = 1
		}
	}
	for i, p := range l.pane {
		p.SetFocused(i == l.at)
	}
	draw := func(i, w, h int) string {
		l.pane[i].SetSize(w, h)
		return zoneOf(zonePane, i, l.pane[i].View())
	}
	switch {
	case l.full || !both:
		return draw(l.at, w, h)
	case w >= besideFrom:
		left := (w - 3) * 45 / 100
		return beside(draw(0, left, h), "   ", draw(1, w-3-left, h))
	}
	upper := (h - 1) / 2
	return strings.Join([]string{draw(0, w, upper), "", draw(1, w, h-1-upper)}, "\n")
}

// logs of the page that is shown, or nil.
func (m *model) logs() *logs {
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
		return l.focused().Said()
	}
	return ""
}

// toggleFull gives a log pane the whole screen, or takes it back.
func (m *model) toggleFull(id string) {
	if id == fleetLog {
		m.fleet.full = !m.fleet.full && m.page == pageFleet
	} else if l := m.logs(); l != nil && l.id == id {
		l.full = !l.full
	}
}

// fullScreen is the one pane that has the whole screen, or empty.
func (m *model) fullScreen() string {
	if m.page == pageFleet {
		if m.fleet.full && m.fleet.current() != nil {
			return m.fleet.fullLog(m.w, m.h-2)
		}
		return ""
	}
	l := m.logs()
	if l == nil || !l.full {
		return ""
	}
	return l.view(m.w, m.h-2, false)
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
	kind := [2]string{"done", "machine"}[l.at]
	return m.writeLog("jupyter-ec2-"+m.current().Name+"-"+kind, l.buf[l.at].String())
}
