package cells

import (
	"slices"
	"strconv"
	"strings"
)

// A zone's marks are application program commands: they have no width, no
// terminal shows them, and Clean takes them out of every text that is not the
// program's own. Whoever draws the whole screen removes them with Unmarked.
const (
	zoneOpen  = "\x1b_["
	zoneClose = "\x1b_]\x1b\\"
	markStart = "\x1b_"
	markEnd   = "\x1b\\"
)

// Zone names the part of the screen that s takes, so that ZonesAt finds it
// wherever on the screen it is drawn. Every line of s is marked on its own.
func Zone(name, s string) string {
	open := zoneOpen + strconv.QuoteToASCII(name) + markEnd // other bytes could end the mark
	return open + strings.ReplaceAll(s, "\n", zoneClose+"\n"+open) + zoneClose
}

// Unmarked is a screen without its zones.
func Unmarked(screen string) string {
	if !strings.Contains(screen, markStart) {
		return screen
	}
	var out strings.Builder
	out.Grow(len(screen))
	for {
		text, rest, marked := strings.Cut(screen, markStart)
		out.WriteString(text)
		if !marked {
			return out.String()
		}
		_, screen, _ = strings.Cut(rest, markEnd)
	}
}

// ZonesAt is the names of the zones at a cell of a screen, the innermost first.
func ZonesAt(screen string, x, y int) []string {
	lines := strings.Split(screen, "\n")
	if x < 0 || y < 0 || y >= len(lines) {
		return nil
	}
	var open []string
	line, at := lines[y], 0
	for {
		text, rest, marked := strings.Cut(line, markStart)
		if at += Width(text); x < at || !marked {
			break
		}
		var mark string
		mark, line, _ = strings.Cut(rest, markEnd)
		switch {
		case strings.HasPrefix(mark, "["):
			name, _ := strconv.Unquote(mark[1:]) // Zone has quoted it
			open = append(open, name)
		case mark == "]" && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if x >= at {
		return nil
	}
	slices.Reverse(open)
	return open
}
