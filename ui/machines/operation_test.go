package machines

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestMachinesAreWorkedOnAtTheSameTime(t *testing.T) {
	stop, start := make(chan struct{}), make(chan struct{})
	r := sevenRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": stop, "work s-3": start} })
	r.press("s").until("Stop jupyter?").press("enter").until("stopping …")
	r.press("3", "S").until("starting …").untilAsked("work s-3")
	if !strings.Contains(r.screen(), "stopping …") {
		t.Errorf("the first operation is not shown any more:\n%s", r.screen())
	}
	r.press("1", "s").until("is still stopping")
	close(start)
	r.untilTrue("the second has ended", func() bool { return r.machine("s-3").op == nil })
	if r.machine("s-1").op == nil {
		t.Error("the first has ended, too")
	}
	close(stop)
	r.untilDone()
	r.untilTrue("the states have followed", func() bool { return r.machine("s-1").State == "stopped" && r.machine("s-3").Up() })
}

func TestAnOperationCanBeEnded(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": make(chan struct{})} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?").press("up", "enter").untilDone()
	r.until("ended before it was finished")
	if r.machine("s-1").trouble != nil {
		t.Error("what the person ended counts as a failure")
	}
}

func TestAFailureIsKeptWithItsMachine(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"stop": stepstest.SessionEnded{}} })
	r.press("s").until("Stop jupyter?").press("enter").until("→ Run").press("2")
	r.untilTrue("its row tells", func() bool { return strings.Contains(r.screen(), "! stopping failed") })
	r.press("1", "f").until("Session token not found").press("esc")
	r.e.Change(func() { r.e.Fail = nil })
	r.press("s").until("Stop jupyter?").press("enter").untilDone().until("○ stopped")
	if strings.Contains(r.screen(), "failed:") && r.machine("s-1").trouble != nil {
		t.Errorf("the failure stays after a success:\n%s", r.screen())
	}
}

// Esc puts a failure away that has been read, and does not leave the program.
func TestEscPutsAFailureAway(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"stop": stepstest.SessionEnded{}} })
	r.press("s").until("Stop jupyter?").press("enter").until("! stopping failed").untilDone()
	r.press("esc")
	if u := r.machine("s-1"); u.trouble != nil || r.m.dialog() != nil || strings.Contains(r.screen(), "! stopping failed") {
		t.Errorf("the failure is still there, or a question is:\n%s", r.screen())
	}
}

// The server of a machine that was stopped answers nowhere.
func TestAStoppedMachineHasNoURL(t *testing.T) {
	r := sevenRig(t).press("2", "c").untilAsked("reopen s-2").untilDone()
	if r.machine("s-2").url() == "" {
		t.Fatal("an open machine has no URL")
	}
	r.press("s").until("Running kernels end").press("enter").untilDone()
	r.untilTrue("it is stopped", func() bool { return r.machine("s-2").State == "stopped" })
	if url := r.machine("s-2").url(); url != "" {
		t.Errorf("a stopped machine has the URL %s", url)
	}
}

// The engine tells a failure as it happens, and the operation's end with its
// title: once is enough.
func TestALogTellsAFailureOnce(t *testing.T) {
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Framed, e.Fail = true, map[string]error{"stop": stepstest.SessionEnded{}}
	})
	r.press("s").until("Stop jupyter?").press("enter").until("! stopping failed").untilDone()
	if text := r.machine("s-1").buffer(doneLog).String(); strings.Count(text, "failed:") != 1 {
		t.Errorf("the log:\n%s", text)
	}
}
