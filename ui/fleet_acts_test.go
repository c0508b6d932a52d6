package ui

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// Every question can be turned down, and then nothing is asked of the engine.
func TestEscTurnsEveryQuestionDown(t *testing.T) {
	for _, key := range []string{"s", "r", "R", "m", "i", "u", "d", "x", "D", "W", "f", "?"} {
		r := fleetRig(t)
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

func TestOpenAndCopy(t *testing.T) {
	var opened atomic.Int32
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toFleet(newRig(t, e, func(o *Options) { o.Open = func(string) error { opened.Add(1); return nil } }))
	r.press("o").until("Opened in the browser").until("tunnel up").press("o", "c").until("Copied the URL")
	r.untilTrue("it was opened twice", func() bool { return opened.Load() == 2 })
	r.press("2", "c").untilAsked("reopen s-2").settled()
	r.press("1").until("tunnel up")
	if got := slices.DeleteFunc(e.Asked(), func(s string) bool { return !strings.HasPrefix(s, "reopen") }); len(got) != 2 {
		t.Errorf("asked for %v: an open URL is opened again", got)
	}
	for _, tunnel := range e.Tunnels() {
		if tunnel.Closed() != 0 {
			t.Errorf("switching closed the tunnel of %s", tunnel.ID)
		}
	}
	r.press("q").until("Leave?").press("enter")
	r.m.letGo()
	for _, tunnel := range e.Tunnels() {
		if n := tunnel.Closed(); n != 1 {
			t.Errorf("the tunnel of %s was closed %d times on leaving", tunnel.ID, n)
		}
	}
	for _, l := range e.Links() {
		if !l.IsClosed() {
			t.Errorf("the link to %s is open after leaving", l.ID)
		}
	}
}

func TestOpeningGoesOnWithTheGuide(t *testing.T) {
	r := fleetRig(t).press("4", "enter").until("Proof").press("esc").until("7 machines")
	if got := r.e.Worked(); len(got) != 1 || got[0] != "s-4" {
		t.Errorf("worked on %v", got)
	}
	if r.machine("s-4").Opened == nil || r.e.Tunnels()[0].Closed() != 0 {
		t.Error("going back to the list closed the tunnel")
	}
	// Working on it once more replaces its tunnel: the new one wants the port.
	r.press("s").until("Stop half-done?").press("enter").settled().until("○ stopped").press("S").settled()
	r.untilTrue("it runs again", func() bool { u := r.machine("s-4"); return u.Up() && u.Opened != nil })
	if a, b := r.e.Tunnels()[0].Closed(), r.e.Tunnels()[1].Closed(); a != 1 || b != 0 {
		t.Errorf("closed: the old tunnel %d times, the new one %d times", a, b)
	}
}

func TestTerminating(t *testing.T) {
	r := fleetRig(t)
	r.press("c").settled().press("x").until("all files on it are lost").press("jupyter", "enter").until("Removed.").press("enter").until("6 machines")
	if r.e.Removed()[0] != "s-1" || r.e.Tunnels()[0].Closed() != 1 {
		t.Errorf("removed %v, tunnel closed %d times", r.e.Removed(), r.e.Tunnels()[0].Closed())
	}
	// What is left of a machine that was terminated elsewhere goes the same way.
	r.press("down", "down", "down").until("its files are lost").press("x").until("Remove course?").press("course", "enter").until("Removed.")
}

func TestLeavingWithSeveralMachines(t *testing.T) {
	t.Run("leave", func(t *testing.T) {
		r := fleetRig(t).press("q").until("3 machines keep running").press("enter")
		if len(r.m.outcome.Left) != 4 || !r.m.quitting { // three run, one has its disk
			t.Errorf("quitting %v, left %d", r.m.quitting, len(r.m.outcome.Left))
		}
	})
	t.Run("stop", func(t *testing.T) {
		r := fleetRig(t).press("q").until("Leave?").press("down", "enter")
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
		r := fleetRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"stop s-2": stepstest.SessionEnded{}} })
		r.press("q").until("Leave?").press("down", "enter").settled().until("! stopping failed")
		if r.m.quitting {
			t.Error("it left although a machine runs that was to be stopped")
		}
	})
	t.Run("one is being started", func(t *testing.T) {
		r := fleetRig(t, func(e *stepstest.Engine) { e.Hold = map[string]chan struct{}{"work s-3": make(chan struct{})} })
		r.press("3", "S").untilAsked("work s-3")
		r.machine("s-3").State = "running"
		r.press("q").until("thesis is still starting").press("down", "enter")
		r.untilTrue("it quits", func() bool { return r.m.quitting })
		if !slices.Contains(r.e.Asked(), "stop s-3") {
			t.Errorf("asked for %v", r.e.Asked())
		}
	})
	t.Run("terminate", func(t *testing.T) {
		r := fleetRig(t).press("q").until("Leave?").press("down", "down", "enter").until("Terminate 3 machines?")
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
	r := fleetRig(t)
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
	r := toFleet(newRig(t, e, func(o *Options) { o.Engine = lateReopen{e, held} })).press("c")
	r.untilTrue("it is opening", func() bool { return r.busy("s-1") })
	r.press("ctrl+c", "ctrl+c")
	close(held)
	r.m.letGo()
	if n := e.Tunnels()[0].Closed(); n != 1 {
		t.Errorf("the late tunnel was closed %d times", n)
	}
}

func TestReviewLimits(t *testing.T) {
	r := toReview(newRig(t, stepstest.New())).until("after 60 minutes idle").until("12 hours after start")
	r.press("i", "i").until("not when idle").press("t").until("24 hours after start")
	r.press("L").until("Proof")
	if a := r.m.guide.Answers; a.IdleStop != steps.Never || a.Lifetime.String() != "24h" {
		t.Errorf("limits %s, %s", a.IdleStop, a.Lifetime)
	}
	if len(r.e.Reviewed()) != 1 {
		t.Errorf("reviewed %d times: the limits change nothing of what AWS is asked", len(r.e.Reviewed()))
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

func TestWorkFromTheListLeadsBackToIt(t *testing.T) {
	r := fleetRig(t, func(e *stepstest.Engine) { e.Fails("work", stepstest.SessionEnded{}) })
	r.press("4", "enter").until("r retry").press("r").until("r retry").until("back to your setups").press("esc").until("7 machines")
	if r.m.page != machines.ID {
		t.Errorf("page %s", r.m.page)
	}
}

// Every part of the list follows the terminal's background.
func TestTheListHasTheTerminalsColours(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toFleet(newRig(t, e, func(o *Options) { o.Env = nil })).size(140, 40)
	const darkAccent, darkSubtle = "255;159;69", "156;160;166"
	dark := r.m.View().Content
	r.take(tea.BackgroundColorMsg{Color: white{}})
	light := r.m.View().Content
	for _, c := range []string{darkAccent, darkSubtle} {
		if !strings.Contains(dark, c) || strings.Contains(light, c) {
			t.Errorf("colour %s: in the dark %v, in the light %v", c, strings.Contains(dark, c), strings.Contains(light, c))
		}
	}
	if plain := fleetRig(t).m.View().Content; strings.Contains(plain, "38;") || strings.Contains(plain, "48;") {
		t.Error("NO_COLOR gets colours")
	}
}
