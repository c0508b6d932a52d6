package cells

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Wrapping is how a text is broken into lines.
type Wrapping struct {
	First, Others int // the most cells of the first line, and of those below it
	// Whole is the most cells of a word that stays whole, on a line of its own,
	// though that is wider than Others.
	Whole int
	// Cut says that no line may be wider: a word without a place to break is cut.
	Cut bool
}

// Wrap breaks a text between words. A path that is wider than a line is broken
// behind its separators, so that the name at its end stays whole, with the
// punctuation behind it. Hyphens are no place to break, because commands and
// addresses are full of them.
func Wrap(text string, how Wrapping) []string {
	var lines []string
	line, width := "", how.First
	next := func() { lines, line, width = append(lines, line), "", how.Others }
	for _, word := range strings.Fields(text) {
		switch {
		case line != "" && Width(line)+1+Width(word) <= width:
			line += " " + word
			continue
		case line != "":
			next()
		case len(lines) == 0 && Width(word) > width && how.First < how.Others: // there is more room below
			next()
		}
		if Width(word) <= max(width, how.Whole) {
			line = word
			continue
		}
		for i, piece := range parts(word) {
			if i > 0 && Width(line)+Width(piece) > width {
				next()
			}
			line += piece
			for how.Cut && Width(line) > width {
				head := cut(line, width)
				if head == "" {
					break // a character wider than the line
				}
				rest := line[len(head):]
				line = head
				next()
				line = rest
			}
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// parts are the parts of a path, each with the separator behind it; of another
// word, and of an address, the one that it is.
func parts(word string) []string {
	if strings.Contains(word, "://") {
		return []string{word}
	}
	var all []string
	for {
		// A separator at the end has nothing behind it that could stand below.
		i := strings.IndexAny(word, `/\`)
		if i < 0 || strings.Trim(word[i:], `/\.,;:)"'`) == "" {
			return append(all, word)
		}
		all, word = append(all, word[:i+1]), word[i+1:]
	}
}

// cut is as much of a word as has room, but that punctuation never stands alone
// on the line below.
func cut(word string, width int) string {
	head := ansi.Truncate(word, width, "")
	for len(head) > 1 && strings.Trim(word[len(head):], `.,;:)"'!?`) == "" {
		_, n := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-n]
	}
	return head
}
