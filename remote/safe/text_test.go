package safe

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// shown collects what a person would see: finished lines, and the partial
// line at the end of each write.
type shown struct{ lines, partials []string }

func (s *shown) out(text string, partial bool) {
	if partial {
		s.partials = append(s.partials, text)
		return
	}
	s.lines = append(s.lines, text)
}

func render(t *testing.T, writes ...string) *shown {
	t.Helper()
	var s shown
	l := NewLines(s.out)
	for _, w := range writes {
		if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", w, n, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []string
		want []string
	}{
		{"plain", []string{"one\ntwo\n"}, []string{"one", "two"}},
		{"no line end", []string{"one\ntw", "o"}, []string{"one", "two"}},
		{"empty lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"CRLF", []string{"one\r", "\ntwo\r\n"}, []string{"one", "two"}},
		{"progress bar", []string{"1%\r50%", "\r100%\ndone"}, []string{"100%", "done"}},
		{"return at the end", []string{"50%\r"}, []string{"50%"}},
		{"backspace", []string{"ab\b\bcd\n"}, []string{"cd"}},
		{"colours", []string{"\x1b[1;31mred\x1b[0m\n"}, []string{"red"}},
		{"CSI over a border", []string{"a\x1b", "[3", "1mb\n"}, []string{"ab"}},
		{"title", []string{"\x1b]0;evil\x07ok \x1b]8;;http://x\x1b\\link\n"}, []string{"ok link"}},
		{"string without end", []string{"a\x1b]0;evil\nnext\n"}, []string{"a", "next"}},
		{"DCS APC PM SOS", []string{"\x1bPq#\x1b\\a\x1b_x\x1b\\b\x1b^x\x1b\\c\x1bXx\x1b\\d\n"}, []string{"abcd"}},
		{"escape ends a string", []string{"\x1b]0;x\x1b[31mred\n"}, []string{"red"}},
		{"8-bit CSI and OSC", []string{"\u009b31mred\u009d0;x\u009cok\n"}, []string{"redok"}},
		{"raw C1 bytes", []string{"a\x9b31m\n"}, []string{"a\ufffd31m"}},
		{"charset", []string{"\x1b(0lqk\x1b(B\n"}, []string{"lqk"}},
		{"C0 and DEL", []string{"a\x00\x07\x0e\x7fb\n"}, []string{"ab"}},
		{"bidi and zero width", []string{"a\u202eb\u200bc\ufeffd\u2066e\u00adf\ufe0fg\n"}, []string{"abcdefg"}},
		{"tabs", []string{"a\tb\n\tc\nä\td\n"}, []string{"a       b", "        c", "ä       d"}},
		{"UTF-8 over a border", []string{"\xe2\x82", "\xac\n"}, []string{"€"}},
		{"invalid UTF-8", []string{"a\xffb\xc3\n\xe2"}, []string{"a\ufffdb\ufffd", "\ufffd"}},
		{"long", []string{strings.Repeat("x", maxLine+1) + "\n"}, []string{strings.Repeat("x", maxLine), "x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := render(t, c.in...).lines; !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLinesPartial(t *testing.T) {
	s := render(t, "Down", "loading\r", "\r10%", "\r20%\n")
	if want := []string{"Down", "Downloading", "10%"}; !slices.Equal(s.partials, want) {
		t.Errorf("partials %q, want %q", s.partials, want)
	}
	if want := []string{"20%"}; !slices.Equal(s.lines, want) {
		t.Errorf("lines %q, want %q", s.lines, want)
	}
}

func TestClean(t *testing.T) {
	in := " a\x1b[31mb\r\nc\x1b]0;x\x07\td\u202e\xff "
	if got, want := Clean(in), "ab  c d\ufffd"; got != want {
		t.Errorf("Clean(%q) = %q, want %q", in, got, want)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\r\nc\x1b]0;x\x07\td\u202e\xff\xe2\x82"), uint8(3))
	f.Add([]byte("\u009b1m\u0090x\u009c\b\b1%\r2%"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole := render(t, string(in))
		var pieces []string
		for p := range slices.Chunk(in, int(size)+1) {
			pieces = append(pieces, string(p))
		}
		cut := render(t, pieces...)
		if !slices.Equal(whole.lines, cut.lines) {
			t.Errorf("in pieces of %d: %q, at once: %q", int(size)+1, cut.lines, whole.lines)
		}
		for _, l := range slices.Concat(cut.lines, cut.partials, []string{Clean(string(in))}) {
			if len(l) > maxLine && l != Clean(string(in)) {
				t.Errorf("a line of %d bytes", len(l))
			}
			if !utf8.ValidString(l) || strings.ContainsFunc(l, func(r rune) bool { return unicode.IsControl(r) || hidden(r) }) {
				t.Errorf("unsafe %q", l)
			}
		}
	})
}
