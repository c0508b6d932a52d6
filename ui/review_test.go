package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A key of the review changes what is on the screen: while the limits are
// scrolled out of sight, their keys bring them back and change nothing.
func TestKeysOfTheReviewChangeWhatIsSeen(t *testing.T) {
	for _, key := range []string{"i", "t"} {
		r := toReview(newRig(t, stepstest.New())).press("G")
		if strings.Contains(r.screen(), "Auto-stop") {
			t.Fatalf("the limits are still in sight:\n%s", r.screen())
		}
		before := r.m.guide.Answers
		r.press(key).until("after 60 minutes idle")
		if !r.m.guide.Answers.Equal(before) {
			t.Errorf("%s changed the limits out of sight: %s, %s", key, r.m.guide.Answers.IdleStop, r.m.guide.Answers.Lifetime)
		}
		if r.press(key); r.m.guide.Answers.Equal(before) {
			t.Errorf("%s does not change the limits in sight:\n%s", key, r.screen())
		}
		r = toReview(newRig(t, stepstest.New())).size(200, 60)
		if r.screen(); r.press(key).m.guide.Answers.Equal(before) {
			t.Errorf("%s does nothing where all of the review is in sight", key)
		}
	}
}

// What prevents the launch stands first, whatever else there is to read, and
// neither Enter nor the launch's own key launches.
func TestWhatPreventsTheLaunchComesFirst(t *testing.T) {
	e := stepstest.New()
	e.Has.Review.Problems = []problem.Problem{{Kind: problem.Refused, Title: "The vCPU quota is too small", Text: "g4dn.xlarge takes 4 vCPUs, and 0 of 0 are in use.", Next: problem.Say("Choose a smaller type.")}}
	e.Has.Review.Warnings = append(e.Has.Review.Warnings, "g4dn.xlarge has a GPU.", "A driver needs room.")
	r := toReview(newRig(t, e))
	shown := r.screen()
	first, costs := strings.Index(shown, "✗ The vCPU quota is too small"), strings.Index(shown, "Costs")
	if first < 0 || costs >= 0 && costs < first || strings.Contains(shown, "L launch") {
		t.Errorf("the problem is not what one sees first, or the launch is offered:\n%s", shown)
	}
	r.press("G", "L").until("prevents the launch").until("✗ The vCPU quota").press("G", "enter").until("✗ The vCPU quota")
	r.launchedNothing()
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

// The folder that comes along is asked for on the review, and reviewed.
func TestTheProjectOnTheReview(t *testing.T) {
	r := toReview(newRig(t, stepstest.New())).press("p").until("Your project")
	r.press("ctrl+u", "/", "enter").until("whole file system").press("ctrl+u", "/w/proj", "enter")
	r.untilTrue("it is reviewed", func() bool {
		all := r.e.Reviewed()
		return len(all) == 2 && all[1].Project == "/w/proj"
	})
	r.until("Auto-stop").press("p").until("Your project").press("ctrl+u", "enter")
	r.untilTrue("none is reviewed", func() bool {
		all := r.e.Reviewed()
		return len(all) == 3 && all[2].Project == ""
	})
}
