package theme

import (
	"slices"
	"strings"
	"testing"
)

func TestTheFirstTheme(t *testing.T) {
	for _, c := range []struct {
		choice      Choice
		env         string
		dark, color bool
		asks        bool
	}{
		{"", "", true, true, true},
		{Auto, "TERM=xterm", true, true, true},
		{Auto, "COLORFGBG=0;15", false, true, true},
		{Auto, "COLORFGBG=0;default;7", false, true, true},
		{Auto, "COLORFGBG=15;0", true, true, true},
		{Auto, "COLORFGBG=7;8", true, true, true},
		{Auto, "COLORFGBG=0;default", true, true, true},
		{Auto, "COLORFGBG=", true, true, true},
		{Auto, "COLORFGBG=0;99", true, true, true},
		{Auto, "NO_COLOR=1 COLORFGBG=0;15", false, false, true},
		{Auto, "NO_COLOR=", true, true, true},
		{Auto, "TERM=dumb", true, false, true},
		{Dark, "COLORFGBG=0;15 NO_COLOR=1", true, true, false},
		{Light, "COLORFGBG=15;0", false, true, false},
		{None, "COLORFGBG=15;0", true, false, false},
	} {
		th, asks := c.choice.First(strings.Fields(c.env))
		if th.Dark != c.dark || th.Color != c.color || asks != c.asks {
			t.Errorf("%q with %q: dark %v, colour %v, the terminal decides %v", c.choice, c.env, th.Dark, th.Color, asks)
		}
	}
}

func TestParseChoice(t *testing.T) {
	for _, want := range Choices() {
		if c, err := ParseChoice(want); err != nil || string(c) != want {
			t.Errorf("%s: %q, %v", want, c, err)
		}
	}
	for _, no := range []string{"", "DARK", "solarized"} {
		if c, err := ParseChoice(no); err == nil || !strings.Contains(err.Error(), "dark, light, none") || slices.Contains(Choices(), string(c)) {
			t.Errorf("%q: %q, %v", no, c, err)
		}
	}
}
