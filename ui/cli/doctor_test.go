package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// sick is an engine with one check of each outcome.
func sick() *fakeEngine {
	e := labs()
	e.checks = []steps.Check{
		{ID: "credentials", Title: "Credentials", State: steps.CheckOK, Text: "valid"},
		{ID: "disk", Title: "Disk", State: steps.CheckWarn, Text: "nearly full", Next: "Remove files."},
		{ID: "group", Title: "Security group", State: steps.CheckBad, Text: "lets another address in", Next: "Move the rule.", Fix: "move the rule to your address"},
		{ID: "server", Title: "Server", State: steps.CheckSkipped},
	}
	return e
}

func TestDoctor(t *testing.T) {
	for _, c := range []struct {
		args     string
		in       string
		terminal bool
		want     int
		asked    string
	}{
		{"doctor small", "y\n", true, 0, "doctor /aaaa; fix aaaa group"},
		{"doctor small", "n\n", true, exitFailed, "doctor /aaaa"},
		{"doctor small", "", false, exitFailed, "doctor /aaaa"},
		{"doctor small --fix", "", false, 0, "doctor /aaaa; fix aaaa group"},
		{"doctor --profile work --fix", "", false, 0, "doctor work/; fix  group"},
	} {
		r := run{engine: sick(), in: c.in, terminal: c.terminal}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.want || r.engine.asked() != c.asked {
			t.Errorf("%s %q: exit code %d, asked %q: %s", c.args, c.in, code, r.engine.asked(), r.err.String())
		}
		has(t, c.args, r.out.String(), `ok       Credentials: valid
warning  Disk: nearly full
         Remove files.
bad      Security group: lets another address in
         Move the rule.
skipped  Server
`)
		if c.want != 0 {
			has(t, c.args, r.err.String(), "1 check found what needs fixing", "check again: jupyter-ec2 doctor small")
		}
	}
}

func TestDoctorJSON(t *testing.T) {
	r := run{engine: sick()}
	if code := r.do(t.Context(), "doctor", "small", "--json"); code != exitFailed {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	all := lines(t, r.out.String())
	if len(all) != 5 || all[2]["id"] != "group" || all[2]["state"] != "bad" || all[2]["fix"] == nil || all[4]["kind"] != "failed" {
		t.Errorf("lines %v", all)
	}
	// A fix that fails is the command's failure.
	r = run{engine: sick()}
	r.engine.errs = map[string]error{"fix": problem(steps.ProblemRefused)}
	if code := r.do(t.Context(), "doctor", "small", "--json", "--fix"); code != exitRefused || last(t, r.out.String())["step"] != "fix" {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
}

// littered is an engine that finds the leftovers of two setups, one of which
// has a running instance.
func littered() *fakeEngine {
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
	return &fakeEngine{setups: []steps.Setup{lab("small", "aaaa", steps.ModeSSH)}, fleet: fleet{swept: []steps.Swept{
		{At: at, Leftovers: []steps.Leftover{instance, thing("security group", "sg-1", "used", 0)}},
		{At: far.At, Leftovers: []steps.Leftover{far, unknown}},
		{At: steps.Place{Profile: "default", Region: "sa-east-1"}, Err: problem(steps.ProblemUnreachable)},
	}}}
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
		if got := strings.TrimPrefix(strings.TrimPrefix(r.engine.asked(), "sweep "), "; "); got != c.asked {
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
	r.engine.errs = map[string]error{"clear": problem(steps.ProblemRefused)}
	if code := r.do(t.Context(), "sweep", "--yes", "--instances"); code != exitRefused {
		t.Errorf("exit code %d", code)
	}
	has(t, "asked", r.engine.asked(), "clear i-1", "clear vol-2")
	has(t, "stderr", r.err.String(), "the-used is not completely removed: It broke.", "Mend it.")
}

func TestAdopt(t *testing.T) {
	for want, code := range map[string]int{"far": 0, "cccc": 0, "i-cccc": 0, "small": exitUsage, "nothing": exitUsage, "twin": exitUsage, "t2": 0} {
		e := two()
		for i := range 2 { // the region answers twice
			e.survey[i].Machines[0].Answers.Name = "far"
		}
		for _, id := range []string{"t1", "t2"} {
			e.survey[0].Machines = append(e.survey[0].Machines, steps.Machine{Elsewhere: true, Setup: lab("twin", id, "")})
		}
		r := run{engine: e}
		if got := r.do(t.Context(), "adopt", want); got != code || strings.Contains(e.asked(), "adopt") != (code == 0) {
			t.Errorf("%s: exit code %d, asked %s", want, got, e.asked())
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
