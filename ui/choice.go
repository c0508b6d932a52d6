package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// choice is the cursor of a list of n lines.
type choice struct{ at, n int }

func (c *choice) size(n int) {
	c.n = n
	c.at = min(max(c.at, 0), max(n-1, 0))
}

// key moves the cursor and reports whether the key was one that moves.
func (c *choice) key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "up", "k":
		c.at--
	case "down", "j":
		c.at++
	case "home", "g":
		c.at = 0
	case "end", "G":
		c.at = c.n - 1
	case "pgup", "ctrl+b":
		c.at -= 5
	case "pgdown", "ctrl+f":
		c.at += 5
	default:
		return false
	}
	c.size(c.n)
	return true
}

// window returns which of n lines of a list to draw in height rows so that
// the cursor is among them.
func (c *choice) window(height int) (from, to int) {
	height = max(height, 1)
	from = max(0, min(c.at-height/2, c.n-height))
	return from, min(from+height, c.n)
}

// more says how many lines of a list are not drawn, or nothing.
func (c *choice) more(from, to int) string {
	var parts []string
	if from > 0 {
		parts = append(parts, fmt.Sprintf("↑ %d more", from))
	}
	if to < c.n {
		parts = append(parts, fmt.Sprintf("↓ %d more", c.n-to))
	}
	return strings.Join(parts, "   ")
}

// scroll is the offset of a text longer than the screen.
type scroll struct{ top int }

// key scrolls and reports whether the key was one that scrolls.
func (s *scroll) key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "up", "k":
		s.top--
	case "down", "j":
		s.top++
	case "pgup", "ctrl+b", "ctrl+u":
		s.top -= 8
	case "pgdown", "ctrl+f", "ctrl+d", "space":
		s.top += 8
	case "home", "g":
		s.top = 0
	case "end", "G":
		s.top = 1 << 20
	default:
		return false
	}
	s.top = max(s.top, 0)
	return true
}

// window cuts the visible lines out and says how many are above and below.
// It also brings the offset back into range, which only drawing knows.
func (s *scroll) window(lines []string, height int) (shown []string, above, below int) {
	height = max(height, 1)
	s.top = max(0, min(s.top, len(lines)-height))
	end := min(s.top+height, len(lines))
	return lines[s.top:end], s.top, len(lines) - end
}

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
