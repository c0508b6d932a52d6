package safe

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLine     = 8 << 10 // bytes; a longer line is split
	longestName = 200     // bytes of the name of a secret
	tabWidth    = 8
)

// Output takes one line of text that is safe for a terminal, without its line
// end. partial means that the line is not finished: the next call replaces it.
type Output func(text string, partial bool)

// Lines turns the bytes a host prints into safe lines: control and escape
// sequences, format characters (bidirectional overrides, zero-width ones) and
// variation selectors are removed, tabs become spaces, invalid UTF-8 becomes
// U+FFFD, a line over 8 KiB is split, and secrets are taken out as by [Scrub].
// A carriage return or a backspace rewrites the line. What is written in pieces comes out as if written at
// once, except that each Write shows an unfinished line as partial.
// It is not safe for concurrent use.
type Lines struct {
	out   Output
	rest  []byte // the beginning of a rune
	scan  scanner
	line  []byte
	cr    bool // a carriage return: what comes next replaces the line
	dirty bool // line is not what was last shown
	asIs  bool // secrets stay
	mask  bool // a secret was cut by the line's greatest length: its rest goes
}

// NewLines returns a writer that hands each line to out.
func NewLines(out Output) *Lines { return &Lines{out: out} }

// NewLinesAsIs is NewLines for what a person's own command prints to that
// person: no secret is taken out.
func NewLinesAsIs(out Output) *Lines { return &Lines{out: out, asIs: true} }

// Write takes the next bytes; it never fails.
func (l *Lines) Write(p []byte) (int, error) {
	b := p
	if len(l.rest) > 0 {
		b = append(l.rest, p...)
		l.rest = nil
	}
	for len(b) > 0 && utf8.FullRune(b) {
		r, n := utf8.DecodeRune(b)
		l.take(r)
		b = b[n:]
	}
	l.rest = append(l.rest, b...)
	if l.dirty {
		l.show(true, true)
		l.dirty = false
	}
	return len(p), nil
}

// Close hands over a last line that had no line end.
func (l *Lines) Close() error {
	for range l.rest {
		l.take(utf8.RuneError)
	}
	l.rest = nil
	if len(l.line) > 0 {
		l.end()
	}
	return nil
}

// show hands over the line; open says that more of it is to come.
func (l *Lines) show(open, partial bool) {
	text := string(l.line)
	if !l.asIs {
		text = scrub(text, open)
	}
	l.out(text, partial)
}

func (l *Lines) take(r rune) {
	r, ok := l.scan.next(r)
	switch {
	case !ok:
	case r == '\n':
		l.end()
	case r == '\r':
		l.cr = true
	case r == '\b':
		if _, n := utf8.DecodeLastRune(l.line); n > 0 && !l.cr {
			l.line, l.dirty = l.line[:len(l.line)-n], true
		}
	case r == '\t':
		l.put(' ')
		for utf8.RuneCount(l.line)%tabWidth != 0 {
			l.put(' ')
		}
	default:
		l.put(r)
	}
}

func (l *Lines) put(r rune) {
	if l.cr {
		l.line, l.cr = l.line[:0], false
	}
	if l.mask = l.mask && r != ' '; l.mask {
		return
	}
	if len(l.line)+utf8.RuneLen(r) > maxLine {
		l.split()
		if l.mask = l.mask && r != ' '; l.mask {
			return
		}
	}
	l.line, l.dirty = utf8.AppendRune(l.line, r), true
}

// split ends a line that is too long, where it cuts no secret and no name of
// one: before the last word, or before the last parameter of a word that is
// too long itself. What follows on a secret that is too long is left out.
func (l *Lines) split() {
	from := bytes.LastIndexByte(l.line, ' ') + 1
	switch shown := scrub(string(l.line), true); {
	case l.asIs || !bytes.ContainsAny(l.line[from:], ":="):
		l.end()
		return
	case from > 0:
	case strings.HasSuffix(shown, hiddenSecret) || strings.HasSuffix(shown, unfinished):
		l.mask = true
		l.end()
		l.mask = true
		return
	default:
		from = bytes.LastIndexAny(l.line, "?&;,{")
		if from < len(l.line)-longestName || bytes.ContainsRune(l.line[from:], '@') {
			from = len(l.line)
		}
	}
	next := string(l.line[from:])
	l.line = l.line[:from]
	l.end()
	l.line = append(l.line, next...)
}

func (l *Lines) end() {
	l.show(l.mask, false)
	l.line, l.cr, l.dirty, l.mask = l.line[:0], false, false, false
}

// Clean makes a text one line that is safe for a terminal, by the same rules;
// line ends and tabs become spaces, and spaces around it go.
func Clean(s string) string {
	var scan scanner
	var b strings.Builder
	for _, r := range s {
		r, ok := scan.next(r)
		switch {
		case !ok || r == '\b':
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// scanner leaves out what would control a terminal. Its states are those of
// ECMA-48: a sequence may be cut anywhere by the border of two writes.
type scanner struct{ state scanState }

type scanState uint8

const (
	ground    scanState = iota
	escape              // after ESC, and its intermediate bytes
	csi                 // after ESC [
	str                 // inside OSC, DCS, APC, PM, SOS
	strEscape           // after ESC inside one of these
)

// next returns r when it is text, or one of \n \r \t \b.
func (s *scanner) next(r rune) (rune, bool) {
	switch s.state {
	case strEscape:
		s.state = ground
		if r == '\\' {
			return 0, false
		}
		return s.escaped(r)
	case str:
		return s.inString(r)
	case escape:
		return s.escaped(r)
	case csi:
		switch {
		case r >= 0x40 && r <= 0x7e: // the final byte
			s.state = ground
			return 0, false
		case r >= 0x20 && r <= 0x3f: // parameters
			return 0, false
		}
		s.state = ground
	case ground:
	}
	return s.plain(r)
}

// inString ends a string at its terminator, and also at a line end: an
// unfinished one must not swallow the rest of a log.
func (s *scanner) inString(r rune) (rune, bool) {
	switch r {
	case 0x1b:
		s.state = strEscape
	case 0x07, 0x18, 0x1a, 0x9c: // BEL, CAN, SUB, ST
		s.state = ground
	case '\n':
		s.state = ground
		return r, true
	}
	return 0, false
}

func (s *scanner) escaped(r rune) (rune, bool) {
	s.state = ground
	switch {
	case r == '[':
		s.state = csi
	case strings.ContainsRune("]P_^X", r):
		s.state = str
	case r >= 0x20 && r <= 0x2f: // intermediate byte, more to come
		s.state = escape
	case r >= 0x30 && r <= 0x7e:
	default:
		return s.plain(r)
	}
	return 0, false
}

func (s *scanner) plain(r rune) (rune, bool) {
	switch {
	case r == '\n' || r == '\r' || r == '\t' || r == '\b':
		return r, true
	case r >= 0x20 && r < 0x7f:
		return r, true
	case r == 0x1b:
		s.state = escape
	case r == 0x9b:
		s.state = csi
	case r == 0x90 || r == 0x98 || r == 0x9d || r == 0x9e || r == 0x9f:
		s.state = str
	case r < 0xa0 || hidden(r):
	default:
		return r, true
	}
	return 0, false
}

// hidden reports whether a rune draws nothing and changes how others are drawn.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
