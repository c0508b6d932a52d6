package guide

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
	partUI
	partTLS
	partName
	modeParts
)

// Mode asks how the server is reached, how it is installed, which of its pages
// is opened, whether it uses TLS, and what the setup is called.
type Mode struct {
	*Guide
	at    page.Choice
	part  int
	name  *page.Field
	wrong string
}

// NewMode makes the page.
func NewMode(g *Guide) *Mode {
	s := &Mode{Guide: g, name: page.NewField(g.Answers.Name, steps.DefaultName, steps.MaxName)}
	s.start()
	return s
}

// start shows the answers that a new setup starts from.
func (s *Mode) start() {
	s.name.Set(s.Answers.Name)
	s.at.At = max(slices.IndexFunc(steps.Modes(), func(i steps.ModeInfo) bool { return i.Mode == s.Answers.Mode }), 0)
}

// Enter implements [page.Page].
func (s *Mode) Enter() tea.Cmd {
	s.at.Size(len(steps.Modes()))
	s.wrong = ""
	return nil
}

// Typing implements [page.Page].
func (s *Mode) Typing() page.Typist {
	if s.part == partName {
		return s.name
	}
	return nil
}

// Keys implements [page.Page].
func (s *Mode) Keys() page.Keys {
	keys := page.Keys{
		page.First(func() { s.wrong = "" }),
		page.On("enter", "continue", s.take),
		page.Set("shift+tab", "", func() { s.move(-1) }),
	}
	tab := func(does string) page.Binding[tea.Cmd] { return page.Set("tab", does, func() { s.move(+1) }) }
	back := page.Tell("esc", "back")
	switch s.part {
	case partMode:
		return append(keys, page.Moving[tea.Cmd]("choose", func(k tea.KeyPressMsg) bool {
			taken := s.at.Key(k)
			s.choose()
			return taken
		}), tab("installer, page, TLS, name"), back)
	case partName:
		return append(keys, tab("mode"), back, page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) {
			if k.String() == "esc" {
				return nil, false
			}
			s.name.Update(k)
			return nil, true
		}))
	}
	return append(keys, page.Set("space left right up down h j k l", "change", s.toggle), tab("next"), back)
}

// choose takes the mode under the cursor.
func (s *Mode) choose() { s.Answers.Mode = steps.Modes()[s.at.At].Mode }

// asks reports whether a part is a question in the chosen mode: in SSH mode TLS
// is none, and a gateway has no page.
func (s *Mode) asks(part int) bool {
	switch part {
	case partTLS:
		return s.Answers.Mode != steps.ModeSSH
	case partUI:
		return s.Answers.Mode != steps.ModeGateway
	}
	return true
}

// move goes to the next part that is a question.
func (s *Mode) move(by int) {
	s.part = (s.part + by + modeParts) % modeParts
	for !s.asks(s.part) {
		s.part = (s.part + by + modeParts) % modeParts
	}
}

func (s *Mode) toggle() {
	switch s.part {
	case partInstaller:
		if s.Answers.Installer == steps.InstallerUV {
			s.Answers.Installer = steps.InstallerPip
		} else {
			s.Answers.Installer = steps.InstallerUV
		}
	case partUI:
		s.Answers.UI = otherUI(s.Answers.UI)
	case partTLS:
		s.Answers.NoTLS = !s.Answers.NoTLS
	}
}

func otherUI(ui steps.UI) steps.UI {
	if ui == steps.UITree {
		return steps.UILab
	}
	return steps.UITree
}

func (s *Mode) take() tea.Cmd {
	a := s.Answers
	a.Name = s.name.Value()
	a.Mode = steps.Modes()[s.at.At].Mode
	if a.Mode == steps.ModeSSH {
		a.NoTLS = false
	}
	if err := a.Valid(); err != nil {
		s.wrong = page.Clean(err.Error())
		return nil
	}
	s.Answers = a
	return s.Next()
}

// View implements [page.Page].
func (s *Mode) View(w, h int) string {
	roomy := h >= 24
	var lines []string
	for i, info := range steps.Modes() {
		lines = append(lines, page.ZonesOf(page.ZoneLine, i, s.modeLines(i, info, w, roomy || i == s.at.At && h >= 11))...)
		if roomy {
			lines = append(lines, "")
		}
	}
	if !roomy {
		lines = append(lines, "")
	}
	lines = append(lines, page.ZoneOf(page.ZonePart, partInstaller, s.installerLine(w)), page.ZoneOf(page.ZonePart, partUI, s.uiLine(w)),
		page.ZoneOf(page.ZonePart, partTLS, s.tlsLine(w)), page.ZoneOf(page.ZonePart, partName, s.nameLine()))
	if s.wrong != "" {
		lines = append(lines, page.Paragraph(s.Theme.Warn, s.wrong, w)...)
	}
	return strings.Join(lines, "\n")
}

