package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// littered is an engine that finds the leftovers of two setups, one of which
// has a running instance.
func littered() *stepstest.Engine {
	at := steps.Place{Profile: "default", Region: "us-east-1"}
	thing := func(kind, id, setup string, cost float64) steps.Leftover {
		return steps.Leftover{At: at, Kind: kind, ID: id, SetupID: setup, Setup: "the-" + setup, MonthCost: cost, CostKnown: true, Created: time.Unix(1, 0)}
	}
	instance := thing("instance", "i-1", "used", 8.5)
	instance.Running, instance.Detail = true, "t2.micro"
	far := thing("volume", "vol-2", "old", 0.64)
	far.At.Region = "eu-west-1"
	unknown := thing("volume", "vol-3", "old", 0)
	unknown.CostKnown, unknown.Setup, unknown.At = false, "", far.At
	return made(stepstest.Has{Setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}, Leftovers: []steps.Swept{
		{At: at, Leftovers: []steps.Leftover{instance, thing("security group", "sg-1", "used", 0)}},
		{At: far.At, Leftovers: []steps.Leftover{far, unknown}},
		{At: steps.Place{Profile: "default", Region: "sa-east-1"}, Err: broken(problem.Unreachable)},
	}})
}

func TestSweep(t *testing.T) {
	const used, old = "clear i-1,sg-1", "clear vol-2,vol-3"
	for _, c := range []struct {
		args, in string
		asked    string
	}{
		{"sweep --dry-run", "", ""},
		{"sweep --yes", "", old},
		{"sweep --yes --instances", "", used + "; " + old},
		{"sweep --yes --region eu-west-1", "", old},
		{"sweep", "n\ny\n", old},
		{"sweep", "y\nn\n", used},
	} {
		r := run{engine: littered(), in: c.in, terminal: c.in != ""}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != 0 {
			t.Errorf("%s: exit code %d: %s", c.args, code, r.err.String())
		}
		if got := strings.TrimPrefix(strings.TrimPrefix(asked(r.engine), "sweep"), "; "); got != c.asked {
			t.Errorf("%s %q: asked %q, want %q", c.args, c.in, got, c.asked)
		}
		if c.in != "" {
			has(t, "what is lost", r.err.String(), "cannot be undone", "instance i-1, which is RUNNING", "volume vol-2, with all files on it")
		}
	}
}

func TestSweepLists(t *testing.T) {
	r := run{engine: littered()}
	if code := r.do(t.Context(), "sweep", "--yes"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	has(t, "stdout", r.out.String(), `SETUP     WHAT            ID     DETAIL    REGION     COST/MONTH
the-used  instance        i-1    t2.micro  us-east-1  $8.50
the-used  security group  sg-1   -         us-east-1  $0.00
the-old   volume          vol-2  -         eu-west-1  $0.64
the-old   volume          vol-3  -         eu-west-1  unknown
Together $9.14 a month, and what has an unknown price.
`, "Removed 2 of 4.")
	has(t, "stderr", r.err.String(), "sa-east-1 (default) did not answer: It broke.", "the-used is left: its instance is running")

	r = run{engine: littered()}
	if code := r.do(t.Context(), "sweep", "--yes", "--json"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	all := lines(t, r.out.String())
	end := all[len(all)-1]
	if all[0]["kind"] != "unseen" || all[1]["what"] != "instance" || all[1]["running"] != true || end["kind"] != "done" || end["removed"] != 2.0 || end["silent"] != 1.0 {
		t.Errorf("lines %v", all)
	}
	r = run{engine: labs()}
	if code := r.do(t.Context(), "sweep", "--yes"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	has(t, "nothing", r.out.String(), "Nothing is left over.")
}

// One setup that cannot be removed keeps no other from it.
func TestSweepFails(t *testing.T) {
	r := run{engine: littered()}
	r.engine.Fail = map[string]error{"clear": broken(problem.Refused)}
	if code := r.do(t.Context(), "sweep", "--yes", "--instances"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	has(t, "asked", asked(r.engine), "clear i-1", "clear vol-2")
	has(t, "stderr", r.err.String(), "the-used is not completely removed: It broke.", "Mend it.")
}
