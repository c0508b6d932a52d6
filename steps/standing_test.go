package steps

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestStanding(t *testing.T) {
	finished := map[StepID]time.Time{StepOpen: time.Unix(1, 0)}
	made := Resources{InstanceID: "i-1"}
	for name, c := range map[string]struct {
		m    Machine
		want Standing
	}{
		"new":            {Machine{}, StandingNew},
		"bad":            {Machine{Setup: Setup{Bad: &problem.Problem{}, State: StateRunning}}, StandingBad},
		"half removed":   {Machine{Setup: Setup{Resources: Resources{Removing: true}, State: StateGone}}, StandingRemoving},
		"not asked yet":  {Machine{Setup: Setup{Resources: made}}, StandingPlain},
		"not seen":       {Machine{Setup: Setup{Resources: made, State: StateRunning, Unseen: "It broke"}}, StandingUnseen},
		"gone is gone":   {Machine{Setup: Setup{Resources: made, State: StateGone, Unseen: "It broke"}}, StandingPlain},
		"unfinished":     {Machine{Setup: Setup{Resources: made, State: StateRunning}}, StandingUnfinished},
		"finished":       {Machine{Setup: Setup{Resources: made, State: StateRunning, Done: finished}}, StandingPlain},
		"image begun":    {Machine{Setup: Setup{Resources: made, State: StateRunning, Done: finished, Saving: &Saving{Name: "lab"}}}, StandingImage},
		"image, stopped": {Machine{Setup: Setup{Resources: made, State: StateStopped, Done: finished, Saving: &Saving{Name: "lab"}}}, StandingPlain},
		"elsewhere":      {Machine{Elsewhere: true, Setup: Setup{Resources: made, State: StateRunning}}, StandingPlain},
	} {
		if got := c.m.Standing(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
