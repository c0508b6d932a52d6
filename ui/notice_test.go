package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// A notice stands where the keys do, so it goes with the page it is about, and
// a dialog shows its own keys.
func TestANoticeDoesNotOutliveItsPage(t *testing.T) {
	const said = "Enter alone never does"
	r := toReview(newRig(t, stepstest.New())).press("enter").until(said).press("L").until("Proof")
	if shown := r.screen(); strings.Contains(shown, said) || !strings.Contains(shown, "o open in browser") {
		t.Errorf("the next page does not show its keys:\n%s", shown)
	}
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r = toFleet(newRig(t, e)).press("esc").until("q quits").press("q").until("Leave?")
	if shown := r.screen(); strings.Contains(shown, "q quits") || !strings.Contains(shown, "enter") {
		t.Errorf("the dialog does not show its keys:\n%s", shown)
	}
}

// Esc stops the work, and the keys say so.
func TestTheWorkNamesTheKeyThatStopsIt(t *testing.T) {
	e := stepstest.New()
	e.AskHostKey = true // so that the work waits
	r := toReview(newRig(t, e)).press("L").until("Is this the right machine?")
	if got := r.m.work.Keys().Hints(); len(got) == 0 || got[0] != (page.Hint{"esc", "stop"}) {
		t.Errorf("the keys of the work are %v", got)
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
