package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	minWidth, minHeight = 60, 16
	// sideFrom is the width from which the steps stand in a column at the left.
	sideFrom  = 104
	sideWidth = 27
	// tightBelow is the height below which a page is its question alone: with
	// the guide's words and commands there would be no row left of a list. The
	// help has the commands.
	tightBelow = 20
)

const sandboxSays = "nothing is on AWS, nothing costs money"

// View draws the whole screen: always exactly the terminal's size.
func (m *model) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = m.windowTitle()
	if m.quitting {
		v.AltScreen = false
		return v
	}
	v.MouseMode = tea.MouseModeCellMotion
	content := m.content()
	v.OnMouse = func(msg tea.MouseMsg) tea.Cmd { return page.Pointing(content, msg) }
	content, v.Cursor = page.TakeCursor(content)
	v.Content = cells.Unmarked(content)
	return v
}

func (m *model) content() string {
	switch {
	case m.Width <= 0 || m.Height <= 0:
		return ""
	case m.Width < minWidth || m.Height < minHeight:
		return m.tooSmall()
	}
	if pane := m.fullScreen(); pane != "" && m.dialog() == nil && !m.help {
		return cells.Block(m.header()+"\n"+pane+"\n"+m.footer(), m.Width, m.Height)
	}
	inner := m.Height - 3
	var body string
	if m.wide() {
		side := cells.Block(m.sidebar(), sideWidth, inner)
		main := cells.Block(m.pageView(m.mainWidth(), inner), m.Width-sideWidth-1, inner)
		body = page.Beside(side, m.Theme.Border.Render("│"), main)
	} else {
		body = cells.Block(m.pageView(m.mainWidth(), inner), m.Width, inner)
	}
	if over := m.overlay(m.Width-4, inner); over != "" {
		body = onTop(m.Theme, body, over, m.Width, inner)
	}
	return cells.Block(strings.Join([]string{m.header(), m.rule(), body, m.footer()}, "\n"), m.Width, m.Height)
}

func (m *model) wide() bool { return m.Width >= sideFrom && m.page != machines.ID }

// mainWidth is the width pages draw in: the page without its margins.
func (m *model) mainWidth() int {
	if m.wide() {
		return m.Width - sideWidth - 1 - 4
	}
	return m.Width - 2
}

func (m *model) tooSmall() string {
	text := fmt.Sprintf("terminal too small: %d×%d, needs %d×%d", m.Width, m.Height, minWidth, minHeight)
	lines := page.Wrap(text, m.Width)
	if m.Engine.Sandboxed() {
		lines = append(lines, page.Wrap("SANDBOX "+sandboxSays, m.Width)...)
	}
	return cells.Block(strings.Join(lines, "\n"), m.Width, m.Height)
}

// header is the first line: whose program, and whose money.
func (m *model) header() string {
	brand := m.Theme.Title.Render("Jupyter on EC2")
	right := m.Theme.Subtle.Render(m.where())
	if m.Engine.Sandboxed() {
		right = m.Theme.Badge.Render(" SANDBOX ") + " " + m.Theme.Subtle.Render(sandboxSays)
	}
	if cells.Width(brand)+cells.Width(right)+4 > m.Width {
		return cells.Fit(" "+right, m.Width)
	}
	return cells.Ends(" "+brand, right+" ", m.Width)
}

// where names the setup, the account and the region once they are known.
func (m *model) where() string {
	var parts []string
	if u := m.machines.Current(); m.page == machines.ID && u != nil && u.Account != "" {
		return page.Clean(u.Account + " · " + u.Answers.Region)
	}
	if id := m.account.AccountID(); id != "" {
		parts = append(parts, id)
	}
	if a := m.current(); a.Region != "" && m.page != machines.ID {
		parts = append(parts, a.Region, a.Name)
	}
	if s := m.setup(); s != nil && m.page != steps.StepOpen {
		if money := s.Money(m.Now()); money.Known && money.Hour > 0 {
			parts = append(parts, wording.SoFar(money)+", "+wording.Rate(money.Hour)+" an hour")
		}
	}
	return page.Clean(strings.Join(parts, " · "))
}

// current is the answers the page is about: the setup's own once it works.
func (m *model) current() steps.Answers {
	if s := m.setup(); s != nil {
		return s.Answers
	}
	return m.guide.Answers
}

