package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// The parts of a screen that can be pointed at are zones (cells.Zone), which
// the screens name while they draw:
//
//	key:K      pressing the key K
//	page:N     going to the Nth question
//	line:N     the Nth line of the list that the page or the dialog asks with
//	row:T:ID   a row of the table T
//	table:T    all of the table T
//	pane:N     a log pane
//	part:N     a part of a page that asks for several things
//	pick:A:B   the choice B in answer to A
const (
	zoneKey  = "key:"
	zonePage = "page:"
	zoneLine = "line:"
	zonePane = "pane:"
	zonePart = "part:"
	zonePick = "pick:"
)

// pointed: the mouse was clicked, or its wheel turned, over these zones of the
// screen that the person saw.
type pointed struct {
	zones []string // the innermost first
	wheel int      // lines to move, up or down; 0 is a click
	x, y  int
}

// pointable is a page or a dialog with more to point at than keys.
type pointable interface {
	point(m *model, p pointed) tea.Cmd
}

// pointing finds what is under the mouse on a screen as it was drawn.
func pointing(screen string, msg tea.MouseMsg) tea.Cmd {
	mouse := msg.Mouse()
	p := pointed{x: mouse.X, y: mouse.Y}
	switch msg.(type) {
	case tea.MouseClickMsg:
		if mouse.Button != tea.MouseLeft {
			return nil
		}
	case tea.MouseWheelMsg:
		switch mouse.Button {
		case tea.MouseWheelUp:
			p.wheel = -1
		case tea.MouseWheelDown:
			p.wheel = 1
		default:
			return nil
		}
	default:
		return nil
	}
	p.zones = cells.ZonesAt(screen, p.x, p.y)
	return func() tea.Msg { return p }
}

// in is what stands behind a prefix in the name of a zone that is pointed at.
func (p pointed) in(prefix string) (rest string, ok bool) {
	for _, zone := range p.zones {
		if rest, ok := strings.CutPrefix(zone, prefix); ok {
			return rest, true
		}
	}
	return "", false
}

// clicked is in for clicks alone.
func (p pointed) clicked(prefix string) (rest string, ok bool) {
	if p.wheel != 0 {
		return "", false
	}
	return p.in(prefix)
}

// number is clicked for zones that are counted.
func (p pointed) number(prefix string) (n int, ok bool) {
	rest, ok := p.clicked(prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// click is what was clicked last, and on which page.
type click struct {
	at      time.Time
	what    pointed
	page    steps.StepID // empty while nothing was clicked
	dialogs int
}

// clickPause is how long something that has just come under the mouse is not
// clicked: the person meant what was there before.
const clickPause = 700 * time.Millisecond

// slid reports whether the screen has changed under the mouse between two clicks.
func (m *model) slid(p pointed) bool {
	last, now := m.click, m.o.Now()
	m.click = click{now, p, m.page, len(m.dialogs)}
	same := last.page == m.page && last.dialogs == len(m.dialogs) && slices.Equal(last.what.zones, p.zones)
	return last.page != "" && now.Sub(last.at) < clickPause && last.what.x == p.x && last.what.y == p.y && !same
}

// point takes the mouse: keys are pressed, all else is the dialog's or the
// page's own.
func (m *model) point(p pointed) tea.Cmd {
	if p.wheel == 0 && m.slid(p) {
		return nil
	}
	if name, ok := p.clicked(zoneKey); ok {
		return m.press(keyNamed(name))
	}
	if d := m.dialog(); d != nil {
		if d, ok := d.(pointable); ok {
			return d.point(m, p)
		}
		return nil
	}
	if m.help {
		m.helpAt.wheel(p)
		return nil
	}
	if name, ok := p.clicked(zonePage); ok {
		return m.jump(name)
	}
	if s, ok := m.screen().(pointable); ok {
		return s.point(m, p)
	}
	return nil
}

// keyNamed is the key that a hint names.
func keyNamed(name string) tea.KeyPressMsg {
	switch name {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "tab":
		return tea.KeyPressMsg{Code: tea.KeyTab}
	case "space":
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	r := []rune(name)
	if len(r) != 1 {
		return tea.KeyPressMsg{}
	}
	return tea.KeyPressMsg{Code: r[0], Text: name}
}

// keyZone marks text as a key to click, if it is one that a click can press.
func keyZone(key, text string) string {
	if keyNamed(key) == (tea.KeyPressMsg{}) || key > "~" {
		return text
	}
	return cells.Zone(zoneKey+key, text)
}

// zoneOf marks the Nth of several things to point at.
func zoneOf(prefix string, n int, text string) string {
	return cells.Zone(prefix+strconv.Itoa(n), text)
}

// zonesOf marks each line of the Nth of several things.
func zonesOf(prefix string, n int, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = zoneOf(prefix, n, line)
	}
	return out
}

// enter is the press of Enter that a second click stands for.
func (m *model) enter() tea.Cmd { return m.press(keyNamed("enter")) }

// point moves the cursor of a list, and reports whether the line that it was on
// already was clicked.
func (c *choice) point(p pointed) (again bool) {
	c.at += p.wheel
	if n, ok := p.number(zoneLine); ok {
		again = c.at == n
		c.at = n
	}
	c.size(c.n)
	return again
}

// wheelLines is how far one turn of the wheel moves a text.
const wheelLines = 3

func (s *scroll) wheel(p pointed) { s.top = max(s.top+wheelLines*p.wheel, 0) }

func (p pointed) wheelMsg() tea.MouseWheelMsg {
	if p.wheel < 0 {
		return tea.MouseWheelMsg{Button: tea.MouseWheelUp}
	}
	return tea.MouseWheelMsg{Button: tea.MouseWheelDown}
}
