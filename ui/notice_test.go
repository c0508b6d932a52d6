package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A notice stands where the keys do, so it goes with the page it is about, and
// a dialog shows its own keys.
func TestANoticeDoesNotOutliveItsPage(t *testing.T) {
	const said = "Enter alone never does"
	r := toReview(newRig(t, stepstest.New())).press("enter").until(said).press("L").until("Proof")
	if shown := r.screen(); strings.Contains(shown, said) || !strings.Contains(shown, "o open   c copy") {
		t.Errorf("the next page does not show its keys:\n%s", shown)
	}
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r = toMachines(newRig(t, e)).press("esc").until("q quits").press("q").until("Leave?")
	if shown := r.screen(); strings.Contains(shown, "q quits") || !strings.Contains(shown, "enter") {
		t.Errorf("the dialog does not show its keys:\n%s", shown)
	}
}

// A list without a machine is not drawn: letters after a slash are keys there.
func TestAnEmptyListHasNoFilter(t *testing.T) {
	r := toProfiles(newRig(t, stepstest.New())).press("esc").until("There are no machines").press("/", "n").until("Which profile?")
	if r.m.page != steps.StepAccount {
		t.Errorf("n leads to %s", r.m.page)
	}
}

// What a warning needs of a second line stands under its text.
func TestAWarningIsWrappedUnderItsText(t *testing.T) {
	e := stepstest.New()
	e.Has.Review.Warnings = []string{strings.Repeat("word ", 30) + "end."}
	r := toReview(newRig(t, e)).size(80, 24)
	_, after, found := strings.Cut(r.screen(), " ! word")
	lines := strings.SplitN(after, "\n", 3)
	if !found || len(lines) < 3 || !strings.HasPrefix(lines[1], "   word") {
		t.Errorf("the warning is drawn as\n%s", r.screen())
	}
}
