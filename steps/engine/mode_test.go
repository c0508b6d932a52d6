package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// What was only asked for is no state: a change that is refused is not written
// down, one that was cut off is wanted, and the answers in effect are those that
// the server runs with.
func TestAModeIsInEffectOnceTheServerRunsSo(t *testing.T) {
	w, g, s := launchedSetup(t)
	s.ServerPort = steps.ServerPort
	s.Done[steps.StepServe], s.Done[steps.StepOpen] = time.Now(), time.Now()
	if err := engine.Save(g, s); err != nil {
		t.Fatal(err)
	}
	modes := func(what string, now, wanted steps.Mode) {
		t.Helper()
		if got := w.Only(); got.Answers.Mode != now || got.Wanted().Mode != wanted {
			t.Errorf("%s: in effect is %s, wanted %s", what, got.Answers.Mode, got.Wanted().Mode)
		}
	}
	if _, err := g.SetMode(t.Context(), s.ID, steps.ModeHTTP, false); err != nil {
		t.Fatal(err)
	}
	modes("asked for", steps.ModeSSH, steps.ModeHTTP)
	// The machine is made to follow, as far as this host without Jupyter lets it.
	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.Guide().Work(ctx, s.ID, func(e steps.Event) {
		if e.Step == steps.StepConnect && e.Kind == steps.Finished {
			cancel()
		}
	})
	if err == nil {
		t.Fatal("it went on to the end")
	}
	modes("cut off", steps.ModeSSH, steps.ModeHTTP)
	if rules, err := w.Region().GroupRules(t.Context(), s.Resources.GroupID); err != nil || len(rules) != 2 {
		t.Errorf("the group does not follow: %v, %v", rules, err)
	}
	if _, err := g.SetMode(t.Context(), s.ID, steps.ModeSSH, false); err != nil {
		t.Fatal(err)
	}
	modes("taken back", steps.ModeSSH, steps.ModeSSH)

	other := w.Only()
	other.AccountNumber = "999999999999"
	if err := engine.Save(g, other); err != nil {
		t.Fatal(err)
	}
	a := enginetest.Answers()
	a.Mode = steps.ModeGateway
	_, set := w.Guide().SetMode(t.Context(), s.ID, steps.ModeHTTP, false)
	_, limits := w.Guide().SetLimits(t.Context(), s.ID, steps.Never, 0)
	_, begun := w.Guide().Begin(t.Context(), a)
	for what, err := range map[string]error{"mode": set, "limits": limits, "begin": begun} {
		if title(err) != "The profile leads to another account" {
			t.Errorf("%s: %v", what, err)
		}
	}
	modes("refused", steps.ModeSSH, steps.ModeSSH)
	if got := w.Only().Wanted().IdleStop; got != 0 {
		t.Errorf("the idle stop is %v", got)
	}
}
