package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// lab is a setup whose machine runs; others differ by name, ID and mode.
func lab(name, id string, mode steps.Mode) steps.Setup {
	return steps.Setup{
		ID: id, State: "running", LocalPort: 8888, TunnelPort: 8888, PublicAddr: "ec2.example.org", ServerPort: 8888,
		Answers:    steps.Answers{Name: name, Profile: "other", Region: "eu-north-1", Type: "t3.micro", Mode: mode},
		Resources:  steps.Resources{InstanceID: "i-" + id},
		Done:       map[steps.StepID]time.Time{steps.StepOpen: time.Unix(0, 0)},
		Created:    time.Unix(0, 0).UTC(),
		LaunchedAt: time.Unix(0, 0), FirstStart: time.Unix(0, 0),
		Cost: steps.Cost{Known: true, Type: 0.01, Disk: 0.002, IPv4: 0.005, Hour: 0.017},
	}
}

// openedOf is a setup's URL, in ssh mode with a tunnel.
func openedOf(s steps.Setup) (*steps.Opened, *stepstest.Tunnel) {
	o := &steps.Opened{Setup: s, URL: "http://localhost:8888/?token=" + s.ID}
	if s.Answers.Mode != steps.ModeSSH {
		return o, nil
	}
	t := &stepstest.Tunnel{Port: 8888}
	o.Tunnel = t
	return o, t
}

func broken(kind problem.Kind) error {
	return &problemError{[]problem.Problem{{Kind: kind, Title: "It broke", Text: "Really.", Next: problem.Say("Mend it.")}}}
}

// has fails for each text that is not there, and for each with a ! that is.
func has(t *testing.T, what, in string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		text, not := strings.CutPrefix(text, "!")
		if strings.Contains(in, text) == not {
			t.Errorf("%s: %q is there: %v\n%s", what, text, not, in)
		}
	}
}

// last is the last JSON line.
func last(t *testing.T, s string) map[string]any {
	t.Helper()
	all := lines(t, s)
	return all[len(all)-1]
}
