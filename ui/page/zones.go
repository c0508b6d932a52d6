package page

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// The parts of a page or a dialog that can be pointed at are zones (cells.Zone),
// which are named while they are drawn:
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
	ZoneKey  = "key:"
	ZonePage = "page:"
	ZoneLine = "line:"
	ZonePane = "pane:"
	ZonePart = "part:"
	ZonePick = "pick:"
)

// Pointed is a click, or a turn of the wheel, over these zones of the screen that
// the person saw.
type Pointed struct {
	Zones []string // the innermost first
	Wheel int      // lines to move, up or down; 0 is a click
	X, Y  int
}

// Pointing finds what is under the mouse on a screen as it was drawn.
func Pointing(screen string, msg tea.MouseMsg) tea.Cmd {
	mouse := msg.Mouse()
	p := Pointed{X: mouse.X, Y: mouse.Y}
	switch msg.(type) {
	case tea.MouseClickMsg:
		if mouse.Button != tea.MouseLeft {
			return nil
		}
	case tea.MouseWheelMsg:
		switch mouse.Button {
		case tea.MouseWheelUp:
			p.Wheel = -1
		case tea.MouseWheelDown:
			p.Wheel = 1
		default:
			return nil
		}
	default:
		return nil
	}
	p.Zones = cells.ZonesAt(screen, p.X, p.Y)
	return func() tea.Msg { return p }
}

// In is what stands behind a prefix in the name of a zone that is pointed at.
func (p Pointed) In(prefix string) (rest string, ok bool) {
	for _, zone := range p.Zones {
		if rest, ok := strings.CutPrefix(zone, prefix); ok {
			return rest, true
		}
	}
	return "", false
}

// Clicked is in for clicks alone.
func (p Pointed) Clicked(prefix string) (rest string, ok bool) {
	if p.Wheel != 0 {
		return "", false
	}
	return p.In(prefix)
}

// Number is clicked for zones that are counted.
func (p Pointed) Number(prefix string) (n int, ok bool) {
	rest, ok := p.Clicked(prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// KeyNamed is the key that a hint names.
func KeyNamed(name string) tea.KeyPressMsg {
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

// KeyZone marks text as a key to click, if it is one that a click can press.
func KeyZone(key, text string) string {
	if KeyNamed(key) == (tea.KeyPressMsg{}) || key > "~" {
		return text
	}
	return cells.Zone(ZoneKey+key, text)
}

// ZoneOf marks the Nth of several things to point at.
func ZoneOf(prefix string, n int, text string) string {
	return cells.Zone(prefix+strconv.Itoa(n), text)
}

// ZonesOf marks each line of the Nth of several things.
func ZonesOf(prefix string, n int, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = ZoneOf(prefix, n, line)
	}
	return out
}

func (p Pointed) wheelMsg() tea.MouseWheelMsg {
	if p.Wheel < 0 {
		return tea.MouseWheelMsg{Button: tea.MouseWheelUp}
	}
	return tea.MouseWheelMsg{Button: tea.MouseWheelDown}
}
