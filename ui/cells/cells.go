// Package cells measures and fits text to the cells of a terminal.
package cells

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/displaywidth"
)

const (
	tabStop     = 8
	replacement = "\uFFFD"
	// maxCluster bounds the code points drawn for one character: piled up
	// accents smear over neighbouring lines.
	maxCluster = 8
)

// Clean makes s one line that every terminal draws with the same width. Tabs
// become spaces, what would act on the terminal or is no valid text becomes
// U+FFFD, and characters without width of their own go. Emoji that terminals
// disagree about (joined ones, skin tones) are drawn as their first part.
func Clean(s string) string {
	if printable(s) {
		return s
	}
	s = strings.ToValidUTF8(s, replacement)
	var out strings.Builder
	out.Grow(len(s))
	col := 0
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		text, width := cluster(g.Value(), g.Width(), col)
		out.WriteString(text)
		col += width
	}
	return out.String()
}

func cluster(s string, width, col int) (string, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == '\t':
		n := tabStop - col%tabStop
		return strings.Repeat(" ", n), n
	case unicode.IsControl(r), r == utf8.RuneError, unicode.Is(unicode.Co, r):
		return replacement, 1
	case width > 0 && width == ansi.StringWidthWc(s) && utf8.RuneCountInString(s) <= maxCluster:
		return s, width
	case width == 0:
		return "", 0
	}
	first := s[:size]
	if w := displaywidth.String(first); w > 0 && w == ansi.StringWidthWc(first) {
		return first, w
	}
	return replacement, 1
}

// printable reports whether s is nothing but printable ASCII: one byte, one cell.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Width is the number of cells s takes, escape sequences not counted.
func Width(s string) int {
	if printable(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Fit cuts or fills one styled line to exactly width cells. A cut is marked
// with an ellipsis.
func Fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	w := Width(s)
	if w > width {
		s = ansi.Truncate(s, width, "…")
		w = Width(s)
	}
	return s + strings.Repeat(" ", width-w)
}

// FitRight is Fit with the text at the right end.
func FitRight(s string, width int) string {
	if w := Width(s); w < width {
		return strings.Repeat(" ", width-w) + s
	}
	return Fit(s, width)
}

// Block cuts or fills styled lines to exactly width cells in exactly height
// lines.
func Block(s string, width, height int) string {
	if height <= 0 {
		return ""
	}
	lines := strings.Split(s, "\n")
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for i, line := range lines {
		lines[i] = Fit(line, width)
	}
	return strings.Join(lines, "\n")
}

// Ends puts left and right at the two ends of a line of exactly width cells.
// Where there is no room for both, the left one is cut.
func Ends(left, right string, width int) string {
	r := Width(right)
	if r == 0 || r > width {
		return Fit(left, width)
	}
	if room := width - r - 1; Width(left) > room {
		left = Fit(left, max(room, 0))
	}
	return Fit(left, max(width-r, 0)) + right
}

// Thousands writes a number with commas: 12,345.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
