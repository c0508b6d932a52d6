package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// letGo leaves as Run does, and waits for what a busy computer is slow to do.
func (r *rig) letGo() { r.m.letGo(await.Wait, await.Wait) }

func TestLeavingWithSeveralMachines(t *testing.T) {
	t.Run("leave", func(t *testing.T) {
		r := machinesRig(t).press("q").until("3 machines keep running").press("enter")
		if len(r.m.outcome.Left) != 4 || !r.m.quitting { // three run, one has its disk
			t.Errorf("quitting %v, left %d", r.m.quitting, len(r.m.outcome.Left))
		}
	})
	t.Run("stop", func(t *testing.T) {
		r := machinesRig(t).press("q").until("Leave?").press("down", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		asked := r.e.Asked()
		for _, w := range []string{"stop s-1", "stop s-2", "stop s-4"} {
			if !slices.Contains(asked, w) {
				t.Errorf("%s is missing in %v", w, asked)
			}
		}
		for _, s := range r.m.outcome.Left {
			if s.State != "stopped" {
				t.Errorf("%s is said to be %s", s.Answers.Name, s.State)
			}
		}
	})
	t.Run("one cannot be stopped", func(t *testing.T) {
		r := machinesRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"stop s-2": stepstest.SessionEnded{}} })
		r.press("q").until("Leave?").press("down", "enter").untilDone().until("! stopping failed")
		if r.m.quitting {
			t.Error("it left although a machine runs that was to be stopped")
		}
	})
	t.Run("one is being started", func(t *testing.T) {
		r := machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"work s-3": make(chan struct{})} })
		r.press("3", "S").untilAsked("work s-3")
		r.machine("s-3").State = "running"
		r.press("q").until("thesis is still starting").press("down", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		if !slices.Contains(r.e.Asked(), "stop s-3") {
			t.Errorf("asked for %v", r.e.Asked())
		}
	})
	t.Run("terminate", func(t *testing.T) {
		r := machinesRig(t).press("q").until("Leave?").press("down", "down", "enter").until("Terminate 3 machines?")
		r.press("terminate 2 machines", "enter").until("not the sentence")
		for range "2 machines" {
			r.press("backspace")
		}
		r.press("3 machines", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		slices.Sort(r.e.Removed())
		if got := strings.Join(r.e.Removed(), " "); got != "s-1 s-2 s-4" {
			t.Errorf("removed %s", got)
		}
	})
}

// What was being done with a machine may have removed it before it could be
// cut off: then nothing is left to do with it.
func TestLeavingWithAMachineThatIsRemovedMeanwhile(t *testing.T) {
	r := machinesRig(t)
	u := r.machine("s-1")
	removal := r.m.terminateForGood(u)
	r.m.departure = &departure{waiting: map[string]bool{u.ID: true}, then: map[string]func(*machines.Member) tea.Cmd{u.ID: r.m.terminateForGood}}
	r.run(removal)
	r.untilTrue("it leaves", func() bool { return r.m.quitting })
}

func TestATunnelOpenedWhileLeavingIsClosed(t *testing.T) {
	held := make(chan struct{})
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toMachines(newRig(t, e, func(o *Options) { o.Engine = lateReopen{e, held} })).press("c")
	r.untilTrue("it is opening", func() bool { return r.busy("s-1") })
	r.press("ctrl+c", "ctrl+c")
	close(held)
	r.letGo()
	if n := e.Tunnels()[0].Closed(); n != 1 {
		t.Errorf("the late tunnel was closed %d times", n)
	}
}

// lateReopen does not notice that it was cut off.
type lateReopen struct {
	*stepstest.Engine
	held chan struct{}
}

func (e lateReopen) Reopen(_ context.Context, id string) (*steps.Opened, error) {
	<-e.held
	return e.URLOf(id), nil
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
	r := toMachines(newRig(t, e))
	r.press("u").until("Upload to jupyter").press(file, "enter")
	r.until("uploading 25 %")
	r.press("q").until("Leave?").press("enter")
	r.letGo()
	if closed := <-ended; closed {
		t.Error("the link was closed before the copy had ended")
	}
}

