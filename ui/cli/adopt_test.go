package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestAdopt(t *testing.T) {
	for want, code := range map[string]int{"far": 0, "cccc": 0, "i-cccc": 0, "small": exitUsage, "nothing": exitUsage, "twin": exitUsage, "t2": 0} {
		e := two()
		for i := range 2 { // the region answers twice
			e.Has.Survey[i].Machines[0].Answers.Name = "far"
		}
		for _, id := range []string{"t1", "t2"} {
			e.Has.Survey[0].Machines = append(e.Has.Survey[0].Machines, steps.Machine{Elsewhere: true, Setup: lab("twin", id, "")})
		}
		r := run{engine: e}
		if got := r.do(t.Context(), "adopt", want); got != code || strings.Contains(asked(e), "adopt") != (code == 0) {
			t.Errorf("%s: exit code %d, asked %s", want, got, asked(e))
		}
		switch want {
		case "far":
			has(t, want, r.out.String(), "far (i-cccc in eu-north-1) is in this computer's list now. Stop it: jupyter-ec2 stop far")
		case "small":
			has(t, want, r.err.String(), "already", "jupyter-ec2 status small")
		case "twin":
			has(t, want, r.err.String(), "2 machines: t1 (i-t1", "Give the ID")
		}
	}
}
