package machines

import (
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Where nothing is left over, no key is offered that needs something.
func TestAnEmptySweepOffersNothingToMark(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Has.Leftovers = []steps.Swept{{At: steps.Place{Region: "us-east-1"}}}
	}).press("W").until(theme.SignDone + " Nothing is left over")
	if shown := r.screen(); strings.Contains(shown, "space mark") || strings.Contains(shown, "remove the marked") || !strings.Contains(shown, "r check again") {
		t.Errorf("the keys are\n%s", shown)
	}
	if r.press("enter", "space", "a", "esc").m.dialog() != nil {
		t.Error("the dialog is still there")
	}
}

// Nothing is said to be left over only where somebody said so.
func TestASweepWithoutAnAnswerSaysThatNothingIsKnown(t *testing.T) {
	no := steps.Swept{At: steps.Place{Profile: "default"}, Err: stepstest.SessionEnded{}}
	untold := steps.Swept{At: steps.Place{Profile: "default", Region: "us-east-1"}, Silent: true}
	for _, c := range []struct {
		answers []steps.Swept
		want    string
	}{
		{[]steps.Swept{no}, "Nobody answered: what is left over is not known"},
		{[]steps.Swept{untold, no}, "Nobody answered: what is left over is not known"},
		{[]steps.Swept{{At: steps.Place{Region: "eu-west-1"}}, no}, "Nothing is left over where there was an answer."},
	} {
		r := sevenRig(t, func(e *stepstest.Engine) { e.Has.Leftovers = c.answers }).press("W").until(c.want)
		if shown := r.screen(); strings.Contains(shown, theme.SignDone+" Nothing is left over") || !strings.Contains(shown, "profile default did not answer") {
			t.Errorf("with %+v:\n%s", c.answers, shown)
		}
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
