package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// torn is a world with a setup whose record cannot be used.
func torn() *run {
	r := &run{engine: two()}
	r.engine.Has.Setups = append(r.engine.Has.Setups, steps.Setup{ID: "dddd", Answers: steps.Answers{Name: "torn"}, Bad: &problem.Problem{
		Kind: problem.Failed, Title: "A setup's record cannot be used", Text: "The file /x is empty.", Next: problem.Say("Mend /x."),
	}})
	return r
}

// The list continues beside a bad record, and names its remedy; a command for it
// says the same, and nothing is launched under its name.
func TestABadRecordIsShownWithItsRemedy(t *testing.T) {
	r := torn()
	if code := r.do(t.Context(), "ls"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	has(t, "stdout", r.out.String(), "small ", "big ", "torn   bad record")
	has(t, "stderr", r.err.String(), "torn: A setup's record cannot be used. The file /x is empty.", "Mend /x.")

	r = torn()
	if code := r.do(t.Context(), "ls", "--json"); code != 0 || !strings.Contains(r.out.String(), `"bad_record":"The file /x is empty. Mend /x."`) {
		t.Errorf("exit code %d: %s", code, r.out.String())
	}
	for line := range strings.Lines(r.out.String()) {
		if strings.Contains(line, `"bad_record"`) && (strings.Contains(line, "0001-01-01") || strings.Contains(line, `cost`)) {
			t.Errorf("what the record does not tell is told: %s", line)
		}
	}
	for where, s := range map[string]steps.Setup{
		"sandbox": {Sandbox: true}, "": {}, "eu-west-1 (sandbox)": {Sandbox: true, Answers: steps.Answers{Region: "eu-west-1"}},
	} {
		if got := place(s); got != where {
			t.Errorf("place is %q, want %q", got, where)
		}
	}
	for _, args := range [][]string{{"rm", "torn", "--yes"}, {"open", "dddd"}, {"up", "--name", "torn", "--yes"}, {"stop", "torn"}} {
		r := torn()
		if code := r.do(t.Context(), args...); code == 0 {
			t.Errorf("%v: exit code 0", args)
		}
		has(t, strings.Join(args, " "), r.err.String(), "A setup's record cannot be used", "Mend /x.")
		if begun(r.engine) != nil || len(r.engine.Removed()) > 0 {
			t.Errorf("%v: something was done", args)
		}
	}
}
