package machines

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
)

// The list has the words of ls, with a sign before them.
func TestTheStateOfARow(t *testing.T) {
	made := steps.Resources{InstanceID: "i-1"}
	for want, c := range map[string]struct {
		setup steps.Setup
		tone  table.Tone
	}{
		"! half removed":        {steps.Setup{State: steps.StateRunning, Resources: steps.Resources{Removing: true}}, table.Warned},
		"! running, bad record": {steps.Setup{State: steps.StateRunning, Bad: &problem.Problem{}}, table.Warned},
		"! running?":            {steps.Setup{State: steps.StateRunning, Resources: made, Unseen: "It broke"}, table.Warned},
		"! not seen":            {steps.Setup{Resources: made, Unseen: "It broke"}, table.Warned},
		"✗ terminated":          {steps.Setup{State: steps.StateTerminated, Resources: made}, table.Bad},
		"○ stopped":             {steps.Setup{State: steps.StateStopped, Resources: made}, table.Quiet},
		"● next: Launch":        {steps.Setup{State: steps.StateRunning, Resources: made}, table.Good},
		"not launched":          {steps.Setup{}, table.Plain},
		"stopping":              {steps.Setup{State: steps.StateStopping, Resources: made}, table.Plain},
		"? unknown":             {steps.Setup{Resources: made}, table.Quiet},
	} {
		u := &Member{Machine: steps.Machine{Setup: c.setup}}
		if got, tone := u.state(time.Now()); got != want || tone != c.tone {
			t.Errorf("%q, tone %v; want %q, tone %v", got, tone, want, c.tone)
		}
	}
}
