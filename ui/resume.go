package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// resumeScreen lists the setups of earlier runs. It is passed over when there
// are none.
type resumeScreen struct {
	setups  []steps.Setup
	at      choice // the last line is a new setup
	failure failure
}

func (s *resumeScreen) enter(m *model) tea.Cmd {
	s.failure.set(nil)
	return m.tasks.start(m.ctx, taskSetups, func(ctx context.Context, id int) tea.Msg {
		list, err := m.engine.Setups(ctx)
		return setupsListed{id, list, err}
	})
}

func (s *resumeScreen) listed(m *model, msg setupsListed) tea.Cmd {
	if !m.tasks.done(taskSetups, msg.id) {
		return nil
	}
	if msg.err != nil {
		s.failure.set(msg.err)
		return nil
	}
	s.setups = msg.list
	s.at.size(len(s.setups) + 1)
	if len(s.setups) == 0 {
		return s.fresh(m)
	}
	// The list is there at once; how the machines are now takes a moment more.
	return m.tasks.start(m.ctx, taskLook, func(ctx context.Context, id int) tea.Msg {
		return setupsLooked{id, m.engine.Look(ctx, msg.list)}
	})
}

func (s *resumeScreen) looked(m *model, msg setupsLooked) tea.Cmd {
	if m.tasks.done(taskLook, msg.id) && len(msg.list) == len(s.setups) {
		s.setups = msg.list
	}
	return nil
}

// fresh starts a new setup, under a name no other has.
func (s *resumeScreen) fresh(m *model) tea.Cmd {
	m.answers = withDefaults(m.o.Defaults)
	m.answers.Name = s.freeName(m.answers.Name)
	m.mode.name.set(m.answers.Name)
	m.reached = 0
	return m.show(steps.StepAccount)
}

func (s *resumeScreen) freeName(want string) string {
	taken := map[string]bool{}
	for _, setup := range s.setups {
		taken[setup.Answers.Name] = true
	}
	name := want
	for n := 2; taken[name]; n++ {
		name = numbered(want, n)
	}
	return name
}

func (s *resumeScreen) typing() typist { return nil }

func (s *resumeScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	if m.tasks.runs(taskSetups) {
		return nil, false
	}
	if s.failure.key(k) || s.at.key(k) {
		return nil, true
	}
	chosen := s.at.at < len(s.setups)
	switch k.String() {
	case "r":
		return s.enter(m), true
	case "n":
		return s.fresh(m), true
	case "x":
		if chosen {
			m.askRemove(s.setups[s.at.at], false)
		}
		return nil, true
	case "enter":
		if chosen && !s.failure.is() {
			return m.work.resume(m, s.setups[s.at.at]), true
		}
		return s.fresh(m), true
	}
	return nil, false
}

func (s *resumeScreen) hints(*model) []hint {
	if s.failure.is() {
		return append(s.failure.hints(), hint{"n", "new setup"})
	}
	return []hint{{"enter", "go on with it"}, {"↑↓", "choose"}, {"n", "new setup"}, {"x", "remove"}}
}

func (s *resumeScreen) view(m *model, w, h int) string {
	switch {
	case m.tasks.runs(taskSetups) && len(s.setups) == 0:
		return m.waiting("Looking for earlier setups …")
	case s.failure.is():
		return strings.Join(s.failure.lines(m.th, w), "\n")
	}
	var lines []string
	s.at.size(len(s.setups) + 1)
	from, to := s.at.window((h + 1) / 3)
	for i := from; i < to; i++ {
		lines = append(lines, s.setupLines(m, i, w)...)
		lines = append(lines, "")
	}
	return strings.Join(lines, "\n")
}

func (s *resumeScreen) setupLines(m *model, i, w int) []string {
	on := i == s.at.at
	style := m.th.Heading
	if on {
		style = m.th.Accent.Bold(true)
	}
	if i == len(s.setups) {
		return []string{arrow(m.th, on) + style.Render("+ A new setup")}
	}
	setup := s.setups[i]
	a := setup.Answers
	state, mark := standing(setup)
	badge := m.th.Warn
	if mark {
		badge = m.th.OK
	}
	what := clean(strings.Join([]string{modeTitle(a.Mode), a.Type, "Ubuntu " + a.Release, a.Region}, " · "))
	return []string{
		cells.Ends(arrow(m.th, on)+style.Render(clean(a.Name)), badge.Render(state)+" ", min(w, readable)),
		"  " + m.th.Subtle.Render(cells.Fit(what+" · since "+setup.Created.Local().Format("2 Jan 15:04"), min(w, readable)-2)),
	}
}

// standing is where a setup stands, in words, and whether that is well.
func standing(s steps.Setup) (string, bool) {
	switch {
	case s.Resources.Removing:
		return "! removal not finished", false
	case s.State == "gone" || s.State == "terminated":
		return "! its machine is gone", false
	case s.State == "stopped" || s.State == "stopping":
		return s.State, false
	case s.Finished(steps.StepOpen):
		if s.State == "running" && s.Unseen == "" {
			return "✓ running", true
		}
		return "✓ complete", true
	}
	for _, id := range works() {
		if !s.Finished(id) {
			return "next: " + steps.PageFor(id).Title, false
		}
	}
	return "", true
}

func modeTitle(mode steps.Mode) string {
	for _, info := range steps.Modes() {
		if info.Mode == mode {
			return info.Title
		}
	}
	return string(mode)
}
