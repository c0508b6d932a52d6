package machines

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestAJupyterHereUsesAGateway(t *testing.T) {
	r := sevenRig(t).press("2", "g").until("A Jupyter on this computer").press("enter").untilAsked("notebook s-2 lab").untilDone()
	r.until("localhost:8890").press("g").until("End the Jupyter").press("enter").until("has ended")
	if r.machine("s-2").notebook != nil {
		t.Error("it is kept after its end")
	}
}

// Without a gateway, what to do is read whole, also in a small terminal.
func TestWithoutAGatewayOneIsToldHowToHaveOne(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Has.Setups[1].Answers.Mode = steps.ModeSSH
		at := slices.IndexFunc(e.Has.Survey, func(s steps.Surveyed) bool { return s.At.Region == "us-west-2" })
		e.Has.Survey[at].Machines[0].Answers.Mode = steps.ModeSSH
	})
	r.press("1", "g")
	const want = "No setup is in gateway mode, to take kernels from: n makes one, m changes one."
	if r.m.notice != want || len(want) > 80-len(" ") {
		t.Errorf("said is %q", r.m.notice)
	}
}

// A notebook says whose kernels it uses.
func TestANotebookNamesItsGateway(t *testing.T) {
	r := sevenRig(t)
	r.machine("s-1").Answers.Gateway = "s-2"
	r.until("kernels run on gpu-lab")
}
