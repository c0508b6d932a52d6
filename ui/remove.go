package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const taskRemove page.TaskName = "remove"

// removePage shows a removal while it runs.
type removePage struct {
	*page.Context
	program remover

	setup    steps.Setup
	now      string
	done     bool
	thenQuit bool // the person was leaving
	discard  bool // what the machine alone has of the project may be lost
	logs     page.Logs
	failure  page.Failure
}

// remover is what the page needs of the program around it.
type remover interface {
	// release stops what is being done with a setup. What is returned is closed
	// when the engine has let go of it; nil where nothing was being done.
	release(setupID string) <-chan struct{}
	// forget takes a setup that was removed out of all that is remembered.
	forget(s steps.Setup)
	quit() tea.Cmd
}

func newRemovePage(c *page.Context, program remover) removePage {
	s := removePage{Context: c, program: program}
	s.emptyLogs()
	return s
}

func (s *removePage) emptyLogs() {
	s.logs = page.NewLogs(s.Theme, "remove", "What is happening", "")
	s.logs.Single = true // a removal runs nothing on the machine
}

func (s *removePage) Enter() tea.Cmd { return nil }

// start removes the setup. Work on it is stopped first, and waited for: the
// engine holds the setup until then.
func (s *removePage) start(setup steps.Setup, thenQuit, discard bool) tea.Cmd {
	busy := s.program.release(setup.ID)
	if setup.ID != s.setup.ID {
		s.emptyLogs() // they are of another one
	}
	s.setup, s.thenQuit, s.discard = setup, thenQuit, discard
	s.now, s.done = "Starting …", false
	s.failure.Set(nil)
	engine, send := s.Engine, s.Send
	cmd := s.Start(taskRemove, func(ctx context.Context, id page.TaskID) tea.Msg {
		if busy != nil {
			select {
			case <-busy:
			case <-ctx.Done():
				return removeEnded{id, ctx.Err()}
			}
		}
		if discard {
			ctx = steps.Discarding(ctx)
		}
		b := page.NewEvents(id, send)
		err := engine.Remove(ctx, setup.ID, b.Emit)
		b.Close()
		return removeEnded{id, err}
	})
	return tea.Batch(cmd, s.Show(steps.StepRemove))
}

func (s *removePage) events(batch []steps.Event) {
	for _, e := range batch {
		if e.Text != "" && e.Kind != steps.Output && e.Kind != steps.ByHand {
			s.now = e.Text
		}
		s.logs.Add(e, time.Time{})
	}
}

func (s *removePage) ended(msg removeEnded) tea.Cmd {
	if !s.Tasks.Done(taskRemove, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.Set(msg.err)
		return nil
	}
	s.done = true
	s.program.forget(s.setup)
	if s.thenQuit {
		return s.program.quit()
	}
	return nil
}

// release lets go of a setup that is to be removed.
func (m *model) release(setupID string) <-chan struct{} {
	work := m.work.release(setupID)
	m.open.forget(setupID)
	if operation := m.machines.Release(setupID); operation != nil {
		return operation
	}
	return work
}

// forget takes a setup that was removed out of all that the program remembers.
func (m *model) forget(s steps.Setup) {
	m.machines.Forget(s.ID)
	m.outcome.Cleared = append(m.outcome.Cleared, s)
	if m.unset(s.ID) {
		m.outcome.Removed, m.outcome.Setup = true, s
	}
}

// unset takes a setup that is gone out of the guide's pages, and reports
// whether the work was on it.
func (m *model) unset(id string) bool {
	m.open.forget(id)
	if m.work.setup.ID != id {
		return false
	}
	m.work.clear()
	return true
}

func (s *removePage) Typing() page.Typist { return s.logs.Typing() }

// Keys implements [page.Page].
func (s *removePage) Keys() page.Keys {
	var keys page.Keys
	toMachines := func() tea.Cmd { return s.Show(machines.ID) }
	switch {
	case s.logs.Searching():
	case s.done:
		keys = page.Keys{page.On("enter", "your setups", toMachines)}
	case s.failure.Is():
		keys = append(s.failure.Keys("r", func() tea.Cmd { return s.start(s.setup, s.thenQuit, s.discard) }), page.Tell("esc", "back"))
	}
	keys = append(keys, s.logs.Keys()...)
	if !s.Tasks.Runs(taskRemove) {
		keys = append(keys, page.On("esc", "", toMachines))
	}
	return keys
}

func (s *removePage) View(w, h int) string {
	var lines []string
	switch {
	case s.failure.Is():
		lines = s.failure.Lines(s.Theme, w)
	case s.done:
		lines = []string{s.Theme.OK.Render(theme.SignDone + " Removed. Nothing of " + page.Clean(s.setup.Answers.Name) + " is left" + s.OnAWS(", and nothing of it costs money") + ".")}
	default:
		lines = []string{cells.Fit(s.Waiting(page.Clean(s.now)), w)}
	}
	lines = append(lines, "")
	if room := h - len(lines); room >= 3 {
		lines = append(lines, s.logs.View(w, room, false))
	}
	return strings.Join(lines, "\n")
}

func (s *removePage) Point(p page.Pointed) tea.Cmd { return s.logs.Point(p) }

// Leave implements [page.Page].
func (s *removePage) Leave() {}

// Update implements [page.Page].
func (s *removePage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case page.EventsCame:
		if s.Tasks.Is(taskRemove, msg.ID) {
			s.events(msg.Events)
		}
	case removeEnded:
		return s.ended(msg)
	default:
		return s.logs.Update(s.Context, s.setup.Answers.Name, msg)
	}
	return nil
}

// FullScreen implements [page.WithLog].
func (s *removePage) FullScreen(w, h int) string { return s.logs.FullScreen(w, h) }

// Said implements [page.WithLog].
func (s *removePage) Said() string { return s.logs.Said() }

// Heading implements [page.Titled].
func (s *removePage) Heading() (title, about string) {
	return "Remove " + s.setup.Answers.Name, "The machine is terminated, and everything that was created for it is removed. Things that are not the setup's own stay."
}

// Gone implements [machines.Program]. The work says itself how it ends.
func (m *model) Gone(setupID string) {
	if !m.Tasks.Runs(taskWork) {
		m.unset(setupID)
	}
}