func (s *Mode) modeLines(i int, info steps.ModeInfo, w int, full bool) []string {
	on := i == s.at.At
	style := s.Theme.Text
	if on {
		style = s.Theme.Heading
		if s.part == partMode {
			style = s.Theme.Accent.Bold(true)
		}
	}
	title := page.Arrow(s.Theme, on && s.part == partMode) + page.Radio(s.Theme, on) + style.Render(cells.Fit(info.Title, 16))
	lines := []string{title + s.Theme.Subtle.Render(opens(info, s.Answers.NoTLS))}
	if full {
		lines = append(lines, page.Indent(page.Paragraph(s.Theme.Subtle, about(info, s.Answers.NoTLS), w-4), 4)...)
	}
	return lines
}

// about explains a mode.
func about(info steps.ModeInfo, noTLS bool) string {
	if noTLS && info.Bare != "" {
		return info.Bare
	}
	return info.About
}

// opens says what a mode opens to the world.
func opens(info steps.ModeInfo, noTLS bool) string {
	if noTLS && info.Mode != steps.ModeSSH {
		return info.Opens + " Without TLS."
	}
	return info.Opens
}

func (s *Mode) label(part int, text string) string {
	return page.Arrow(s.Theme, s.part == part) + s.Theme.Subtle.Render(cells.Fit(text, 11))
}

func (s *Mode) pick(part int, on bool, text string) string {
	style := s.Theme.Text
	if on {
		style = s.Theme.Heading
		if s.part == part {
			style = s.Theme.TableSelected
		}
	}
	pick := page.Radio(s.Theme, on) + style.Render(text)
	if !on {
		pick = cells.Zone(page.ZonePick+"other", pick)
	}
	return pick + "   "
}

func (s *Mode) installerLine(w int) string {
	uv := s.Answers.Installer == steps.InstallerUV
	return cells.Fit(s.label(partInstaller, "Installer")+
		s.pick(partInstaller, uv, "uv, fast")+s.pick(partInstaller, !uv, "apt and pip, as in the guide"), w)
}

func (s *Mode) uiLine(w int) string {
	label := s.label(partUI, "Page")
	if s.Answers.Mode == steps.ModeGateway {
		return label + s.Theme.Subtle.Render("none: a gateway has kernels alone")
	}
	lab := s.Answers.UI != steps.UITree
	return cells.Fit(label+s.pick(partUI, lab, "JupyterLab")+s.pick(partUI, !lab, "Notebook, as in the guide"), w)
}

func (s *Mode) tlsLine(w int) string {
	label := s.label(partTLS, "TLS")
	if s.Answers.Mode == steps.ModeSSH {
		return label + s.Theme.Subtle.Render("not needed: SSH encrypts everything")
	}
	line := label + s.pick(partTLS, !s.Answers.NoTLS, "on") + s.pick(partTLS, s.Answers.NoTLS, "off")
	if s.Answers.NoTLS {
		line += s.Theme.Warn.Render("! anyone on the network path can read the token")
	}
	return cells.Fit(line, w)
}

func (s *Mode) nameLine() string {
	return s.label(partName, "Name") + s.name.View(s.Theme, 30, s.part == partName)
}

// Point implements [page.Page].
func (s *Mode) Point(p page.Pointed) tea.Cmd {
	if part, ok := p.Number(page.ZonePart); ok && s.asks(part) {
		s.part, s.wrong = part, ""
	}
	if _, ok := p.Clicked(page.ZoneLine); ok {
		s.part = partMode
		again := s.at.Point(p)
		s.choose()
		if again {
			return s.PressEnter()
		}
	}
	if on, ok := p.Clicked(page.ZonePick); ok && on == "other" {
		s.toggle()
	}
	return nil
}

// Leave implements [page.Page].
func (s *Mode) Leave() {}

// Update implements [page.Page].
func (s *Mode) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(Begun); ok {
		s.start()
	}
	return nil
}
