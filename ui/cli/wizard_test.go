package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui"
)

func TestWizardEndSaysWhatIsLeft(t *testing.T) {
	setup := func(called, state string, sandbox bool) steps.Setup {
		return steps.Setup{ID: called, State: steps.State(state), Sandbox: sandbox, Answers: steps.Answers{Name: called}, Cost: steps.Cost{Known: true, Hour: 0.02, StoppedMonth: 0.76}}
	}
	half, unpriced := setup("half", "gone", false), setup("unpriced", "stopped", false)
	half.Resources.Removing, unpriced.Cost.Known = true, false
	var said strings.Builder
	p := &Program{Err: &said, Now: time.Now}
	p.farewell(ui.Outcome{
		Left:    []steps.Setup{setup("a", "running", false), setup("b", "stopped", false), unpriced, setup("c", "stopped", true), half},
		Cleared: []steps.Setup{setup("d", "gone", true)},
	})
	for _, want := range []string{
		"The machine of a keeps running. It costs $0.0200 an hour",
		"The machine of b is stopped; its disk costs $0.76 a month. Start it again: jupyter-ec2 start b\n",
		"The machine of unpriced is stopped; its disk still costs a little.",
		"The machine of c is stopped. Start it again: jupyter-ec2 start c --sandbox\n",
		"The removal of half is not finished. Finish it: jupyter-ec2 rm half\n",
		"d was removed: nothing of it is left.\n",
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, said.String())
		}
	}
	if n := strings.Count(said.String(), "keeps running"); n != 1 {
		t.Errorf("%d machines are said to run, want 1:\n%s", n, said.String())
	}
}
