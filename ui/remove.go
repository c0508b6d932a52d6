package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const taskRemove page.TaskName = "remove"

// removeScreen shows a removal while it runs.
type removeScreen struct {
	setup    steps.Setup
	now      string
	done     bool
	thenQuit bool // the person was leaving
	logs     page.Logs
	failure  page.Failure
}

func newRemoveScreen(m *model) removeScreen {
	s := removeScreen{logs: page.NewLogs(m.Theme, "remove", "What is happening", "")}
	s.logs.Single = true // a removal runs nothing on the machine
	return s
}

func (s *removeScreen) enter(*model) tea.Cmd { return nil }

// start removes the setup. Work on it is stopped first, and waited for: the
// engine holds the setup until then.
func (s *removeScreen) start(m *model, setup steps.Setup, thenQuit bool) tea.Cmd {
	var busy <-chan struct{}
	if m.work.setup.ID == setup.ID {
		if m.work.last != nil {
			busy = m.work.last.Gone
		}
		m.Tasks.Stop(taskWork)
	}
	if m.open.opened != nil && m.open.opened.Setup.ID == setup.ID {
		m.open = openScreen{}
	}
	if u := m.fleet.members[setup.ID]; u != nil {
		if u.op != nil {
			busy = u.op.end.Gone
			m.Tasks.Stop(taskOperation(setup.ID))
			u.op = nil
		}
		u.unlink(m)
		m.Ends.Close(u.opened, u.notebook)
		u.opened, u.notebook = nil, nil
	}
	s.setup, s.thenQuit = setup, thenQuit
	s.now, s.done = "Starting …", false
	s.failure.Set(nil)
	engine, send := m.Engine, m.Send
	cmd := m.Start(taskRemove, func(ctx context.Context, id page.TaskID) tea.Msg {
		if busy != nil {
			select {
			case <-busy:
			case <-ctx.Done():
				return removeEnded{id, ctx.Err()}
			}
		}
		b := page.NewEvents(id, send)
		err := engine.Remove(ctx, setup.ID, b.Emit)
		b.Close()
		return removeEnded{id, err}
	})
	return tea.Batch(cmd, m.Show(steps.StepRemove))
}

func (s *removeScreen) events(_ *model, batch []steps.Event) {
	for _, e := range batch {
		if e.Text != "" && e.Kind != steps.Output && e.Kind != steps.ByHand {
			s.now = e.Text
		}
		s.logs.Add(e, time.Time{})
	}
}

func (s *removeScreen) ended(m *model, msg removeEnded) tea.Cmd {
	if !m.Tasks.Done(taskRemove, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.done = true
	m.forget(s.setup)
	if s.thenQuit {
		return m.quit()
	}
	return nil
}

// forget takes a setup that was removed out of all that the program remembers.
func (m *model) forget(s steps.Setup) {
	m.fleet.drop(m, s.ID)
	m.fleet.removed[s.ID] = true
	m.outcome.Cleared = append(m.outcome.Cleared, s)
	if m.unset(s.ID) {
		m.outcome.Removed, m.outcome.Setup = true, s
	}
}

// unset takes a setup that is gone out of the guide's pages, and reports
// whether the work was on it.
func (m *model) unset(id string) bool {
	if m.open.opened != nil && m.open.opened.Setup.ID == id {
		m.open = openScreen{}
	}
	if m.work.setup.ID != id {
		return false
	}
	m.work.setup = steps.Setup{}
	m.work.runs = map[steps.StepID]stepRun{}
	return true
}

func (s *removeScreen) typing() page.Typist { return s.logs.Typing() }

func (s *removeScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !s.logs.Searching() {
		switch {
		case s.failure.Is() && k.String() == "r":
			return s.start(m, s.setup, s.thenQuit), true
		case s.failure.Key(k):
			return nil, true
		case s.done && k.String() == "enter":
			return m.Show(pageFleet), true
		}
	}
	if cmd, taken := s.logs.Key(k); taken {
		return cmd, true
	}
	if k.String() == "esc" && !m.Tasks.Runs(taskRemove) {
		return m.Show(pageFleet), true
	}
	return nil, false
}

func (s *removeScreen) hints(*model) []page.Hint {
	var hints []page.Hint
	switch {
	case s.done:
		hints = []page.Hint{{"enter", "your setups"}}
	case s.failure.Is():
		hints = append(s.failure.Hints(), page.Hint{"esc", "back"})
	}
	return append(hints, s.logs.Hints()...)
}

func (s *removeScreen) view(m *model, w, h int) string {
	var lines []string
	switch {
	case s.failure.Is():
		lines = s.failure.Lines(m.Theme, w)
	case s.done:
		lines = []string{m.Theme.OK.Render(theme.SignDone + " Removed. Nothing of " + page.Clean(s.setup.Answers.Name) + " is left" + m.OnAWS(", and nothing of it costs money") + ".")}
	default:
		lines = []string{cells.Fit(m.Waiting(page.Clean(s.now)), w)}
	}
	lines = append(lines, "")
	if room := h - len(lines); room >= 3 {
		lines = append(lines, s.logs.View(w, room, false))
	}
	return strings.Join(lines, "\n")
}
