package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestEveryActionIsWordedAsACommand(t *testing.T) {
	for _, verb := range problem.Verbs() {
		for _, a := range []problem.Action{
			{Verb: verb, Command: "aws login"},
			{Verb: verb, Name: "lab", Sandbox: true, What: "ssh", Command: "aws login"},
		} {
			text := actionWords(a)
			if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "=") || strings.Contains(text, "  ") || strings.Contains(text, "Your setups") {
				t.Errorf("%+v is worded %q", a, text)
			}
			if (verb == problem.List || verb == problem.Sweep) && a.Sandbox != strings.Contains(text, "--sandbox") {
				t.Errorf("%+v is worded %q, which is about other machines", a, text)
			}
			if strings.Contains(text, " lab") && !strings.Contains(text, "--sandbox") {
				t.Errorf("%+v is worded %q, which is about another machine", a, text)
			}
		}
	}
}

func TestNextIsWordedAsCommands(t *testing.T) {
	n := problem.Act(problem.Action{Verb: problem.Launch, Name: "lab", What: "a new one"}).Say(", or ").
		Act(problem.Action{Verb: problem.Remove, Name: "lab", What: "what is left"}).Say(".")
	const want = "Launch a new one with jupyter-ec2 up --name lab, or remove what is left with jupyter-ec2 rm lab."
	if got := nextWords(n); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// What stands in the text can be typed as it is, but for the words in capitals.
func TestAnActionsCommandIsWhole(t *testing.T) {
	lab := problem.Action{Name: "lab", Sandbox: true}
	for _, c := range []struct {
		verb problem.Verb
		what string
		of   problem.Action
		want string
	}{
		{problem.Remove, "the setup", problem.Action{}, "remove the setup with jupyter-ec2 rm NAME"},
		{problem.Adopt, "", problem.Action{}, "adopt it with jupyter-ec2 adopt NAME"},
		{problem.Doctor, "", problem.Action{}, "check again with jupyter-ec2 doctor"},
		{problem.Doctor, "", lab, "check again with jupyter-ec2 doctor lab --sandbox"},
		{problem.Fix, "", lab, "run jupyter-ec2 doctor lab --fix --sandbox"},
		{problem.ChangeMode, "gateway", lab, "change its mode with jupyter-ec2 mode lab gateway --sandbox"},
		{problem.OwnKernels, "", lab, "give the notebook its own kernels back with jupyter-ec2 gateway lab none --sandbox"},
		{problem.Resize, "a larger type", lab, "give the machine a larger type with jupyter-ec2 resize lab TYPE --sandbox"},
	} {
		c.of.Verb, c.of.What = c.verb, c.what
		if got := actionWords(c.of); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

// A script tells kinds apart by their words, and by the exit code.
func TestKindsHaveTheirExitCodes(t *testing.T) {
	want := map[problem.Kind]int{
		"failed": exitFailed, "answers": exitUsage, "credentials": exitRefused, "refused": exitRefused,
		"unreachable": exitUnreachable, "server": exitServer, "interrupted": exitInterrupted,
	}
	for _, k := range problem.Kinds() {
		if got, ok := want[k]; !ok || exitCode(k) != got {
			t.Errorf("%q ends with %d, not %d", k, exitCode(k), got)
		}
		delete(want, k)
	}
	if len(want) > 0 {
		t.Errorf("no such kinds: %v", want)
	}
}
