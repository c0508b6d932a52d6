package cli

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// An image that was begun left the machine without a server: who looks at the
// machine hears of it, and what puts it back.
func TestAnImageThatWasBegunIsShown(t *testing.T) {
	s := lab("small", "aaaa", steps.ModeSSH)
	s.Saving = &steps.Saving{Name: "team"}
	found := steps.Surveyed{At: steps.Place{Profile: "other", Region: "eu-north-1"}, Machines: []steps.Machine{{Setup: s}}, Done: 1, Of: 1}
	e := made(stepstest.Has{Setups: []steps.Setup{s}, Survey: []steps.Surveyed{found}}, opens(&stepstest.Tunnel{Port: 8888}))
	ask := func(want int, in string, args ...string) *run {
		t.Helper()
		r := &run{engine: e, in: in, terminal: in != ""}
		if code := r.do(t.Context(), args...); code != want {
			t.Fatalf("%v: exit code %d: %s", args, code, r.err.String())
		}
		return r
	}
	r := ask(0, "", "status", "small")
	has(t, "status", r.out.String(), "image begun")
	has(t, "status", r.err.String(), "An image, team, was begun.", "the server is down", "jupyter-ec2 up --name small")
	r = ask(0, "", "ls")
	has(t, "ls", r.out.String(), "image begun")
	r = ask(0, "", "ls", "--cached")
	has(t, "ls --cached", r.out.String(), "image begun", "!running?")
	r = ask(0, "", "status", "small", "--json")
	if m := lines(t, r.out.String())[0]; m["state"] != "image begun" || m["image_begun"] != "team" {
		t.Errorf("%v", m)
	}
	r = ask(exitInterrupted, "n\n", "rm", "small")
	has(t, "rm", r.err.String(), "An image of it, team, was begun.", "jupyter-ec2 image ls")
}
