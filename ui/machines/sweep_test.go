package machines

import (
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

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
