package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestTerminating(t *testing.T) {
	r := machinesRig(t)
	r.press("c").untilDone().press("x").until("all files on it are lost").press("jupyter", "enter").until("Removed.").press("enter").until("6 machines")
	if r.e.Removed()[0] != "s-1" || r.e.Tunnels()[0].Closed() != 1 {
		t.Errorf("removed %v, tunnel closed %d times", r.e.Removed(), r.e.Tunnels()[0].Closed())
	}
	// What is left of a machine that was terminated elsewhere goes the same way.
	r.press("down", "down", "down").until("its files are lost").press("x").until("Remove course?").press("course", "enter").until("Removed.")
	r.press("ctrl+s").until("jupyter-ec2-course-done.log")
	if said := r.m.remove.logs.Buf[0].String(); strings.Count(said, "Terminating") != 1 {
		t.Errorf("the log of the second removal is\n%s", said)
	}
}

// A machine that has something of a project alone is removed with it only where the
// person has typed that.
func TestTerminatingWithAProject(t *testing.T) {
	for _, discard := range []bool{false, true} {
		e := stepstest.New()
		stepstest.ManyMachines(e, 1)
		s := &e.Has.Setups[0]
		s.Project = &steps.Project{Dir: "/w/proj", Folder: "proj"}
		name := s.Answers.Name
		r := newRig(t, e).until(name).press("x").until("What is new in ~/proj there is brought back first")
		if discard {
			r.press(name, " discard", "enter")
		} else {
			r.press(name, "enter")
		}
		r.until("Removed.")
		if got := strings.Contains(strings.Join(e.Asked(), ";"), "discard "+s.ID); got != discard {
			t.Errorf("%v: asked %v", discard, e.Asked())
		}
	}
}
