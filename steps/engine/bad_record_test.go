package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// A machine whose record is broken is this computer's all the same: it is shown
// with what is wrong, no sweep takes it for a leftover, and none is launched
// under its name, even where only its tags tell the name.
func TestTheMachineOfABadRecordIsKept(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	s := w.Only()
	if err := os.WriteFile(filepath.Join(w.Dir, "setups", s.ID+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m := w.surveyedAt(time.Now, s.ID); m.Bad == nil || m.Elsewhere || m.State != steps.StateRunning || m.Answers.Name != "jupyter" {
		t.Errorf("shown as %+v", m)
	}
	if err := w.Guide().Sweep(t.Context(), "", func(s steps.Swept) {
		if len(s.Leftovers) > 0 {
			t.Errorf("left over: %v", s.Leftovers)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); steps.Explain(err).Title != "A setup's record cannot be used" {
			t.Errorf("told as %v", err)
		}
		// Now nothing here tells the name.
		if err := errors.Join(os.RemoveAll(filepath.Join(w.Dir, "names", s.ID)), os.RemoveAll(filepath.Join(w.Dir, "keys"))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.Cloud.Instances()); n != 1 {
		t.Errorf("%d machines", n)
	}
	other := enginetest.Answers()
	other.Name = "other"
	if err := w.until(t.Context(), w.Guide(), other, steps.StepLaunch); err != nil {
		t.Errorf("another one: %v", err)
	}
}
