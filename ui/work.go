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
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	taskWork   page.TaskName = "work"
	taskLookUp page.TaskName = "look up"
)

// workPage shows launch to open while they run: where the work is, what is
// being done, and what the host says.
type workPage struct {
	m        *model
	setup    steps.Setup
	at       steps.StepID // the step that runs, ran last, or failed
	runs     map[steps.StepID]stepRun
	now      string // what is being done, in one line
	retry    bool   // now says why something is tried again
	logs     page.Logs
	failure  page.Failure
	from     steps.StepID // the page that led here, and that Esc goes back to
	stopping bool         // the person stopped the work; its end is awaited
	last     *page.Ending // of the work that was begun last; nil before any
}

// stepRun is how one step went.
type stepRun struct {
	state          stepState
	started, ended time.Time
}

func newWorkPage(m *model) workPage {
	s := workPage{m: m, at: steps.StepLaunch, runs: map[steps.StepID]stepRun{}}
	s.emptyLogs()
	return s
}

func (s *workPage) emptyLogs() {
	s.logs = page.NewLogs(s.m.Theme, "work", "What is happening", "What the machine says")
}

// turnTo makes a setup the one that the page is of. The logs of another one go;
// those of its own stay with it when its work is done again.
func (s *workPage) turnTo(setup steps.Setup) {
	if setup.ID != "" && setup.ID != s.setup.ID || setup.Answers.Name != s.setup.Answers.Name {
		s.emptyLogs()
	}
	s.setup = setup
}

func (s *workPage) Enter() tea.Cmd { return nil }

// begin writes the ledger and starts the work.
func (s *workPage) begin() tea.Cmd {
	answers := s.m.guide.Answers
	s.from = steps.StepReview
	return s.run(steps.Setup{Answers: answers}, func(ctx context.Context) (steps.Setup, error) {
		return s.m.Engine.Begin(ctx, answers)
	})
}

// resume continues with a setup of the list, from wherever it stands.
func (s *workPage) resume(setup steps.Setup) tea.Cmd {
	s.from = machines.ID
	return s.goOn(setup)
}

func (s *workPage) goOn(setup steps.Setup) tea.Cmd {
	s.m.guide.Answers = setup.Answers
	return s.run(setup, func(context.Context) (steps.Setup, error) { return setup, nil })
}

func (s *workPage) run(setup steps.Setup, begin func(context.Context) (steps.Setup, error)) tea.Cmd {
	s.turnTo(setup)
	s.failure.Set(nil)
	s.at, s.now, s.retry, s.stopping = steps.StepLaunch, "Starting …", false, false
	s.runs = map[steps.StepID]stepRun{steps.StepLaunch: {state: stateActive}}
	end, old := s.m.Ends.New(), s.m.machines.TakeOpened(setup.ID)
	s.last = end
	engine, send := s.m.Engine, s.m.Send
	work := s.m.Start(taskWork, func(ctx context.Context, id page.TaskID) tea.Msg {
		defer close(end.Gone)
		if old != nil {
			_ = old.Close() // the new tunnel wants the same port
		}
		setup, err := begin(ctx)
		if err != nil {
			return workEnded{id: id, err: err}
		}
		send(workBegan{id, setup})
		b := page.NewEvents(id, send)
		opened, err := engine.Work(ctx, setup.ID, b.Emit)
		b.Close()
		if opened != nil {
			end.Left = opened
		}
		return workEnded{id, opened, err, end}
	})
	return tea.Batch(work, s.m.Show(steps.StepLaunch))
}

func (s *workPage) began(msg workBegan) {
	if s.m.Tasks.Is(taskWork, msg.id) {
		s.setup = msg.setup
		s.m.machines.Put(msg.setup)
		s.m.machines.Select(msg.setup.ID)
	}
}

// events takes a batch of what the work said.
func (s *workPage) events(batch []steps.Event) tea.Cmd {
	var finished bool
	for _, e := range batch {
		run := s.runs[e.Step]
		switch e.Kind {
		case steps.Started:
			s.at = e.Step
			run = stepRun{state: stateActive, started: e.Time}
			s.note(steps.PageFor(e.Step).Title+" …", false)
		case steps.Doing, steps.Retrying:
			s.note(e.Text, e.Kind == steps.Retrying)
		case steps.Finished:
			run.state, run.ended = stateDone, e.Time
			s.note(e.Text, false)
			finished = true
		case steps.Failed:
			run.state, run.ended = stateFailed, e.Time
		case steps.ByHand, steps.Output: // the log has them
		}
		s.runs[e.Step] = run
		s.logs.Add(e, run.started)
	}
	if finished {
		return s.m.lookUp(s.setup.ID)
	}
	return nil
}

