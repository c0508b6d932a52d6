package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// helpKeys are the keys while the help is open.
func (m *model) helpKeys() page.Keys {
	return page.Keys{
		page.Set("esc ? q enter", "close", func() { m.help = false }),
		page.Moving[tea.Cmd]("scroll", m.helpAt.Key),
	}
}

// helpLines is the help for the page under it: its keys, the keys that work
// everywhere, and the step's commands whole.
func (m *model) helpLines(w, h int) []string {
	title, _ := m.heading()
	lines := []string{m.Theme.Title.Render("Help: " + title), ""}
	list := func(hints []page.Hint) {
		for _, h := range hints {
			lines = append(lines, "  "+m.Theme.Key.Render(cells.Fit(h.Key(), 14))+m.Theme.KeyDesc.Render(h.Does()))
		}
	}
	sections := []page.Section{{Hints: m.shown().Keys().Hints()}}
	if p, ok := m.shown().(page.Helpful); ok {
		sections = p.Help()
	}
	for i, s := range sections {
		if i > 0 {
			lines = append(lines, "", page.Heading(m.Theme, s.Title))
		}
		list(s.Hints)
	}
	lines = append(lines, "", page.Heading(m.Theme, "Everywhere"))
	everywhere := []page.Hint{
		{"↑↓ or j k", "move"},
		{"enter", "continue"},
		{"esc", "back"},
		{"tab", "next part of the page"},
		{"/", "search"},
	}
	for _, k := range m.ownKeys() {
		if k.help.Key() != "" {
			everywhere = append(everywhere, k.help)
		}
	}
	everywhere = append(everywhere, page.Hint{"mouse", "click selects, a second click is enter; shift selects text"})
	list(everywhere)
	if commands := m.manualWhole(); len(commands) > 0 {
		lines = append(lines, "", page.Heading(m.Theme, "By hand"))
		for _, c := range commands {
			lines = append(lines, page.Bullet(m.Theme.Code, m.Theme.Subtle.Render(page.PromptOf(c)), page.Clean(c), w)...)
		}
	}
	if m.o.Version != "" {
		lines = append(lines, "", m.Theme.Subtle.Render("jupyter-ec2 "+m.o.Version))
	}
	return page.Scrolled(m.Theme, &m.helpAt, lines, w, h)
}

// manualWhole is the step's commands, also where the page shows none.
func (m *model) manualWhole() []string {
	if id := m.active(); stepIndex(id) >= 0 {
		return steps.Manual(id, m.current(), m.setup())
	}
	return nil
}
