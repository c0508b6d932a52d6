package theme

import (
	"image/color"
	"math"
	"reflect"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// each calls f for every style of the theme.
func each(t Theme, f func(name string, s lipgloss.Style)) {
	v := reflect.ValueOf(t)
	for i := range v.NumField() {
		if s, ok := v.Field(i).Interface().(lipgloss.Style); ok {
			f(v.Type().Field(i).Name, s)
		}
	}
}

func TestStylesKeepTheWidth(t *testing.T) {
	for _, th := range []Theme{New(true, true), New(false, true), New(true, false)} {
		each(th, func(name string, s lipgloss.Style) {
			if got := s.Render("ab 日本"); lipgloss.Width(got) != 7 || ansi.Strip(got) != "ab 日本" {
				t.Errorf("%s draws %q", name, got)
			}
		})
	}
}

func TestWithoutColourThereIsNone(t *testing.T) {
	for _, dark := range []bool{true, false} {
		th := New(dark, false)
		each(th, func(name string, s lipgloss.Style) {
			if drawn := s.Render("x"); strings.Contains(drawn, "38;") || strings.Contains(drawn, "48;") {
				t.Errorf("%s has a colour: %q", name, drawn)
			}
		})
		if th.Box(true).Render("x") == th.Box(false).Render("x") {
			t.Error("a box looks the same with and without the focus")
		}
		if th.TableSelected.Render("x") == th.TableRow.Render("x") || th.Hit.Render("x") == th.HitCurrent.Render("x") {
			t.Error("the selected row or the current hit cannot be told apart")
		}
	}
}

func TestContrast(t *testing.T) {
	// Common terminals' backgrounds: black, VS Code, Catppuccin; white, Solarized light.
	grounds := map[bool][]string{true: {"#000000", "#1E1E1E", "#1E1E2E"}, false: {"#FFFFFF", "#FDF6E3"}}
	// These only structure the screen and carry no words.
	lines := map[string]bool{"Border": true, "Track": true}
	for dark, backgrounds := range grounds {
		th := New(dark, true)
		each(th, func(name string, s lipgloss.Style) {
			fg := s.GetForeground()
			if _, none := fg.(lipgloss.NoColor); none || lines[name] {
				return
			}
			for _, ground := range backgrounds {
				bg := color.Color(hex(ground))
				if _, none := s.GetBackground().(lipgloss.NoColor); !none {
					bg = s.GetBackground()
				}
				if c := contrast(fg, bg); c < 4.5 {
					t.Errorf("%s on %s (dark %v): contrast %.2f, want 4.5", name, ground, dark, c)
				}
			}
		})
	}
}

// contrast is the ratio WCAG 2.2 defines.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func TestSignsAreOneCell(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []string{SignDone, SignActive, SignTodo, SignFailed} {
		if lipgloss.Width(s) != 1 || ansi.StringWidthWc(s) != 1 || seen[s] {
			t.Errorf("%q is %d cells wide, or there twice", s, lipgloss.Width(s))
		}
		seen[s] = true
	}
}
