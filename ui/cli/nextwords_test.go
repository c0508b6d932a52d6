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
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "  ") || strings.Contains(text, "Your setups") {
				t.Errorf("%+v is worded %q", a, text)
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
