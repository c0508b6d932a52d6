package machines

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Update implements [page.Page].
func (s *Page) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case setupsListed:
		return s.listed(msg)
	case surveyed:
		return s.surveyed(msg)
	case surveyEnded:
		return s.surveyEnded(msg)
	case ledgerWatched:
		return s.watched(msg)
	case machineRead:
		return s.readBack(msg)
	case operationSaid:
		s.said(msg)
	case operationEnded:
		return s.ended(msg)
	case copyAdvanced:
		s.copied(msg)
	case notebookEnded:
		return s.notebookEnded(msg)
	case shellEnded:
		return s.shellEnded(msg)
	case page.ProjectSaid:
		return s.projectSaid(msg)
	case projectKept:
		s.projectEnded(msg)
	case page.Ticked:
		return s.turned(msg.At)
	case page.Resumed:
		return s.resumed()
	case page.Restyled:
		s.table.SetTheme(s.Theme)
		s.pane.SetTheme(s.Theme)
	default:
		return s.updateSelected(msg)
	}
	return nil
}

// updateSelected takes what has happened to the selection, its link and its log.
func (s *Page) updateSelected(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case selectionRested:
		return s.rested(msg)
	case linkMade:
		return s.linked(msg)
	case healthCame:
		return s.healthy(msg)
	case logRead:
		s.read(msg)
	case logEnded:
		s.readAll(msg)
	case logpane.FullScreenToggledMsg:
		if msg.ID == listLog {
			s.full = !s.full && s.shown
		}
	case logpane.SaveRequestedMsg:
		if msg.ID == listLog {
			return s.saveLog()
		}
	}
	return nil
}

// resumed asks again what may have changed while the program was suspended.
func (s *Page) resumed() tea.Cmd {
	var cmds []tea.Cmd
	for _, u := range s.order {
		cmds = append(cmds, s.askHealth(u))
	}
	if s.shown {
		cmds = append(cmds, s.refresh())
	}
	return tea.Batch(cmds...)
}

// FullScreen implements [page.WithLog].
func (s *Page) FullScreen(w, h int) string {
	if !s.full || s.Current() == nil {
		return ""
	}
	return s.fullLog(w, h)
}

// Said implements [page.WithLog].
func (s *Page) Said() string {
	if !s.full {
		return ""
	}
	return s.pane.Said()
}
