package ui

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// Esc is pressed by reflex, and so is Enter behind it: together they lead out
// of nothing and end nothing.
func TestEscNeverLeadsOut(t *testing.T) {
	t.Run("the list", func(t *testing.T) {
		r := fleetRig(t).press("esc")
		if r.m.dialog() != nil || r.m.quitting {
			t.Fatalf("Esc asks whether to leave, or leaves:\n%s", r.screen())
		}
		r.until("q quits").press("esc", "esc")
		if r.m.quitting || r.m.page != machines.ID {
			t.Errorf("quitting %v, page %s", r.m.quitting, r.m.page)
		}
	})
	t.Run("an empty list", func(t *testing.T) {
		r := toFleetReady(toProfiles(newRig(t, stepstest.New())).press("esc").until("There are no machines")).press("esc", "enter")
		if r.m.quitting {
			t.Error("Esc left the program")
		}
	})
	t.Run("work", func(t *testing.T) {
		r := fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"work s-4": make(chan struct{})} })
		r.press("4", "enter").untilAsked("work s-4").press("esc").until("Stop the work?").press("enter")
		if r.m.work.stopping || r.m.dialog() != nil {
			t.Errorf("stopping %v:\n%s", r.m.work.stopping, r.screen())
		}
	})
	t.Run("an operation", func(t *testing.T) {
		r := fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": make(chan struct{})} })
		r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?").press("enter")
		if !r.busy("s-1") || r.m.dialog() != nil {
			t.Errorf("the operation was ended:\n%s", r.screen())
		}
	})
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
		return fleetRig(t).press("4", "enter").until("Proof").press("esc").until("7 machines").settled()
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
		r := fleetRig(t, func(e *stepstest.Engine) {
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