// rule is the second line. On a narrow screen the guide's progress is in it.
func (m *model) rule() string {
	line := func(n int) string { return m.Theme.Border.Render(strings.Repeat("─", max(n, 0))) }
	if m.wide() {
		return line(sideWidth) + m.Theme.Border.Render("┬") + line(m.Width-sideWidth-1)
	}
	at := stepIndex(m.active())
	if at < 0 {
		return line(m.Width)
	}
	var b strings.Builder
	b.WriteString(line(1))
	for i, p := range steps.Pages() {
		if i > 0 {
			b.WriteString(line(3))
		}
		b.WriteString(m.sign(p.ID))
	}
	label := fmt.Sprintf(" %d of %d ", at+1, len(steps.Pages()))
	rest := m.Width - 1 - 10 - 27 - len(label) - 1
	return b.String() + line(rest) + m.Theme.Subtle.Render(label) + line(1)
}

// active is the step the person, or the program, is at.
func (m *model) active() steps.StepID {
	if m.page == steps.StepOpen || stepIndex(m.page) > stepIndex(steps.StepReview) {
		return m.work.at
	}
	return m.page
}

// sign is a step's state as one cell.
func (m *model) sign(id steps.StepID) string {
	switch m.state(id) {
	case stateDone:
		return m.Theme.StepDone.Render(theme.SignDone)
	case stateActive:
		return m.Theme.StepActive.Render(theme.SignActive)
	case stateFailed:
		return m.Theme.StepFailed.Render(theme.SignFailed)
	case stateTodo:
	}
	return m.Theme.StepTodo.Render(theme.SignTodo)
}

// stepState is how far a step is.
type stepState int

const (
	stateTodo stepState = iota
	stateDone
	stateActive
	stateFailed
)

func (m *model) state(id steps.StepID) stepState {
	i := stepIndex(id)
	switch {
	case m.page == machines.ID || m.page == steps.StepRemove:
		return stateTodo
	case m.asking() && id == m.page:
		return stateActive
	case m.asking() && i <= stepIndex(steps.StepReview):
		if i <= m.reached {
			return stateDone
		}
		return stateTodo
	case m.asking():
		return stateTodo
	case i <= stepIndex(steps.StepReview):
		return stateDone
	}
	return m.work.state(id)
}

// sidebar lists the guide's steps.
func (m *model) sidebar() string {
	lines := []string{""}
	for i, p := range steps.Pages() {
		if i == len(steps.Questions()) {
			lines = append(lines, "")
		}
		style := m.Theme.StepTodo
		switch m.state(p.ID) {
		case stateDone:
			style = m.Theme.Text
		case stateActive:
			style = m.Theme.StepActive
		case stateFailed:
			style = m.Theme.StepFailed
		case stateTodo:
		}
		left := fmt.Sprintf("  %s %s", m.sign(p.ID), style.Render(p.Title))
		line := cells.Ends(left, m.Theme.Subtle.Render(m.work.elapsed(p.ID))+" ", sideWidth)
		lines = append(lines, page.ZoneOf(page.ZonePage, i+1, line))
		if m.Roomy() {
			lines = append(lines, "")
		}
	}
	return strings.Join(lines, "\n")
}

// pageView is the right side: title, what the guide says, the page's own part,
// and what one would have typed by hand.
func (m *model) pageView(w, h int) string {
	if _, ok := m.shown().(page.Whole); ok {
		return strings.Join(page.Indent(strings.Split(m.shown().View(w, h), "\n"), 1), "\n")
	}
	left := 1
	if m.wide() {
		left = 2
	}
	lines := m.intro(w)
	manual := m.manual(w)
	if m.Height < tightBelow {
		title, _ := m.heading()
		lines, manual = []string{m.Theme.Title.Render(title), ""}, nil
	}
	room := max(h-len(lines)-len(manual), 0)
	body := strings.Split(m.shown().View(w, room), "\n")
	if !m.Roomy() || len(body) > room {
		// Little room: the commands stand at the bottom, on every page alike.
		body = strings.Split(cells.Block(strings.Join(body, "\n"), w, room), "\n")
	}
	lines = append(append(lines, body...), manual...)
	return strings.Join(page.Indent(lines, left), "\n")
}

