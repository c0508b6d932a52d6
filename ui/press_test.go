package ui

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// hold keeps Enter down for so long: a keyboard repeats it every 30 ms, after
// half a second. Whatever a press leads to has come before the next.
func (r *rig) hold(now *time.Time, long time.Duration) *rig {
	r.t.Helper()
	for held := time.Duration(0); held < long; held += 30 * time.Millisecond {
		r.press("enter")
		r.untilTrue("nothing is under way", func() bool { return !r.m.Tasks.Working() })
		if held == 0 {
			held = 470 * time.Millisecond
		}
		*now = now.Add(30 * time.Millisecond)
	}
	return r
}

func (r *rig) launchedNothing() {
	r.t.Helper()
	if len(r.e.Begun()) > 0 || len(r.e.Worked()) > 0 {
		r.t.Errorf("Enter launched: begun %+v, worked on %v", r.e.Begun(), r.e.Worked())
	}
}

// Whoever presses a key may have mended what gives credentials: it is run again.
// The list that is made up to date meanwhile runs nothing again.
func TestAKeyHasFailedCredentialsTriedAgain(t *testing.T) {
	r := newRig(t, stepstest.New())
	r.untilTrue("nothing is under way", func() bool { return !r.m.Tasks.Working() })
	if n := r.e.Forgot(); n != 0 {
		t.Errorf("without a key, forgotten %d times", n)
	}
	if r.press("f5"); r.e.Forgot() != 1 {
		t.Errorf("after a key, forgotten %d times", r.e.Forgot())
	}
}

// Enter leads through the questions, held or pressed by reflex, and no further
// than to the review.
func TestAHeldEnterLaunchesNothing(t *testing.T) {
	now := stepstest.Now()
	held := func() *rig {
		now = stepstest.Now()
		return toProfiles(newRig(t, stepstest.New(), ahead(&now))).hold(&now, 10*time.Second)
	}
	r := held()
	r.launchedNothing()
	if r.m.page != steps.StepReview {
		t.Fatalf("it came to %s", r.m.page)
	}
	for name, back := range map[string]func(){
		"changed answer": func() { r.press("2").until("0.0134").press("j") },
		"another region": func() { r.press("1").until("Frankfurt").press("j") },
		"one page back":  func() { r.press("esc").until("Installer") },
		"help":           func() { r.press("?") },
		"after a minute": func() { now = now.Add(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			r = held()
			r.t = t
			back()
			r.hold(&now, 3*time.Second)
			for range 8 {
				r.press("enter")
				now = now.Add(30 * time.Millisecond)
			}
			r.launchedNothing()
		})
	}
	r = held()
	r.until("L launches").press("L").until("Proof")
	if len(r.e.Begun()) != 1 {
		t.Errorf("begun %+v", r.e.Begun())
	}
}

// In the list Enter starts and launches nothing either: that is asked first,
// and the safe answer is chosen.
func TestAHeldEnterStartsNothing(t *testing.T) {
	for id, asks := range map[string]string{"s-3": "Start thesis?", "s-5": "Launch course again?", "s-8": "Launch unborn?"} {
		t.Run(asks, func(t *testing.T) {
			now := stepstest.Now()
			e := newFakeEngineWith(stepstest.SevenMachines)
			s := e.Has.Setups[0]
			s.ID, s.Answers.Name, s.State, s.Done, s.Resources = "s-8", "unborn", "", nil, steps.Resources{}
			e.Has.Setups = append(e.Has.Setups, s)
			r := newRig(t, e, ahead(&now))
			untilAtRest(r.until("unborn"))
			r.m.machines.Select(id)
			r.press("enter").until(asks).hold(&now, 5*time.Second)
			r.launchedNothing()
		})
	}
}

// A held Enter opens one browser, and mends one thing.
func TestAHeldEnterDoesOneThing(t *testing.T) {
	now := stepstest.Now()
	var opened atomic.Int32
	r := newRig(t, stepstest.New(), ahead(&now), func(o *Options) { o.Open = func(string) error { opened.Add(1); return nil } })
	toReview(r).press("L").until("Proof")
	r.press("enter").until("Opened in the browser").hold(&now, 3*time.Second)
	if n := opened.Load(); n > 2 { // the one that was let go of, and the one that is held
		t.Errorf("%d browsers were opened", n)
	}

	e := newFakeEngineWith(stepstest.SevenMachines)
	e.Has.Checks = stepstest.Checks()
	r = toMachines(newRig(t, e, ahead(&now))).press("D").until("1 problem found")
	r.hold(&now, 3*time.Second)
	if did := strings.Join(e.Asked(), "\n"); strings.Count(did, "fix ") != 1 {
		t.Errorf("more or less than one thing was mended:\n%s", did)
	}
}
