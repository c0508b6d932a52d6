package page

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Choice is the cursor of a list of n lines.
type Choice struct{ At, N int }

// Size says how many lines there are, and keeps the cursor on one of them.
func (c *Choice) Size(n int) {
	c.N = n
	c.At = min(max(c.At, 0), max(n-1, 0))
}

// Key moves the cursor and reports whether the key was one that moves.
func (c *Choice) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "up", "k":
		c.At--
	case "down", "j":
		c.At++
	case "home", "g":
		c.At = 0
	case "end", "G":
		c.At = c.N - 1
	case "pgup", "ctrl+b":
		c.At -= 5
	case "pgdown", "ctrl+f":
		c.At += 5
	default:
		return false
	}
	c.Size(c.N)
	return true
}

// Window returns which of n lines of a list to draw in height rows so that
// the cursor is among them.
func (c *Choice) Window(height int) (from, to int) {
	height = max(height, 1)
	from = max(0, min(c.At-height/2, c.N-height))
	return from, min(from+height, c.N)
}

// More says how many lines of a list are not drawn, or nothing.
func (c *Choice) More(from, to int) string {
	var parts []string
	if from > 0 {
		parts = append(parts, fmt.Sprintf("↑ %d more", from))
	}
	if to < c.N {
		parts = append(parts, fmt.Sprintf("↓ %d more", c.N-to))
	}
	return strings.Join(parts, "   ")
}

// Scroll is the offset of a text longer than the screen.
type Scroll struct{ Top int }

// Key scrolls and reports whether the key was one that scrolls.
func (s *Scroll) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "up", "k":
		s.Top--
	case "down", "j":
		s.Top++
	case "pgup", "ctrl+b", "ctrl+u":
		s.Top -= 8
	case "pgdown", "ctrl+f", "ctrl+d", "space":
		s.Top += 8
	case "home", "g":
		s.Top = 0
	case "end", "G":
		s.Top = 1 << 20
	default:
		return false
	}
	s.Top = max(s.Top, 0)
	return true
}

// window cuts the visible lines out and says how many are above and below.
// It also brings the offset back into range, which only drawing knows.
func (s *Scroll) window(lines []string, height int) (shown []string, above, below int) {
	height = max(height, 1)
	s.Top = max(0, min(s.Top, len(lines)-height))
	end := min(s.Top+height, len(lines))
	return lines[s.Top:end], s.Top, len(lines) - end
}

// Point moves the cursor of a list, and reports whether the line that it was on
// already was clicked.
func (c *Choice) Point(p Pointed) (again bool) {
	c.At += p.Wheel
	if n, ok := p.Number(ZoneLine); ok {
		again = c.At == n
		c.At = n
	}
	c.Size(c.N)
	return again
}

// wheelLines is how far one turn of the wheel moves a text.
const wheelLines = 3

// Wheel scrolls by a turn of the wheel.
func (s *Scroll) Wheel(p Pointed) { s.Top = max(s.Top+wheelLines*p.Wheel, 0) }