func (m *model) intro(w int) []string {
	title, about := m.heading()
	lines := []string{m.Theme.Title.Render(title)}
	if m.Roomy() {
		lines = []string{"", lines[0], ""}
	}
	lines = append(lines, page.Paragraph(m.Theme.Subtle, about, w)...)
	return append(lines, "")
}

// heading is the page's title and its two sentences.
func (m *model) heading() (title, about string) {
	if p, ok := m.shown().(page.Titled); ok {
		return p.Heading()
	}
	p := steps.PageFor(m.active())
	return p.Title, p.About
}

// manual is the command a person would have typed at this step.
func (m *model) manual(w int) []string {
	commands := m.byHand()
	if len(commands) == 0 {
		return nil
	}
	most := 2
	if m.Roomy() {
		most = 4
	}
	lines := append([]string{""}, page.ByHandLines(m.Theme, commands, w, most)...)
	return append(lines, "")
}

func (m *model) byHand() []string {
	if m.page == steps.StepOpen && m.open.opened != nil {
		return nil // the page has them itself
	}
	if m.page == steps.StepReview {
		return nil // likewise
	}
	id := m.active()
	if stepIndex(id) < 0 {
		return nil
	}
	return steps.Manual(id, m.current(), m.setup())
}

// setup is the setup that is worked on, or nil.
func (m *model) setup() *steps.Setup {
	if m.asking() || m.page == machines.ID || m.work.setup.ID == "" {
		return nil
	}
	return &m.work.setup
}

// footer is the last line: the keys that work now, or a notice.
func (m *model) footer() string {
	if m.notice.text != "" {
		style := m.Theme.OK
		if m.notice.bad {
			style = m.Theme.Warn
		}
		return cells.Fit(" "+style.Render(page.Clean(m.notice.text)), m.Width)
	}
	hints := m.shown().Keys().Hints()
	switch {
	case m.dialog() != nil:
		hints = m.dialog().Keys().Hints()
	case m.help:
		hints = m.helpKeys().Hints()
	case m.shown().Typing() == nil:
		hints = append(hints, keysOf(m.ownKeys(), false).Hints()...)
	}
	return hintLine(m.Theme, hints, m.Width)
}

// hintLine draws as many hints as fit; help and quit, the last two, stay.
func hintLine(th theme.Theme, hints []page.Hint, width int) string {
	draw := func(hs []page.Hint) string {
		parts := make([]string, len(hs))
		for i, h := range hs {
			parts[i] = page.KeyZone(h.Key(), th.Key.Render(h.Key())+" "+th.KeyDesc.Render(h.Does()))
		}
		return " " + strings.Join(parts, "   ")
	}
	for len(hints) > 3 && cells.Width(draw(hints)) > width {
		hints = append(hints[:len(hints)-3:len(hints)-3], hints[len(hints)-2:]...)
	}
	return cells.Fit(draw(hints), width)
}

func (m *model) windowTitle() string {
	title, _ := m.heading()
	return "jupyter-ec2: " + title
}

// onTop draws over in the middle of body, which steps back: its colours go,
// and a margin around over stays free.
func onTop(th theme.Theme, body, over string, w, h int) string {
	const margin = 2
	lines, top := strings.Split(body, "\n"), strings.Split(over, "\n")
	ow := cells.Width(top[0])
	x, y := max((w-ow)/2, 0), max((h-len(top))/3, 0)
	gap := strings.Repeat(" ", min(margin, x))
	for i, line := range lines {
		plain := cells.Fit(ansi.Strip(line), w)
		back := func(from, to int) string { return th.Border.Render(ansi.Cut(plain, from, max(from, to))) }
		if j := i - y; j >= 0 && j < len(top) {
			lines[i] = back(0, x-len(gap)) + gap + top[j] + gap + back(x+ow+len(gap), w)
		} else {
			lines[i] = back(0, w)
		}
	}
	return strings.Join(lines, "\n")
}

// fullScreen is the log that has the whole screen, or empty.
func (m *model) fullScreen() string {
	p, ok := m.shown().(page.WithLog)
	if !ok {
		return ""
	}
	return p.FullScreen(m.Width, m.Height-2)
}
