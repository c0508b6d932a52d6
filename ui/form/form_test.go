package form

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

func typed(in *Input, text string) {
	for _, r := range text {
		in.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func disk(s string) error {
	if s == "8" {
		return nil
	}
	return errors.New("take 8")
}

func TestInput(t *testing.T) {
	in := NewInput("Disk in GB", theme.New(true, false), disk)
	in.SetWidth(30)
	if view := ansi.Strip(in.View()); strings.Contains(view, "take 8") {
		t.Errorf("before anything is typed the view is\n%s", view)
	}
	typed(in, "89")
	if view := ansi.Strip(in.View()); in.Err() == nil || !strings.Contains(view, "✗ take 8") {
		t.Errorf("the view of a wrong value is\n%s", view)
	}
	in.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
	if view := ansi.Strip(in.View()); in.Err() != nil || in.Value() != "8" || strings.Contains(view, "take 8") {
		t.Errorf("the view of a right value is\n%s", view)
	}
	for _, code := range []rune{tea.KeyEnter, tea.KeyEscape, tea.KeyTab, tea.KeyUp, tea.KeyDown, tea.KeyF1} {
		if handled, _ := in.Update(tea.KeyPressMsg{Code: code}); handled {
			t.Errorf("%v is the owner's", tea.KeyPressMsg{Code: code})
		}
	}
}

func TestCtrlVStartsNothing(t *testing.T) {
	in := NewInput("", theme.New(true, true), nil)
	if handled, cmd := in.Update(tea.KeyPressMsg{Code: 'v', Mod: tea.ModCtrl}); handled || cmd != nil {
		t.Error("ctrl+v reads the clipboard with a program")
	}
}

func TestBlurredInputTakesNothing(t *testing.T) {
	in := NewInput("", theme.New(true, true), nil)
	in.SetFocused(false)
	if typed(in, "abc"); in.Value() != "" {
		t.Errorf("the value is %q", in.Value())
	}
}

func FuzzLine(f *testing.F) {
	f.Add("日本語🎉 e\u0301\x1b[31m", "place", 7, 3)
	f.Fuzz(func(t *testing.T, text, placeholder string, width, left int) {
		width = width & 63
		in := NewInput(text, theme.New(true, true), disk)
		in.SetPlaceholder(placeholder)
		in.SetWidth(width)
		in.SetValue(text)
		for range left & 15 {
			in.Update(tea.KeyPressMsg{Code: tea.KeyLeft})
		}
		for range 2 {
			if w := lipgloss.Width(in.Line(width)); w != width {
				t.Fatalf("%d cells wide, want %d: %q", w, width, in.Line(width))
			}
			for _, line := range strings.Split(in.View(), "\n") {
				if w := lipgloss.Width(line); w != width {
					t.Fatalf("%d cells wide, want %d: %q", w, width, line)
				}
			}
			in.SetFocused(false)
		}
	})
}
