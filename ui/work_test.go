package ui

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

func TestOpeningGoesOnWithTheGuide(t *testing.T) {
	r := machinesRig(t).press("4", "enter").until("Proof").press("esc").until("7 machines")
	if got := r.e.Worked(); len(got) != 1 || got[0] != "s-4" {
		t.Errorf("worked on %v", got)
	}
	if r.machine("s-4").Opened == nil || r.e.Tunnels()[0].Closed() != 0 {
		t.Error("going back to the list closed the tunnel")
	}
	// Working on it once more replaces its tunnel: the new one wants the port.
	r.press("s").until("Stop half-done?").press("enter").untilDone().until("○ stopped").press("S").untilDone()
	r.untilTrue("it runs again", func() bool { u := r.machine("s-4"); return u.Up() && u.Opened != nil })
	if a, b := r.e.Tunnels()[0].Closed(), r.e.Tunnels()[1].Closed(); a != 1 || b != 0 {
		t.Errorf("closed: the old tunnel %d times, the new one %d times", a, b)
	}
}

func TestWorkFromTheListLeadsBackToIt(t *testing.T) {
	r := machinesRig(t, func(e *stepstest.Engine) { e.Fails("work", stepstest.SessionEnded{}) })
	r.press("4", "enter").until("r retry").press("r").until("r retry").until("back to your setups").press("esc").until("7 machines")
	if r.m.page != machines.ID {
		t.Errorf("page %s", r.m.page)
	}
}

// A question about work, or an operation, goes when that has ended: its
// answers would mean something else.
func TestAQuestionGoesWithWhatItIsAbout(t *testing.T) {
	held := make(chan struct{})
	r := machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": held, "work s-4": held} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?")
	r.press("esc", "4", "enter").untilAsked("work s-4").press("esc").until("Stop the work?")
	close(held)
	r.until("Proof").untilDone()
	if r.m.dialog() != nil {
		t.Errorf("the question about the work is still there:\n%s", r.screen())
	}

	held = make(chan struct{})
	r = machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": held} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?")
	close(held)
	r.untilDone()
	if r.m.dialog() != nil {
		t.Errorf("the question about the operation is still there:\n%s", r.screen())
	}
}

// A person who has just made a machine comes back to it, not to the first.
func TestTheNewMachineIsSelected(t *testing.T) {
	r := machinesRig(t).press("3", "n")
	toOpen(r).press("esc").until("Your setups").untilDone()
	if u := r.m.machines.Current(); u == nil || u.ID != "s-1" || r.m.work.setup.ID != "s-1" {
		t.Errorf("selected is %+v; worked on was %s", u, r.m.work.setup.ID)
	}
}

// The logs of the work are of the setup that it is done for; when it is done
// again, what it said before stays.
func TestTheLogsAreOfTheWorkShown(t *testing.T) {
	said := func(r *rig) string { return r.m.work.logs.Buf[0].String() + r.m.work.logs.Buf[1].String() }
	r := machinesRig(t).press("4", "enter").until("Proof").press("esc").until("7 machines")
	first := said(r)
	if first == "" {
		t.Fatal("the work said nothing")
	}
	r.e.Change(func() {
		r.e.Hold = map[string]chan struct{}{"work s-4": make(chan struct{}), "work s-3": make(chan struct{})}
	})
	r.run(r.m.Resume(r.machine("s-4").Setup))
	if r.until("esc stop"); said(r) != first {
		t.Errorf("the work on the same setup has forgotten what it said:\n%s", said(r))
	}
	r.m.Tasks.Stop(taskWork)
	r.run(r.m.Resume(r.machine("s-3").Setup))
	if got := said(r); got != "" {
		t.Errorf("the work on another setup shows:\n%s", got)
	}
	r.m.Tasks.Stop(taskWork)
	r.m.work.logs.Buf[0].Add("of s-3", false)
	if r.run(r.m.ShowOpened(r.machine("s-1").Setup, r.e.URLOf("s-1"))); said(r) != "" {
		t.Errorf("the URL of another setup has the logs\n%s", said(r))
	}
}

// Esc stops the work, and the keys say so.
func TestTheWorkNamesTheKeyThatStopsIt(t *testing.T) {
	e := stepstest.New()
	e.AskHostKey = true // so that the work waits
	r := toReview(newRig(t, e)).press("L").until("Is this the right machine?")
	if got := r.m.work.Keys().Hints(); len(got) == 0 || got[0] != (page.Hint{"esc", "stop"}) {
		t.Errorf("the keys of the work are %v", got)
	}
}
