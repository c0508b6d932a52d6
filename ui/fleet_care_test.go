package ui

import (
	"os"
	"path/filepath"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A question about work, or an operation, goes when that has ended: its
// answers would mean something else.
func TestAQuestionGoesWithWhatItIsAbout(t *testing.T) {
	held := make(chan struct{})
	r := fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": held, "work s-4": held} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?")
	r.press("esc", "4", "enter").untilAsked("work s-4").press("esc").until("Stop the work?")
	close(held)
	r.until("Proof").settled()
	if r.m.dialog() != nil {
		t.Errorf("the question about the work is still there:\n%s", r.screen())
	}

	held = make(chan struct{})
	r = fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": held} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?")
	close(held)
	r.settled()
	if r.m.dialog() != nil {
		t.Errorf("the question about the operation is still there:\n%s", r.screen())
	}
}

// A person who has just made a machine comes back to it, not to the first.
func TestTheNewMachineIsSelected(t *testing.T) {
	r := fleetRig(t).press("3", "n")
	toOpen(r).press("esc").until("Your setups").settled()
	if u := r.m.machines.Current(); u == nil || u.ID != "s-1" || r.m.work.setup.ID != "s-1" {
		t.Errorf("selected is %+v; worked on was %s", u, r.m.work.setup.ID)
	}
}

// The list of files that are being copied is cleaned up while the connection
// is still there: what was half copied would stay on the machine.
func TestLeavingLetsACopyCleanUpFirst(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	ended := make(chan bool, 1)
	e.Link = func(string) *stepstest.Link {
		l := &stepstest.Link{Is: stepstest.Health(), Held: make(chan struct{})}
		l.CutOff = func() { ended <- l.IsClosed() }
		return l
	}
	file := filepath.Join(t.TempDir(), "big.bin")
	if err := os.WriteFile(file, []byte("much"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := toFleet(newRig(t, e))
	r.press("u").until("Upload to jupyter").press(file, "enter")
	r.until("uploading 25 %")
	r.press("q").until("Leave?").press("enter")
	r.m.letGo()
	if closed := <-ended; closed {
		t.Error("the link was closed before the copy had ended")
	}
}

// In the smallest terminal there is room for what is to be chosen.
func TestTheSmallestTerminalShowsTheChoice(t *testing.T) {
	r := newRig(t, stepstest.New())
	r.m.Update(tea.WindowSizeMsg{Width: minWidth, Height: minHeight})
	toProfiles(r).press("enter").until("▸ eu-central-1").press("enter").until("▸ t2.micro")
}

// Who leaves while a machine stops is not told that it goes on running for sure.
func TestLeavingWhileAMachineStops(t *testing.T) {
	r := fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": make(chan struct{})} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("q").until("not waited for")
}
