package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
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

// Esc puts a failure away that has been read, and does not leave the program.
func TestEscPutsAFailureAway(t *testing.T) {
	r := fleetRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"stop": stepstest.SessionEnded{}} })
	r.press("s").until("Stop jupyter?").press("enter").until("! stopping failed").settled()
	r.press("esc")
	if u := r.member("s-1"); u.trouble != nil || r.m.dialog() != nil || strings.Contains(r.screen(), "! stopping failed") {
		t.Errorf("the failure is still there, or a question is:\n%s", r.screen())
	}
}

// A path of this computer may begin with ~, as in a shell.
func TestCopyingFromTheHomeFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	r := fleetRig(t)
	r.press("u").until("Upload to jupyter").press("~/a.csv", "enter").untilAsked("put s-1 -r " + filepath.Join(home, "a.csv") + " a.csv").settled()
	r.press("d").until("Download from").press("~/b.csv", "down", "~/here.csv", "enter").untilAsked("get s-1 -r ~/b.csv " + filepath.Join(home, "here.csv")).settled()
}

// The server of a machine that was stopped answers nowhere.
func TestAStoppedMachineHasNoURL(t *testing.T) {
	r := fleetRig(t).press("2", "c").untilAsked("reopen s-2").settled()
	if r.member("s-2").url() == "" {
		t.Fatal("an open machine has no URL")
	}
	r.press("s").until("Running kernels end").press("enter").settled()
	r.untilTrue("it is stopped", func() bool { return r.member("s-2").State == "stopped" })
	if url := r.member("s-2").url(); url != "" {
		t.Errorf("a stopped machine has the URL %s", url)
	}
}

// A person who has just made a machine comes back to it, not to the first.
func TestTheNewMachineIsSelected(t *testing.T) {
	r := fleetRig(t).press("3", "n")
	toOpen(r).press("esc").until("Your setups").settled()
	if u := r.m.fleet.current(); u == nil || u.ID != "s-1" || r.m.work.setup.ID != "s-1" {
		t.Errorf("selected is %+v; worked on was %s", u, r.m.work.setup.ID)
	}
}

// The doctor's cursor is on what is to be mended, unless the person has moved it.
func TestTheDoctorPointsAtTheFirstProblem(t *testing.T) {
	checks := []steps.Check{
		{ID: "a", Title: "Credentials", State: steps.CheckOK},
		{ID: "b", Title: "Key file", State: steps.CheckBad, Text: "Others can read it.", Fix: "make it yours"},
	}
	r := fleetRig(t, func(e *stepstest.Engine) { e.Has.Checks = checks })
	r.press("D").until("problem found").press("enter").untilAsked("fix s-1 b").settled()
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
	r.untilTrue("it copies", func() bool { u := r.member("s-1"); return u.op != nil && u.op.copying.progress.Bytes > 0 })
	r.press("q").until("Leave?").press("enter")
	r.m.letGo()
	if closed := <-ended; closed {
		t.Error("the link was closed before the copy had ended")
	}
}

// A shell that was asked for too early opens when the connection is there.
// What is typed meanwhile does nothing to the machines.
func TestTheShellWaitsForTheConnection(t *testing.T) {
	held := make(chan struct{})
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Hold = map[string]chan struct{}{"connect s-1": held}
	r := newRig(t, e).until("Your setups").until(" 1 ")
	r.press("e").until("Connecting to jupyter …").press("s", "x", "enter", "q")
	if d, ok := r.m.dialog().(*waitDialog); !ok || len(r.m.dialogs) != 1 {
		t.Fatalf("%d dialogs, on top %T:\n%s", len(r.m.dialogs), d, r.screen())
	}
	shells := 0
	r.m.dialog().(*waitDialog).then = func(*member) tea.Cmd { shells++; return nil }
	close(held)
	r.untilTrue("it goes on", func() bool { return shells == 1 && r.m.dialog() == nil })

	r = fleetRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"connect": stepstest.SessionEnded{}} })
	r.press("u").until("jupyter: ")
	if r.m.dialog() != nil {
		t.Errorf("it is still waited for:\n%s", r.screen())
	}
}

// A notebook says whose kernels it uses.
func TestANotebookNamesItsGateway(t *testing.T) {
	r := fleetRig(t)
	r.member("s-1").Answers.Gateway = "s-2"
	r.until("kernels run on gpu-lab")
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

// A list of checks that is longer than its window says so.
func TestTheDoctorSaysThatThereIsMore(t *testing.T) {
	r := fleetRig(t, func(e *stepstest.Engine) {
		e.Has.Checks = nil
		for i := range 30 {
			e.Has.Checks = append(e.Has.Checks, steps.Check{ID: fmt.Sprint(i), Title: fmt.Sprintf("Check %d", i), State: steps.CheckOK, Text: "fine"})
		}
	}).size(80, 24).press("D").until("Nothing is wrong").until("↓ ")
	r.press("G").until("Check 29").until("↑ ")
}
