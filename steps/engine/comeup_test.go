package engine_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// The connection that the SSH server answered while the machine was waited for
// is the login's.
func TestTheLoginTakesTheConnectionThatWasAnswered(t *testing.T) {
	w := newWorld(t, nil)
	var trace strings.Builder
	g := w.Guide(func(c *engine.Config) {
		c.Log = slog.New(slog.NewTextHandler(&trace, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if err := w.until(t.Context(), g, enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	taken := 0
	for line := range strings.Lines(trace.String()) {
		if strings.Contains(line, `msg="kept connection"`) && strings.Contains(line, "outcome=ok") {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("it was taken %d times:\n%s", taken, trace.String())
	}
}
