package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestExplainCancelled(t *testing.T) {
	p := Explain(errors.Join(errors.New("x"), context.Canceled))
	if p.Kind != problem.Interrupted || p.Next.Empty() {
		t.Fatalf("got %+v", p)
	}
}

// Whatever part of a problem quotes what others said is made safe.
func TestExplainMakesEveryTextSafe(t *testing.T) {
	const hostile = "\x1b[31mred\x1b[0m https://a/?token=abcdef"
	err := fmt.Errorf("connect: %w", &problem.Error{
		Kind: problem.Server, Title: hostile, Text: hostile,
		Next: problem.Say(hostile + " ").Act(problem.Action{Verb: problem.SignIn, Name: hostile, What: hostile, Command: hostile}),
		Err:  errors.New(hostile),
	})
	p := Explain(err)
	for _, text := range []string{p.Title, p.Text, p.Next.String(), p.Raw} {
		if strings.Contains(text, "\x1b") || strings.Contains(text, "abcdef") || !strings.Contains(text, "red https://a/?token=[secret]") {
			t.Errorf("%q", text)
		}
	}
}
