package machines

import (
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// Where nothing is left over, no key is offered that needs something.
func TestAnEmptySweepOffersNothingToMark(t *testing.T) {
	r := sevenRig(t).press("W").until("Nothing is left over")
	if shown := r.screen(); strings.Contains(shown, "space mark") || strings.Contains(shown, "remove the marked") || !strings.Contains(shown, "r check again") {
		t.Errorf("the keys are\n%s", shown)
	}
	if r.press("enter", "space", "a", "esc").m.dialog() != nil {
		t.Error("the dialog is still there")
	}
}

func TestTheSweepRemovesWhatIsMarked(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Has.Leftovers = stepstest.Leftovers() })
	r.press("W").until("leftovers")
	r.untilTrue("it has looked", func() bool { return !r.m.Tasks.Runs(taskSweep) })
	r.press("enter").until("Mark something with space first").press("space", "space", "enter")
	r.until("Remove what is marked?").until("1 machine of it is").press("enter") // Cancel is preselected
	if slices.ContainsFunc(r.e.Asked(), func(s string) bool { return strings.HasPrefix(s, "clear") }) {
		t.Fatal("it was removed without a yes")
	}
	r.until("Sweep").press("enter").until("Remove what is marked?").press("up", "enter").untilAsked("clear i-1,vol-1").until("What was marked is removed")
}