// Who leaves while a machine stops is not told that it keeps running for sure.
func TestLeavingWhileAMachineStops(t *testing.T) {
	r := machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": make(chan struct{})} })
	r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("q").until("not waited for")
}

// A machine that was made here and that another program has removed is not
// said to run, neither when leaving nor afterwards.
func TestLeavingAfterAnotherProgramRemovedTheMachine(t *testing.T) {
	e := stepstest.New()
	r := toOpen(newRig(t, e))
	id := r.m.work.setup.ID
	e.Change(func() { e.Has.Setups, e.Has.Stamp = []steps.Setup{r.m.work.setup}, "1" })
	r.press("esc").until("Your setups").untilTrue("it is listed", func() bool { return r.machine(id) != nil })
	e.Change(func() { e.Has.Setups, e.Has.Stamp = nil, "2" })
	r.take(ticked{r.m.ticker, time.Now()})
	r.until("There are no machines").press("q")
	if !r.m.quitting || r.m.outcome.LeftRunning || len(r.m.outcome.Left) > 0 {
		t.Errorf("leaving, %v, with %+v:\n%s", r.m.quitting, r.m.outcome, r.screen())
	}
}

// What is said at the end is what is there then: also of the setup that was
// worked on last, after all machines were dealt with on leaving.
func TestTheOutcomeIsWhatIsThere(t *testing.T) {
	ids := func(list []steps.Setup, state string) (found []string) {
		for _, s := range list {
			if string(s.State) == state || state == "" {
				found = append(found, s.ID)
			}
		}
		slices.Sort(found)
		return found
	}
	worked := func(t *testing.T) *rig { // on one of the three that run
		// The list that comes back asks the regions, and what these say by hand is
		// older than what is done with the machines next.
		return untilAtRest(machinesRig(t).press("4", "enter").until("Proof").press("esc").until("7 machines").untilDone())
	}
	t.Run("terminate all", func(t *testing.T) {
		r := worked(t).press("q").until("Leave?").press("down", "down", "enter").until("Terminate 3 machines?").press("terminate 3 machines", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		o := r.m.outcome
		if got := ids(o.Left, ""); !slices.Equal(got, []string{"s-3"}) || o.LeftRunning {
			t.Errorf("left %v, running %v; want the stopped one alone", got, o.LeftRunning)
		}
		if got := ids(o.Cleared, ""); !slices.Equal(got, []string{"s-1", "s-2", "s-4"}) {
			t.Errorf("removed are %v", got)
		}
	})
	t.Run("stop all", func(t *testing.T) {
		r := worked(t).press("q").until("Leave?").press("down", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		if got := ids(r.m.outcome.Left, "stopped"); len(got) != 4 || len(r.m.outcome.Left) != 4 {
			t.Errorf("stopped are %v of %d", got, len(r.m.outcome.Left))
		}
	})
	t.Run("remove everything", func(t *testing.T) {
		r := toOpen(newRig(t, stepstest.New())).press("q").until("Leave?").press("down", "down", "enter").until("Remove jupyter?").press("jupyter", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		if o := r.m.outcome; len(o.Left) != 0 || len(o.Cleared) != 1 {
			t.Errorf("left %v, removed %v", o.Left, o.Cleared)
		}
	})
	t.Run("half removed", func(t *testing.T) {
		r := machinesRig(t, func(e *stepstest.Engine) {
			e.Has.Setups = e.Has.Setups[:1]
			e.Has.Setups[0].Resources.Removing, e.Has.Setups[0].State = true, "gone"
			e.Has.Survey = nil
		})
		r.press("q")
		if got := ids(r.m.outcome.Left, ""); !slices.Equal(got, []string{"s-1"}) {
			t.Errorf("left %v", got)
		}
	})
}
