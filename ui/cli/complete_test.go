package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// Flags complete with what the account really has.
func TestCompletion(t *testing.T) {
	lab := steps.Setup{ID: "id", Answers: steps.Answers{Name: "lab", Region: "eu-north-1", Type: "t3.micro"}, Resources: steps.Resources{InstanceID: "i-1"}, State: "running"}
	for args, want := range map[string]string{
		"up --profile|":                    "other",
		"ls --profile|":                    "other",
		"doctor --profile|":                "other",
		"up --region|":                     "eu-north-1 us-east-1",
		"sweep --region|":                  "eu-north-1 us-east-1",
		"up --type|":                       "m7i.large t3.large t3.micro",
		"up --region us-east-1 --type|t":   "t2.micro",
		"up --region us-east-1 --type|t2.": "t2.micro",
		"resize|":                          "lab",
		"resize lab|":                      "m7i.large",
		"resize nobody|":                   "",
		"resize lab m7i.large|":            "",
		"help|sta":                         "status",
		"help sandbox|":                    "run",
	} {
		r := run{engine: made(stepstest.Has{Setups: []steps.Setup{lab}}), awake: true}
		words, word, _ := strings.Cut(args, "|")
		code := r.do(t.Context(), append(append([]string{"__complete"}, strings.Fields(words)...), word)...)
		var got []string
		for line := range strings.Lines(r.out.String()) {
			if value, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(value, ":") {
				got = append(got, value)
			}
		}
		said := strings.Join(got, " ")
		if code != 0 || (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("%s: %d, %q, want %q: %s", args, code, said, want, r.err.String())
		}
	}
}

// Without an account the regions are those of every account, and nobody is
// asked for a code to complete a word.
func TestCompletionWithoutAnAccount(t *testing.T) {
	r := run{engine: made(stepstest.Has{}), terminal: true}
	r.engine.Fail = map[string]error{"sign in": errors.New("no credentials")}
	if code := r.do(t.Context(), "__complete", "up", "--region", ""); code != 0 || !strings.Contains(r.out.String(), "eu-central-1") {
		t.Errorf("%d: %s", code, r.out.String())
	}
	r = run{engine: made(stepstest.Has{}), terminal: true}
	r.engine.Fail = map[string]error{"sign in": errors.New("no credentials")}
	if code := r.do(t.Context(), "__complete", "up", "--type", ""); code != 0 || strings.TrimSpace(r.out.String()) != ":4" {
		t.Errorf("%d: %s", code, r.out.String())
	}
	a := &asker{p: &Program{Terminal: true, Err: &r.err, lines: newLineReader(strings.NewReader("123456\n"))}, mute: true}
	if code, err := a.MFACode(t.Context(), "phone"); !errors.Is(err, steps.ErrDeclined) {
		t.Errorf("it asked and got %q", code)
	}
}
