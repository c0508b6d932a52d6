package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// Esc is pressed by reflex, and so is Enter behind it: together they lead out
// of nothing and end nothing.
func TestEscNeverLeadsOut(t *testing.T) {
	t.Run("the list", func(t *testing.T) {
		r := machinesRig(t).press("esc")
		if r.m.dialog() != nil || r.m.quitting {
			t.Fatalf("Esc asks whether to leave, or leaves:\n%s", r.screen())
		}
		r.until("q quits").press("esc", "esc")
		if r.m.quitting || r.m.page != machines.ID {
			t.Errorf("quitting %v, page %s", r.m.quitting, r.m.page)
		}
	})
	t.Run("an empty list", func(t *testing.T) {
		r := untilAtRest(toProfiles(newRig(t, stepstest.New())).press("esc").until("There are no machines")).press("esc", "enter")
		if r.m.quitting {
			t.Error("Esc left the program")
		}
	})
	t.Run("work", func(t *testing.T) {
		r := machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"work s-4": make(chan struct{})} })
		r.press("4", "enter").untilAsked("work s-4").press("esc").until("Stop the work?").press("enter")
		if r.m.work.stopping || r.m.dialog() != nil {
			t.Errorf("stopping %v:\n%s", r.m.work.stopping, r.screen())
		}
	})
	t.Run("an operation", func(t *testing.T) {
		r := machinesRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"stop s-1": make(chan struct{})} })
		r.press("s").until("Stop jupyter?").press("enter").untilAsked("stop s-1").press("esc").until("End stopping?").press("enter")
		if !r.busy("s-1") || r.m.dialog() != nil {
			t.Errorf("the operation was ended:\n%s", r.screen())
		}
	})
}

// Every question can be turned down, and then nothing is asked of the engine.
func TestEscTurnsEveryQuestionDown(t *testing.T) {
	for _, key := range []string{"s", "r", "R", "m", "i", "u", "d", "x", "D", "W", "f", "?"} {
		r := machinesRig(t)
		before := len(r.e.Asked())
		r.press(key, "esc")
		r.untilTrue("nothing is open", func() bool { return r.m.dialog() == nil && !r.m.help })
		for _, a := range r.e.Asked()[before:] {
			if !strings.HasPrefix(a, "doctor") && !strings.HasPrefix(a, "sweep") {
				t.Errorf("%s and esc: %s", key, a)
			}
		}
		if r.m.quitting {
			t.Errorf("%s and esc leave the program", key)
		}
	}
}
