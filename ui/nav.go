package ui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/guide"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// Show implements [page.Owner]. What ran for the page that is left is cancelled,
// except the work itself.
func (m *model) Show(id steps.StepID) tea.Cmd {
	if id != m.page {
		m.shown().Leave()
		m.notice.text = "" // it was about the page that is left, and covers this one's keys
	}
	m.page = id
	if i := stepIndex(id); i >= 0 {
		m.reached = max(m.reached, i)
	}
	return tea.Batch(m.shown().Enter(), m.tick())
}

// stepIndex is a step's place in the guide, from 0; -1 for the other pages.
func stepIndex(id steps.StepID) int {
	for i, p := range steps.Pages() {
		if p.ID == id {
			return i
		}
	}
	return -1
}

// next continues from a question page: to the first later page whose answer is
// still missing, or to the review. Answers given before are kept.
func (m *model) next() tea.Cmd {
	if m.guide.Place() != m.answeredFor {
		// Another account or region: what was chosen there may not exist here.
		m.reached = min(m.reached, stepIndex(steps.StepAccount))
		m.answeredFor = m.guide.Place()
	}
	if m.reached >= stepIndex(steps.StepReview) {
		return m.Show(steps.StepReview)
	}
	return m.Show(steps.Questions()[stepIndex(m.page)+1])
}

// back goes to the page before. The list has none: Esc is pressed by reflex,
// and never leads out.
func (m *model) back() tea.Cmd {
	switch i := stepIndex(m.page); {
	case m.page == machines.ID:
		return m.Say("Esc stays in the list; q quits.", false)
	case m.page == steps.StepOpen, i == 0:
		return m.Show(machines.ID)
	case i > 0 && i <= stepIndex(steps.StepReview):
		return m.Show(steps.Questions()[i-1])
	}
	return nil
}

// jumps reports whether a key is the number of a question; the machines' page
// has numbers of its own.
func (m *model) jumps(digit string) bool {
	n, err := strconv.Atoi(digit)
	return m.page != machines.ID && len(digit) == 1 && err == nil && n >= 1 && n <= len(steps.Questions())
}

// jump goes to a question page that was reached before, by its number.
func (m *model) jump(digit string) tea.Cmd {
	if !m.jumps(digit) || !m.asking() {
		return nil
	}
	i := int(digit[0] - '1')
	if i > m.reached {
		return nil
	}
	return m.Show(steps.Questions()[i])
}

// asking reports whether the page is one of the questions.
func (m *model) asking() bool {
	i := stepIndex(m.page)
	return i >= 0 && i <= stepIndex(steps.StepReview)
}

// NewMachine implements [machines.Program].
func (m *model) NewMachine(last steps.Answers, free func(name string) string) tea.Cmd {
	m.work.clear()
	m.open.set(nil)
	m.guide.Begin(m.o.Start(), last)
	m.guide.Answers.Name = free(m.guide.Answers.Name)
	m.reached = 0
	return tea.Batch(m.tell(guide.Begun{}), m.Show(steps.StepAccount))
}

// Resume implements [machines.Program].
func (m *model) Resume(setup steps.Setup) tea.Cmd { return m.work.resume(setup) }
