package machines

import "testing"

func TestTheMouseOnTheMachines(t *testing.T) {
	r := sevenRig(t)
	r.click("gpu-lab").click("half-done")
	if u := r.m.list.Current(); u.no != 4 {
		t.Errorf("machine %d is selected", u.no)
	}
	r.wheelUp("half-done")
	if u := r.m.list.Current(); u.no != 1 {
		t.Errorf("after the wheel machine %d is selected", u.no)
	}
	toRest(r)
	if !r.m.list.pane.Following() {
		t.Fatal("the log does not follow")
	}
	if r.wheelUp("Server log"); r.m.list.pane.Following() {
		t.Errorf("the wheel does not scroll the log:\n%s", r.screen())
	}
	r.click("Server log")
	if !r.m.list.full {
		t.Error("the log has not got the screen")
	}
}
