package machines

import "testing"

func TestAJupyterHereUsesAGateway(t *testing.T) {
	r := sevenRig(t).press("2", "g").until("A Jupyter on this computer").press("enter").untilAsked("notebook s-2").untilDone()
	r.until("localhost:8890").press("g").until("End the Jupyter").press("enter").until("has ended")
	if r.machine("s-2").notebook != nil {
		t.Error("it is kept after its end")
	}
}

// A notebook says whose kernels it uses.
func TestANotebookNamesItsGateway(t *testing.T) {
	r := sevenRig(t)
	r.machine("s-1").Answers.Gateway = "s-2"
	r.until("kernels run on gpu-lab")
}