// note keeps the line that says what is being done.
func (s *workPage) note(text string, retry bool) {
	if text != "" {
		s.now, s.retry = text, retry
	}
}

// lookUp reads the setup again: its address and price are known only now.
func (m *model) lookUp(setupID string) tea.Cmd {
	if setupID == "" {
		return nil // the work did not even begin
	}
	return m.Start(taskLookUp, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := m.Engine.Setups(ctx)
		return setupRead{id, setupID, list, err}
	})
}

func (s *workPage) setupWasRead(msg setupRead) {
	if !s.m.Tasks.Done(taskLookUp, msg.id) || msg.setupID != s.setup.ID {
		return
	}
	for _, setup := range msg.list {
		if setup.ID == s.setup.ID {
			s.setup = setup
			s.m.machines.Put(setup)
		}
	}
}

// ended takes the end of the work. A tunnel nobody waits for any more is
// taken down again.
func (s *workPage) ended(msg workEnded) tea.Cmd {
	msg.end.Taken()
	if !s.m.Tasks.Done(taskWork, msg.id) {
		s.m.Ends.Close(msg.opened)
		return nil
	}
	s.m.CloseAbout(s.last)
	switch {
	case msg.err == nil && msg.opened != nil:
		s.setup, s.at = msg.opened.Setup, steps.StepOpen
		s.finishAll()
		s.m.machines.Put(s.setup)
		s.m.machines.KeepOpened(msg.opened)
		s.m.open.set(msg.opened)
		return tea.Batch(s.m.machines.KeepProject(s.setup.ID), s.m.Show(steps.StepOpen))
	case s.stopping:
		return s.leave()
	}
	run := s.runs[s.at]
	run.state = stateFailed
	if run.ended.IsZero() {
		run.ended = s.m.Now()
	}
	s.runs[s.at] = run
	s.failure.Set(msg.err)
	return s.m.lookUp(s.setup.ID)
}

// leave goes back to the list, or to the review, which reports whether a machine
// is there.
func (s *workPage) leave() tea.Cmd {
	if s.from == machines.ID {
		return s.m.Show(machines.ID)
	}
	back := s.m.Show(steps.StepReview) // first: showing a page ends look-ups
	return tea.Batch(back, s.m.lookUp(s.setup.ID))
}

// release stops the work on that setup. What is returned is closed when the
// engine has let go of it; nil where nothing of it was begun.
func (s *workPage) release(setupID string) <-chan struct{} {
	if s.setup.ID != setupID {
		return nil
	}
	s.m.Tasks.Stop(taskWork)
	if s.last == nil {
		return nil
	}
	return s.last.Gone
}

// passed shows a setup of the list as one that the work has finished.
func (s *workPage) passed(setup steps.Setup) {
	s.turnTo(setup)
	s.from, s.at = machines.ID, steps.StepOpen
	s.finishAll()
}

// clear is for when there is no setup to work on any more, or not yet.
func (s *workPage) clear() { s.setup, s.runs = steps.Setup{}, map[steps.StepID]stepRun{} }

// finishAll marks every step as done.
func (s *workPage) finishAll() {
	for _, id := range steps.Works() {
		run := s.runs[id]
		run.state = stateDone
		s.runs[id] = run
	}
}

func (s *workPage) state(id steps.StepID) stepState { return s.runs[id].state }

// launched reports whether a machine may exist.
func (s *workPage) launched() bool {
	return s.setup.Resources.InstanceID != "" || s.runs[steps.StepLaunch].state == stateDone
}

// elapsed is how long a step took, or has been taking.
func (s *workPage) elapsed(id steps.StepID) string {
	run := s.runs[id]
	switch {
	case run.started.IsZero() || s.m.asking() || stepIndex(s.m.page) < 0:
		return ""
	case run.ended.IsZero():
		return wording.Took(s.m.Now().Sub(run.started))
	}
	return wording.Took(run.ended.Sub(run.started))
}

