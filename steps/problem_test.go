package steps

import (
	"context"
	"errors"
	"testing"
)

func TestExplainCancelled(t *testing.T) {
	p := Explain(errors.Join(errors.New("x"), context.Canceled))
	if p.Kind != ProblemInterrupted || p.Next == "" {
		t.Fatalf("got %+v", p)
	}
}
