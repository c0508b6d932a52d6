package machines

import (
	"strings"
	"testing"
)

// Each key asks the engine for its own thing; the questions in between are
// answered with Enter.
func TestKeysOfAMachine(t *testing.T) {
	for _, c := range []struct {
		name, on string
		keys     []string
		see      string // what is asked
		answer   []string
		want     []string
	}{
		{"stop", "1", []string{"s"}, "Running kernels end", []string{"enter"}, []string{"stop s-1"}},
		{"start", "3", []string{"S"}, "", nil, []string{"work s-3"}},
		{"restart the server", "1", []string{"r"}, "All its kernels end", []string{"enter"}, []string{"restart s-1"}},
		{"reboot", "1", []string{"R"}, "All kernels, shells and transfers", []string{"enter"}, []string{"reboot s-1"}},
		{"mode", "1", []string{"m"}, "How do you want to reach jupyter?", []string{"down", "down", "enter"}, []string{"mode s-1 http true", "work s-1"}},
		{"mode of a stopped one", "3", []string{"m"}, "How do you want to reach thesis", []string{"up", "enter"}, []string{"mode s-3 ssh false"}},
		{"limits", "1", []string{"i"}, "stop automatically?", []string{"right", "right", "down", "left", "enter"}, []string{"limits s-1 never/4h", "work s-1"}},
		{"type", "3", []string{"t"}, "0.0120", []string{"up", "enter"}, []string{"resize s-3 t3.micro"}},
		{"gateway for a notebook", "1", []string{"g"}, "Whose kernels", []string{"enter"}, []string{"gateway s-1 s-2", "work s-1"}},
		{"notebook for a gateway", "2", []string{"g"}, "Who should use", []string{"down", "enter"}, []string{"gateway s-1 s-2", "work s-1"}},
		{"adopt", "6", []string{"a"}, "", nil, []string{"adopt s-6"}},
		{"extend", "1", []string{"+"}, "", nil, []string{"extend s-1 1h0m0s"}},
		{"upload", "1", []string{"u"}, "Upload to jupyter", []string{"/tmp/a.csv", "down", "data/", "enter"}, []string{"put s-1 -r /tmp/a.csv data/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sevenRig(t).press(c.on).press(c.keys...)
			if c.see != "" {
				r.until(c.see)
			}
			r.press(c.answer...)
			for _, w := range c.want {
				r.untilAsked(w)
			}
			r.untilDone()
			if u := r.m.list.Current(); u.trouble != nil || len(r.m.asked) > 0 {
				t.Errorf("trouble %v, asked for %v", u.trouble, r.m.asked)
			}
		})
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	for _, c := range []struct{ on, key, want string }{
		{"1", "t", "Only a stopped machine"},
		{"1", "S", "is already running"},
		{"1", "a", "this computer's already"},
		{"3", "s", "is not running"},
		{"3", "e", "is not running"},
		{"5", "m", "is gone"},
		{"5", "R", "is gone"},
		{"6", "s", "another computer's"},
		{"6", "x", "another computer's"},
		{"6", "o", "another computer's"},
		{"6", "D", "another computer's"},
	} {
		r := sevenRig(t)
		before := len(r.e.Asked())
		r.press(c.on, c.key).until(c.want)
		if got := r.e.Asked()[before:]; len(got) > 0 || r.m.dialog() != nil {
			t.Errorf("%s on %s asks for %v", c.key, c.on, got)
		}
	}
}

// Every key of the table is in the help, and with it in docs/keys.md.
func TestEveryKeyIsInTheHelp(t *testing.T) {
	r := sevenRig(t)
	var told strings.Builder
	for _, h := range r.m.list.Help()[0].Hints {
		told.WriteString(" " + strings.ReplaceAll(h.Key(), ",", "") + " ")
	}
	for _, b := range r.m.list.bindings() {
		key, _, _ := strings.Cut(b.keys, " ")
		if key == "1" || key == "shift+tab" { // "1-9", and Tab backwards
			continue
		}
		if !strings.Contains(told.String(), " "+key+" ") {
			t.Errorf("the help does not tell of %q", key)
		}
	}
}
