package ui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

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

func (p pointed) wheelMsg() tea.MouseWheelMsg {
	if p.wheel < 0 {
		return tea.MouseWheelMsg{Button: tea.MouseWheelUp}
	}
	return tea.MouseWheelMsg{Button: tea.MouseWheelDown}
}
