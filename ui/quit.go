package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// askQuit leaves, after a question when something runs and costs.
func (m *model) askQuit() tea.Cmd {
	for _, d := range m.dialogs {
		if c, ok := d.(*choiceDialog); ok && c.title == quitTitle {
			return nil
		}
	}
	switch {
	case m.tasks.runs(taskRemove):
		m.openDialog(&choiceDialog{
			title: quitTitle, text: []string{"The removal is not finished. What is still there goes on costing money until it is removed."},
			options: []option{{label: "Quit", detail: "remove it later", danger: true, do: (*model).quit}, {label: "Keep removing"}},
		})
		return nil
	case !m.costs():
		return m.quit()
	}
	m.openDialog(m.quitDialog())
	return nil
}

const quitTitle = "Leave?"

// costs says whether a machine of this run exists, or is about to, whatever
// page the person has gone back to.
func (m *model) costs() bool {
	s := m.work.setup
	return m.tasks.runs(taskWork) || s.ID != "" && (s.Resources.InstanceID != "" || m.work.launched() || m.open.opened != nil)
}

func (m *model) quitDialog() *choiceDialog {
	what := fmt.Sprintf("The machine of %q goes on running when you leave, and %s.", m.work.setup.Answers.Name, m.costLine())
	if m.engine.Sandboxed() {
		what = fmt.Sprintf("The machine of %q goes on running in the sandbox when you leave.", m.work.setup.Answers.Name)
	}
	text := []string{what}
	leave, detail := "Leave it running", "run the program again to go on"
	switch {
	case m.tasks.runs(taskWork):
		detail = "the work stops here, and goes on when you run the program again"
	case m.open.opened != nil && m.open.opened.Tunnel != nil:
		detail = "the tunnel closes and with it the URL, until you run the program again"
	}
	return &choiceDialog{title: quitTitle, text: text, options: []option{
		{label: leave, detail: detail, do: (*model).quit},
		{label: "Remove everything", detail: "the machine, its disk and all files on it are lost", danger: true, do: func(m *model) tea.Cmd {
			m.askRemove(m.work.setup, true)
			return nil
		}},
		{label: "Keep working"},
	}}
}

// costLine says what the running machine costs.
func (m *model) costLine() string {
	cost := m.work.setup.Cost
	if m.open.opened != nil {
		cost = m.open.opened.Cost
	}
	if !cost.Known {
		return "costs money (the price is unknown)"
	}
	return "costs " + dollars(cost.Hour) + " an hour"
}

// quit ends the program. The machine is left as it is.
func (m *model) quit() tea.Cmd {
	m.quitting = true
	m.outcome.Opened = m.open.opened
	m.outcome.Interrupted = m.tasks.runs(taskWork) || m.tasks.runs(taskRemove)
	if m.work.setup.ID != "" && !m.outcome.Removed {
		m.outcome.Setup = m.work.setup
		m.outcome.LeftRunning = m.costs()
	}
	m.tasks.stopAll()
	return tea.Quit
}

// askRemove asks for the setup's name before everything of it is removed.
func (m *model) askRemove(s steps.Setup, thenQuit bool) {
	name := s.Answers.Name
	lost := "The machine, its disk and all files on it are lost; so are its security group and the key pair made for it."
	m.openDialog(&inputDialog{
		title: "Remove " + clean(name) + "?",
		text:  []string{lost, "Type the setup's name, " + clean(name) + ", to go on."},
		label: "Name", field: newField("", name, 60),
		check: func(value string) string {
			if value == name {
				return ""
			}
			return "That is not the name."
		},
		done: func(m *model, _ string) tea.Cmd { return m.remove.start(m, s, thenQuit) },
	})
}
