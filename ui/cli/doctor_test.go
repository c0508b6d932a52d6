package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// sick is an engine with one check of each outcome.
func sick() *stepstest.Engine {
	e := labs()
	e.Has.Checks = []steps.Check{
		{ID: "credentials", Title: "Credentials", State: steps.CheckOK, Text: "valid"},
		{ID: "disk", Title: "Disk", State: steps.CheckWarn, Text: "nearly full", Next: problem.Say("Remove files.")},
		{ID: "group", Title: "Security group", State: steps.CheckBad, Text: "lets another address in", Next: problem.Say("Move the rule."), Fix: "move the rule to your address"},
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
		{"doctor --profile work --fix", "", false, 0, "doctor work/; fix group"},
	} {
		r := run{engine: sick(), in: c.in, terminal: c.terminal}
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.want || asked(r.engine) != c.asked {
			t.Errorf("%s %q: exit code %d, asked %q: %s", c.args, c.in, code, asked(r.engine), r.err.String())
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
	r.engine.Fail = map[string]error{"fix": broken(problem.Refused)}
	if code := r.do(t.Context(), "doctor", "small", "--json", "--fix"); code != exitRefused || last(t, r.out.String())["step"] != "fix" {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
}

// A named fingerprint is a yes to what pins the machine's key, and to nothing else.
func TestDoctorWithAHostKey(t *testing.T) {
	key := "SHA256:" + strings.Repeat("aB+/", 10) + "xyz"
	for _, c := range []struct {
		args, asked string
		want        int
	}{
		{"doctor small --host-key " + key, "doctor /aaaa; fix aaaa hostkey", exitFailed}, // the group is left
		{"doctor small --host-key " + key + " --fix", "doctor /aaaa; fix aaaa hostkey; fix aaaa group", 0},
		{"doctor --host-key " + key, "", exitUsage},
		{"doctor small --host-key " + key + "=", "", exitUsage},
		{"doctor small --host-key MD5:00", "", exitUsage},
	} {
		r := run{engine: sick()}
		r.engine.Has.Checks = append([]steps.Check{{ID: "hostkey", Title: "Host key", State: steps.CheckBad, Text: "none is pinned", Next: problem.Say("Compare."), Fix: "pin it"}}, r.engine.Has.Checks...)
		if code := r.do(t.Context(), strings.Fields(c.args)...); code != c.want || asked(r.engine) != c.asked {
			t.Errorf("%s: exit code %d, asked %q: %s", c.args, code, asked(r.engine), r.err.String())
		}
	}
}
