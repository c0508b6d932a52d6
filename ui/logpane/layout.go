package logpane

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// place is the start of a row: a line's number and a byte offset into its
// clean text. It means the same at any width.
type place struct{ line, offset int }

// laid is a line as laid out for the present width.
type laid struct {
	raw  string
	text string // raw, safe to draw
	hang int    // cells the rows after the first are set in
	rows []int  // byte offset of each row's start; the first is 0
}

// row is the index of the row that holds the offset.
func (l laid) row(offset int) int {
	return max(sort.SearchInts(l.rows, offset+1)-1, 0)
}

// span is the byte range of a row.
func (l laid) span(row int) (start, end int) {
	if row+1 < len(l.rows) {
		return l.rows[row], l.rows[row+1]
	}
	return l.rows[row], len(l.text)
}

// lay lays out the line of that number. What was laid out stays for the next
// frame, as long as the line's text does.
func (p *Pane) lay(number int) laid {
	raw := p.buf.Line(number - p.buf.Dropped())
	if l, ok := p.laid[number]; ok && l.raw == raw {
		return l
	}
	if len(p.laid) > 4*p.height+256 {
		clear(p.laid)
	}
	l := laid{raw: raw, text: cells.Clean(raw), rows: []int{0}}
	if p.wrap {
		l.hang = min(hang(l.text), p.columns()/4)
		l.rows = breaks(l.text, p.columns(), l.hang)
	}
	p.laid[number] = l
	return l
}

// hang is how far the text of a line that begins with spaces and a sign
// ("  ✓ done") is from the line's start.
func hang(text string) int {
	rest := strings.TrimLeft(text, " ")
	spaces := len(text) - len(rest)
	r, size := utf8.DecodeRuneInString(rest)
	if rest = rest[size:]; len(rest) > 1 && rest[0] == ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return spaces + cells.Width(string(r)) + 1
	}
	return spaces
}

// breaks returns where the rows of a text start when it is wrapped to width
// cells, those after the first set in by hang: after a space where one is near, else anywhere between characters.
// Spaces at a row's end may stick out; they are not drawn.
func breaks(text string, width, hang int) []int {
	rows := []int{0}
	start, col := 0, 0        // of the row
	space, spaceCol := -1, -1 // just after the row's last space
	for i := 0; i < len(text); {
		size, w := next(text[i:])
		if text[i] == ' ' {
			col = min(col+1, width)
			i++
			space, spaceCol = i, col
			continue
		}
		if col+w > width && i > start {
			at, left := i, 0
			if space > start && 2*spaceCol > width {
				at, left = space, col-spaceCol
			}
			rows = append(rows, at)
			if start == 0 {
				width -= hang
			}
			start, col, space = at, left, -1
		}
		col += w
		i += size
	}
	return rows
}

// next is the size in bytes and the width in cells of the character at the
// start of s, which is not empty.
func next(s string) (size, width int) {
	if c := s[0]; c < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return 1, 1
	}
	g := displaywidth.StringGraphemes(s)
	g.Next()
	return len(g.Value()), g.Width()
}

// window is the part of a line from cell from on, at most width cells, and the
// byte range it has in the text. It serves lines that are not wrapped.
func window(text string, from, width int) (start, end int) {
	col, i := 0, 0
	for i < len(text) && col < from {
		size, w := next(text[i:])
		i += size
		col += w
	}
	start = i
	for col = 0; i < len(text); {
		size, w := next(text[i:])
		if col+w > width {
			break
		}
		i += size
		col += w
	}
	return start, i
}

// around widens the spans to whole characters, so that styling one never
// takes it apart.
func around(text string, spans [][2]int) [][2]int {
	if len(spans) == 0 || !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) {
		return spans
	}
	i := 0
	for k := range spans {
		for i < len(text) {
			size, _ := next(text[i:])
			if i+size > spans[k][0] {
				break
			}
			i += size
		}
		spans[k][0] = i
		for i < spans[k][1] {
			size, _ := next(text[i:])
			i += size
		}
		spans[k][1] = max(i, spans[k][0])
	}
	return spans
}
