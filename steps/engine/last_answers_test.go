package engine_test

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// A new machine starts from the last one's answers, also once that is removed,
// without what is a machine's alone.
func TestANewMachineStartsFromTheLastAnswers(t *testing.T) {
	w := newWorld(t, nil)
	at := newClock()
	g := w.GuideAt(at.Now)
	if _, ok := g.Last(t.Context()); ok {
		t.Fatal("there is a last one before the first")
	}
	first, second := enginetest.Answers(), enginetest.Answers()
	first.Name, first.Type = "first", "t3.micro"
	second.Name, second.DiskGB, second.Mode, second.IdleStop = "second", 20, steps.ModeHTTP, steps.Never
	for _, a := range []steps.Answers{first, second} {
		at.Pass(time.Minute)
		if err := w.until(t.Context(), g, a, steps.StepLaunch); err != nil {
			t.Fatal(err)
		}
	}
	at.Pass(time.Minute)
	third := enginetest.Answers()
	third.Name, third.Type = "third", "m5.large"
	if _, err := g.Begin(t.Context(), third); err != nil { // and never launched
		t.Fatal(err)
	}
	is := func(what string, want steps.Answers) {
		t.Helper()
		got, ok := g.Last(t.Context())
		want.Name = ""
		if got.Type != want.Type || got.DiskGB != want.DiskGB || got.Mode != want.Mode || got.IdleStop != want.IdleStop || got.Name != "" || got.Key != want.Key || !ok {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	is("two there", second)
	setups, err := g.Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []steps.Setup{setups[0], setups[1], setups[2]} {
		if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
			t.Fatal(err)
		}
		is(s.Answers.Name+" removed", second)
	}
}
