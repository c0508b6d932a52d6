package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// helpKey takes a key while the help is open.
func (m *model) helpKey(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "?", "q", "enter":
		m.help = false
	default:
		m.helpAt.key(k)
	}
	return nil
}

// helpLines is the help for the page under it: its keys, the keys that work
// everywhere, and the step's commands whole.
func (m *model) helpLines(w, h int) []string {
	title, _ := m.heading()
	lines := []string{m.th.Title.Render("Help: " + title), ""}
	list := func(hints []hint) {
		for _, h := range hints {
			lines = append(lines, "  "+m.th.Key.Render(cells.Fit(h.key(), 14))+m.th.KeyDesc.Render(h.does()))
		}
	}
	if m.page == pageFleet && !m.fleet.full {
		list(m.fleet.allKeys())
		lines = append(lines, "", heading(m.th, "In the log (l)"))
		list(hintsOf(m.fleet.pane))
	} else {
		list(m.screen().hints(m))
	}
	lines = append(lines, "", heading(m.th, "Everywhere"))
	everywhere := []hint{
		{"↑↓ or j k", "move"},
		{"enter", "continue"},
		{"esc", "back"},
		{"tab", "next part of the page"},
		{"/", "search"},
	}
	if m.asking() {
		everywhere = append(everywhere, hint{"1-5", "go to an answer given before"})
	}
	everywhere = append(everywhere, hint{"?", "this help"},
		hint{"q or ctrl+c", "leave; asks when a machine is running"},
		hint{"ctrl+c ctrl+c", "leave at once"},
		hint{"ctrl+z", "suspend; fg in the shell continues"},
		hint{"mouse", "click selects, a second click is enter; shift selects text"})
	list(everywhere)
	if commands := m.manualWhole(); len(commands) > 0 {
		lines = append(lines, "", heading(m.th, "By hand"))
		for _, c := range commands {
			lines = append(lines, bullet(m.th.Code, m.th.Subtle.Render(promptOf(c)), clean(c), w)...)
		}
	}
	if m.o.Version != "" {
		lines = append(lines, "", m.th.Subtle.Render("jupyter-ec2 "+m.o.Version))
	}
	return scrolled(m.th, &m.helpAt, lines, w, h)
}

// manualWhole is the step's commands, also where the page shows none.
func (m *model) manualWhole() []string {
	if id := m.active(); stepIndex(id) >= 0 {
		return steps.Manual(id, m.current(), m.setup())
	}
	return nil
}