func (s *workPage) Typing() page.Typist { return s.logs.Typing() }

// Keys implements [page.Page].
func (s *workPage) Keys() page.Keys {
	var keys page.Keys
	switch {
	case s.logs.Searching():
	case s.failure.Is():
		keys = append(s.failure.Keys("r", s.again), page.Tell("esc", "back to "+s.origin()))
	case !s.stopping:
		keys = page.Keys{page.Tell("esc", "stop")}
	}
	return append(append(keys, s.logs.Keys()...), page.On("esc", "", s.esc)) // the logs may have a meaning for it
}

// esc goes back, or asks whether to stop the work.
func (s *workPage) esc() tea.Cmd {
	if s.failure.Is() {
		return s.leave()
	}
	s.m.AskAtEsc(&page.ChoiceDialog{
		Title: "Stop the work?", About: s.last,
		Text: []string{"What was created stays, and launching again continues from here." + s.m.OnAWS(" Meanwhile, a running machine costs money.")},
		Options: []page.Option{
			{Label: "Stop and go back to " + s.origin(), Do: s.stop},
			{Label: "Keep working"},
		},
	})
	return nil
}

func (s *workPage) origin() string {
	if s.from == machines.ID {
		return "your setups"
	}
	return "the review"
}

// again tries once more, over the same setup when there is one.
func (s *workPage) again() tea.Cmd {
	if s.setup.ID == "" {
		return s.begin()
	}
	return s.goOn(s.setup)
}

// stop cancels the work; ended goes back once the engine has let go.
func (s *workPage) stop() tea.Cmd {
	if !s.m.Tasks.Runs(taskWork) {
		return nil
	}
	s.stopping, s.now, s.retry = true, "Stopping …", false
	s.m.Tasks.Cancel(taskWork)
	return nil
}

func (s *workPage) View(w, h int) string {
	var lines []string
	if !s.m.wide() {
		lines = append(lines, s.stepsLine(w))
	}
	switch {
	case s.failure.Is():
		lines = append(lines, s.failure.Lines(s.m.Theme, w)...)
	case s.retry:
		lines = append(lines, cells.Fit(s.m.Spinner()+" "+s.m.Theme.Warn.Render("Trying again: "+page.Clean(s.now)), w))
	default:
		lines = append(lines, cells.Fit(s.m.Waiting(page.Clean(s.now)), w))
	}
	lines = append(lines, "")
	if room := h - len(lines); room >= 3 {
		lines = append(lines, s.logs.View(w, room, s.at == steps.StepInstall))
	}
	return strings.Join(lines, "\n")
}

// stepsLine is the working steps on one line, for narrow screens.
func (s *workPage) stepsLine(w int) string {
	parts := make([]string, 0, len(steps.Works()))
	for _, id := range steps.Works() {
		style := s.m.Theme.StepTodo
		switch s.state(id) {
		case stateActive:
			style = s.m.Theme.StepActive
		case stateFailed:
			style = s.m.Theme.StepFailed
		case stateDone:
			style = s.m.Theme.Text
		case stateTodo:
		}
		part := s.m.sign(id) + " " + style.Render(steps.PageFor(id).Title)
		if t := s.elapsed(id); t != "" {
			part += " " + s.m.Theme.Subtle.Render(t)
		}
		parts = append(parts, part)
	}
	return cells.Fit(strings.Join(parts, "  "), w)
}

func (s *workPage) Point(p page.Pointed) tea.Cmd { return s.logs.Point(p) }

// Leave implements [page.Page].
func (s *workPage) Leave() { s.m.Tasks.Stop(taskLookUp) }

// Update implements [page.Page].
func (s *workPage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case workBegan:
		s.began(msg)
	case page.EventsCame:
		if s.m.Tasks.Is(taskWork, msg.ID) {
			return s.events(msg.Events)
		}
	case setupRead:
		s.setupWasRead(msg)
	case workEnded:
		return s.ended(msg)
	default:
		return s.logs.Update(s.m.Context, s.m.current().Name, msg)
	}
	return nil
}

// FullScreen implements [page.WithLog].
func (s *workPage) FullScreen(w, h int) string { return s.logs.FullScreen(w, h) }

// Said implements [page.WithLog].
func (s *workPage) Said() string { return s.logs.Said() }
