package machines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestTheDoctorMends(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Has.Checks = stepstest.Checks() })
	r.press("D").until("1 problem found").press("home", "enter") // nothing to mend at the first line
	r.press("down", "down", "enter").untilAsked("fix s-1 group").untilDone()
	r.untilTrue("it checks again", func() bool { return strings.Count(strings.Join(r.e.Asked(), ","), "doctor /s-1") == 2 })
	r.until("1 problem found").press("esc").until("7 machines")
}

// The doctor's cursor is on what is to be mended, unless the person has moved it.
func TestTheDoctorPointsAtTheFirstProblem(t *testing.T) {
	checks := []steps.Check{
		{ID: "a", Title: "Credentials", State: steps.CheckOK},
		{ID: "b", Title: "Key file", State: steps.CheckBad, Text: "Others can read it.", Fix: "make it yours"},
	}
	r := sevenRig(t, func(e *stepstest.Engine) { e.Has.Checks = checks })
	r.press("D").until("problem found").press("enter").untilAsked("fix s-1 b").untilDone()
}

// A list of checks that is longer than its window says so.
func TestTheDoctorSaysThatThereIsMore(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Has.Checks = nil
		for i := range 30 {
			e.Has.Checks = append(e.Has.Checks, steps.Check{ID: fmt.Sprint(i), Title: fmt.Sprintf("Check %d", i), State: steps.CheckOK, Text: "fine"})
		}
	}).size(80, 24).press("D").until("Nothing is wrong").until("↓ ")
	r.press("G").until("Check 29").until("↑ ")
}
