package ui

import (
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // the goldens show times of day
	os.Exit(m.Run())
}

func TestGoldens(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) { s.reach(t).golden(s.name) })
	}
}

func TestViewFitsEverySize(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) {
			r := s.reach(t)
			for _, w := range []int{1, 20, 59, 60, 61, 80, 103, 104, 105, 131, 140, 200, 300} {
				for _, h := range []int{1, 3, 15, 16, 17, 24, 30, 60, 100} {
					r.size(w, h)
					lines := strings.Split(r.m.View().Content, "\n")
					if len(lines) != h {
						t.Fatalf("%d×%d: %d lines", w, h, len(lines))
					}
					for i, line := range lines {
						if got := cells.Width(line); got != w {
							t.Fatalf("%d×%d: line %d is %d cells wide: %q", w, h, i, got, line)
						}
					}
				}
			}
		})
	}
}

func TestSandboxIsSaidOnEveryScreen(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) {
			r := s.reach(t)
			r.e.Has.Sandbox = true
			for _, size := range [][2]int{{60, 16}, {80, 24}, {200, 60}, {50, 10}} {
				if got := r.size(size[0], size[1]).screen(); !strings.Contains(strings.Join(strings.Fields(got), " "), sandboxSays) {
					t.Errorf("%v: not said:\n%s", size, got)
				}
			}
		})
	}
}

func TestTooSmallSaysSo(t *testing.T) {
	r := toProfiles(newRig(t, stepstest.New()))
	if got := r.size(59, 24).screen(); !strings.Contains(got, "terminal too small: 59×24, needs 60×16") {
		t.Errorf("got:\n%s", got)
	}
}

func TestCursorIsWhereOneTypes(t *testing.T) {
	r := toMode(newRig(t, stepstest.New()))
	if c := r.m.View().Cursor; c != nil {
		t.Errorf("a cursor without a field: %+v", c)
	}
	r.press("shift+tab")
	v := r.m.View()
	if v.Cursor == nil || strings.Contains(v.Content, page.CursorMark) {
		t.Fatalf("cursor %+v, or its mark is on screen", v.Cursor)
	}
	line := strings.Split(r.screen(), "\n")[v.Cursor.Y]
	if !strings.Contains(line, "jupyter") || !strings.HasSuffix(string([]rune(line)[:v.Cursor.X]), "jupyter") {
		t.Errorf("the cursor is at %d of %q", v.Cursor.X, line)
	}
}

func TestBackgroundAndNoColour(t *testing.T) {
	e := stepstest.New()
	r := newRig(t, e, func(o *Options) { o.Env = nil })
	toProfiles(r)
	dark := r.m.View().Content
	r.take(tea.BackgroundColorMsg{Color: white{}})
	if light := r.m.View().Content; light == dark {
		t.Error("a light terminal gets the dark colours")
	}
	plain := toProfiles(newRig(t, stepstest.New())).m.View().Content
	if strings.Contains(plain, "38;") {
		t.Error("NO_COLOR gets colours")
	}
}

// What the terminal has not answered yet would be typed text to the shell that
// reads from it next: the program leaves when the answer is here.
func TestTheTerminalIsHandedOverOnceItHasAnswered(t *testing.T) {
	r := toProfiles(newRig(t, stepstest.New(), func(o *Options) { o.Env = nil }))
	for name, k := range map[string]tea.Key{"q": {Code: 'q', Text: "q"}, "ctrl+z": {Code: 'z', Mod: tea.ModCtrl}} {
		r.take(resumed{}) // the terminal is asked again
		r.take(tea.KeyPressMsg(k))
		if r.m.background.after == nil {
			t.Errorf("%s hands the terminal over before it has answered", name)
		}
		if cmd := r.m.answered(tea.BackgroundColorMsg{Color: white{}}); cmd == nil || r.m.background.after != nil {
			t.Errorf("%s is forgotten", name)
		}
	}
	r.take(resumed{})
	r.press("q")
	if r.m.unanswered(noAnswer{r.m.background.asked}) == nil {
		t.Error("a terminal that does not answer keeps the program from ending")
	}
}

// The person's choice decides, whatever the terminal says; without one, and
// while the terminal is silent, COLORFGBG does.
func TestTheThemeIsChosen(t *testing.T) {
	drawn := func(choice theme.Choice, answers bool, env ...string) string {
		r := toProfiles(newRig(t, stepstest.New(), func(o *Options) { o.Env, o.Theme = env, choice }))
		if answers {
			r.take(tea.BackgroundColorMsg{Color: white{}})
		}
		return r.m.View().Content
	}
	dark, light, none := drawn(theme.Dark, false), drawn(theme.Light, false), drawn(theme.None, false)
	if dark == light || dark == none || strings.Contains(none, "38;") {
		t.Fatal("the themes look alike, or none has colours")
	}
	for name, c := range map[string]struct{ got, want string }{
		"a light terminal":                  {drawn("", true), light},
		"COLORFGBG, and a silent terminal":  {drawn("", false, "COLORFGBG=0;15"), light},
		"COLORFGBG is wrong":                {drawn("", true, "COLORFGBG=15;0"), light},
		"dark, on a light terminal":         {drawn(theme.Dark, true), dark},
		"none, on a light terminal":         {drawn(theme.None, true), none},
		"light, though NO_COLOR":            {drawn(theme.Light, false, "NO_COLOR=1"), light},
		"NO_COLOR, and a terminal answered": {drawn("", true, "NO_COLOR=1"), none},
	} {
		if c.got != c.want {
			t.Errorf("%s: another theme", name)
		}
	}
	o := Options{Theme: theme.Dark, Env: []string{"A=b", "NO_COLOR=1"}}
	if got := o.environment(); len(got) != 1 || got[0] != "A=b" {
		t.Errorf("the terminal program is told %q", got)
	}
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }

// Every part of the list follows the terminal's background.
func TestTheListHasTheTerminalsColours(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toMachines(newRig(t, e, func(o *Options) { o.Env = nil })).size(140, 40)
	const darkAccent, darkSubtle = "255;159;69", "156;160;166"
	dark := r.m.View().Content
	r.take(tea.BackgroundColorMsg{Color: white{}})
	light := r.m.View().Content
	for _, c := range []string{darkAccent, darkSubtle} {
		if !strings.Contains(dark, c) || strings.Contains(light, c) {
			t.Errorf("colour %s: in the dark %v, in the light %v", c, strings.Contains(dark, c), strings.Contains(light, c))
		}
	}
	if plain := machinesRig(t).m.View().Content; strings.Contains(plain, "38;") || strings.Contains(plain, "48;") {
		t.Error("NO_COLOR gets colours")
	}
}

// In the smallest terminal there is room for what is to be chosen.
func TestTheSmallestTerminalShowsTheChoice(t *testing.T) {
	r := newRig(t, stepstest.New())
	r.m.Update(tea.WindowSizeMsg{Width: minWidth, Height: minHeight})
	toProfiles(r).press("enter").until("▸ eu-central-1").press("enter").until("▸ t2.micro")
}
