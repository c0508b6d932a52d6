package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// The parts of the mode page, in Tab's order.
const (
	partMode = iota
	partInstaller
	partTLS
	partName
	modeParts
)

// modeScreen asks how the server is reached, how it is installed, whether it
// uses TLS, and what the setup is called.
type modeScreen struct {
	at    page.Choice
	part  int
	name  *page.Field
	wrong string
}

func newModeScreen(m *model) modeScreen {
	s := modeScreen{name: page.NewField(m.answers.Name, defaultName, 40)}
	s.start(m)
	return s
}

// start shows the answers that a new setup starts from.
func (s *modeScreen) start(m *model) {
	s.name.Set(m.answers.Name)
	s.at.At = max(slices.IndexFunc(steps.Modes(), func(i steps.ModeInfo) bool { return i.Mode == m.answers.Mode }), 0)
}

func (s *modeScreen) enter(*model) tea.Cmd {
	s.at.Size(len(steps.Modes()))
	s.wrong = ""
	return nil
}

func (s *modeScreen) typing() page.Typist {
	if s.part == partName {
		return s.name
	}
	return nil
}

func (s *modeScreen) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	s.wrong = ""
	switch k.String() {
	case "tab":
		s.move(m, +1)
		return nil, true
	case "shift+tab":
		s.move(m, -1)
		return nil, true
	case "enter":
		return s.take(m), true
	case "esc":
		return nil, false
	}
	if s.part == partName {
		s.name.Update(k)
		return nil, true
	}
	if s.part == partMode {
		taken := s.at.Key(k)
		s.choose(m)
		return nil, taken
	}
	switch k.String() {
	case "space", "left", "right", "up", "down", "h", "j", "k", "l":
		s.toggle(m)
		return nil, true
	}
	return nil, false
}

// choose takes the mode under the cursor.
func (s *modeScreen) choose(m *model) { m.answers.Mode = steps.Modes()[s.at.At].Mode }

// modeHasTLS reports whether TLS is a question: in SSH mode it is none.
func (m *model) modeHasTLS() bool { return m.answers.Mode != steps.ModeSSH }

// move goes to the next part.
func (s *modeScreen) move(m *model, by int) {
	s.part = (s.part + by + modeParts) % modeParts
	if s.part == partTLS && !m.modeHasTLS() {
		s.part = (s.part + by + modeParts) % modeParts
	}
}

func (s *modeScreen) toggle(m *model) {
	switch s.part {
	case partInstaller:
		if m.answers.Installer == steps.InstallerUV {
			m.answers.Installer = steps.InstallerPip
		} else {
			m.answers.Installer = steps.InstallerUV
		}
	case partTLS:
		m.answers.NoTLS = !m.answers.NoTLS
	}
}

func (s *modeScreen) take(m *model) tea.Cmd {
	a := m.answers
	a.Name = s.name.Value()
	a.Mode = steps.Modes()[s.at.At].Mode
	if a.Mode == steps.ModeSSH {
		a.NoTLS = false
	}
	if err := a.Valid(); err != nil {
		s.wrong = page.Clean(err.Error())
		return nil
	}
	m.answers = a
	return m.next()
}

func (s *modeScreen) hints(*model) []page.Hint {
	hints := []page.Hint{{"enter", "continue"}}
	switch s.part {
	case partMode:
		hints = append(hints, page.Hint{"↑↓", "choose"}, page.Hint{"tab", "installer, TLS, name"})
	case partName:
		hints = append(hints, page.Hint{"tab", "mode"})
	default:
		hints = append(hints, page.Hint{"space", "change"}, page.Hint{"tab", "next"})
	}
	return append(hints, page.Hint{"esc", "back"})
}

func (s *modeScreen) view(m *model, w, h int) string {
	roomy := h >= 24
	var lines []string
	for i, info := range steps.Modes() {
		lines = append(lines, page.ZonesOf(page.ZoneLine, i, s.modeLines(m, i, info, w, roomy || i == s.at.At && h >= 11))...)
		if roomy {
			lines = append(lines, "")
		}
	}
	if !roomy {
		lines = append(lines, "")
	}
	lines = append(lines, page.ZoneOf(page.ZonePart, partInstaller, s.installerLine(m, w)), page.ZoneOf(page.ZonePart, partTLS, s.tlsLine(m, w)),
		page.ZoneOf(page.ZonePart, partName, s.nameLine(m)))
	if s.wrong != "" {
		lines = append(lines, page.Paragraph(m.Theme.Warn, s.wrong, w)...)
	}
	return strings.Join(lines, "\n")
}

func (s *modeScreen) modeLines(m *model, i int, info steps.ModeInfo, w int, full bool) []string {
	on := i == s.at.At
	style := m.Theme.Text
	if on {
		style = m.Theme.Heading
		if s.part == partMode {
			style = m.Theme.Accent.Bold(true)
		}
	}
	title := page.Arrow(m.Theme, on && s.part == partMode) + page.Radio(m.Theme, on) + style.Render(cells.Fit(info.Title, 16))
	lines := []string{title + m.Theme.Subtle.Render(opens(info, m.answers.NoTLS))}
	if full {
		lines = append(lines, page.Indent(page.Paragraph(m.Theme.Subtle, info.About, w-4), 4)...)
	}
	return lines
}

// opens says what a mode opens to the world.
func opens(info steps.ModeInfo, noTLS bool) string {
	if noTLS && info.Mode != steps.ModeSSH {
		return info.Opens + " Without TLS."
	}
	return info.Opens
}

func (s *modeScreen) label(m *model, part int, text string) string {
	return page.Arrow(m.Theme, s.part == part) + m.Theme.Subtle.Render(cells.Fit(text, 11))
}

func (s *modeScreen) pick(m *model, part int, on bool, text string) string {
	style := m.Theme.Text
	if on {
		style = m.Theme.Heading
		if s.part == part {
			style = m.Theme.TableSelected
		}
	}
	pick := page.Radio(m.Theme, on) + style.Render(text)
	if !on {
		pick = cells.Zone(page.ZonePick+"other", pick)
	}
	return pick + "   "
}

func (s *modeScreen) installerLine(m *model, w int) string {
	uv := m.answers.Installer == steps.InstallerUV
	return cells.Fit(s.label(m, partInstaller, "Installer")+
		s.pick(m, partInstaller, uv, "uv, fast")+s.pick(m, partInstaller, !uv, "apt and pip, as in the guide"), w)
}

func (s *modeScreen) tlsLine(m *model, w int) string {
	label := s.label(m, partTLS, "TLS")
	if m.answers.Mode == steps.ModeSSH {
		return label + m.Theme.Subtle.Render("not needed: SSH encrypts everything")
	}
	line := label + s.pick(m, partTLS, !m.answers.NoTLS, "on") + s.pick(m, partTLS, m.answers.NoTLS, "off")
	if m.answers.NoTLS {
		line += m.Theme.Warn.Render("! anyone on the network path can read the token")
	}
	return cells.Fit(line, w)
}

func (s *modeScreen) nameLine(m *model) string {
	return s.label(m, partName, "Name") + s.name.View(m.Theme, 30, s.part == partName)
}
