package machines

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A machine of which an image was begun has no server: the list says so, and
// Enter, which it names, puts the machine back even where a URL is known.
func TestEnterPutsAMachineBackAfterAnImage(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	begin := func(s *steps.Setup) {
		if s.ID == "s-1" {
			s.Saving = &steps.Saving{Name: "team"}
		}
	}
	for i := range e.Has.Setups {
		begin(&e.Has.Setups[i])
	}
	for _, s := range e.Has.Survey {
		for i := range s.Machines {
			begin(&s.Machines[i].Setup)
		}
	}
	r := newRig(t, e).until("17 enabled regions checked").size(140, 40).until("! image begun")
	r.untilTrue("the machine is selected", func() bool { return r.m.list.Current() != nil && r.m.list.Current().ID == "s-1" })
	r.until("An image, team, was begun").until("enter puts the machine back")
	r.m.list.Current().Opened = &steps.Opened{URL: "http://localhost:8888/?token=old"}
	r.press("enter")
	if !slices.Contains(r.m.asked, "resume s-1") {
		t.Errorf("asked: %q", r.m.asked)
	}
}
