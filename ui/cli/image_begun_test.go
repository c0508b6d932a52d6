package cli

import (
	"strings"
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

// The same command again finishes what was begun, as it was agreed to; nothing
// is reviewed on a machine from which things were put aside.
func TestAnImageThatWasBegunIsFinished(t *testing.T) {
	for _, c := range []struct {
		args, in string
		code     int
		asked    string
	}{
		{"--name team --yes", "", 0, "image aaaa team /home/ubuntu/.aws"},
		{"--yes", "", 0, "image aaaa team /home/ubuntu/.aws"},
		{"", "y\n", 0, "image aaaa team /home/ubuntu/.aws"},
		{"", "n\n", exitInterrupted, ""},
		{"--name other --yes", "", exitUsage, ""},
		{"--dry-run", "", exitUsage, ""},
	} {
		r := run{engine: imaging(), in: c.in, terminal: c.in != ""}
		r.engine.Change(func() {
			r.engine.Has.Setups[0].Saving = &steps.Saving{Name: "team", LeaveOut: []string{"/home/ubuntu/.aws"}}
		})
		code := r.do(t.Context(), append([]string{"image", "save", "small"}, strings.Fields(c.args)...)...)
		got := asked(r.engine)
		if code != c.code || strings.Contains(got, "contents") || !strings.Contains(got, c.asked) || c.asked == "" && strings.Contains(got, "image aaaa") {
			t.Errorf("%s: exit code %d, asked %q: %s", c.args, code, got, r.err.String())
		}
		if c.code == exitUsage {
			has(t, c.args, r.err.String(), "image save small --name team", "jupyter-ec2 up --name small")
		}
	}
}

// A name that is taken is refused before the machine is asked for anything. One
// that EC2 is making of this machine is waited for.
func TestTheNameOfAnImageIsTaken(t *testing.T) {
	r := run{engine: imaging()}
	code := r.do(t.Context(), "image", "save", "small", "--name", "team", "--yes")
	if got := asked(r.engine); code != exitUsage || strings.Contains(got, "contents") || strings.Contains(got, "image aaaa") {
		t.Errorf("exit code %d, asked %q", code, got)
	}
	has(t, "taken", r.err.String(), "There is an image of this name")

	r = run{engine: imaging()}
	r.engine.Change(func() { r.engine.Has.Images[1].SetupID = "aaaa" })
	code = r.do(t.Context(), "image", "save", "small", "--name", "new", "--yes")
	if got := asked(r.engine); code != 0 || strings.Contains(got, "contents") || !strings.Contains(got, "image aaaa new") {
		t.Errorf("exit code %d, asked %q: %s", code, got, r.err.String())
	}
}
