package cells

import (
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain ASCII", "plain ASCII"},
		{"", ""},
		{"a\tb", "a       b"},
		{"日\tb", "日      b"},
		{"\x1b[31mred\x1b[0m", "�[31mred�[0m"},
		{"bell\a, back\b, line\nend", "bell�, back�, line�end"},
		{"c1 \u009b2J", "c1 �2J"},
		{"bad \xff\xfe", "bad �"},
		{"over\u202eride", "override"},
		{"zero\u200bwidth", "zerowidth"},
		{"déjà vu e\u0301", "déjà vu e\u0301"},
		{"日本語", "日本語"},
		{"party 🎉", "party 🎉"},
		{"family 👩‍👩‍👧", "family 👩"},
		{"thumb 👍🏽", "thumb 👍"},
		{"z" + strings.Repeat("\u0301", 50), "z"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\tb\x1b[2J\u202e日本🎉👍🏽\xff")
	f.Add("🇩🇪🇫")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		for _, r := range got {
			if unicode.IsControl(r) {
				t.Fatalf("%q became %q, with a control character", s, got)
			}
		}
		if w, want := Width(got), lipgloss.Width(got); w != want {
			t.Fatalf("%q is %d cells wide, said to be %d", got, want, w)
		}
	})
}

func FuzzFit(f *testing.F) {
	f.Add("日本語 \x1b[1mbold\x1b[0m", 5, 2)
	f.Fuzz(func(t *testing.T, s string, width, height int) {
		width, height = width&127, height&31
		block := Block(lipgloss.NewStyle().Bold(true).Render(Clean(s)), width, height)
		lines := strings.Split(block, "\n")
		if height > 0 && len(lines) != height {
			t.Fatalf("%d lines, want %d", len(lines), height)
		}
		for _, line := range append(lines, FitRight(Clean(s), width), Ends(Clean(s), "12 of 640", width)) {
			if w := ansi.StringWidth(line); w != width && height > 0 {
				t.Fatalf("%q is %d cells wide, want %d", line, w, width)
			}
		}
	})
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		left, right string
		width       int
		want        string
	}{
		{"left", "right", 12, "left   right"},
		{"left", "right", 8, "l… right"},
		{"left", "right", 4, "left"},
		{"left", "", 6, "left  "},
		{"left", "right", 5, "right"},
	} {
		if got := Ends(c.left, c.right, c.width); got != c.want {
			t.Errorf("%d cells: %q, want %q", c.width, got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 100000: "100,000", 1234567: "1,234,567", -123: "-123", -1234: "-1,234"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
