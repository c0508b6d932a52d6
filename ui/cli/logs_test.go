package cli

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A log that is followed over a stop says what it waits for, and that it continues.
func TestLogsThatAreFollowedOverAStop(t *testing.T) {
	e, _ := reached()
	states := []string{steps.Up, "The machine is stopped", "The machine is stopped", steps.Up}
	e.Shared.Lines = map[steps.LogKind][]string{steps.LogServer: {"one"}}
	e.Shared.Ended = false
	e.Shared.OnState = func() string { // one asks, again and again
		now := states[0]
		if len(states) > 1 {
			states = states[1:]
		}
		return now
	}
	r := run{engine: e}
	ctx := r.until(t, "its log continues")
	if code := r.do(ctx, "logs", "small", "-f"); code != 0 || r.out.String() != "one\n" {
		t.Errorf("exit code %d: %s%s", code, r.out.String(), r.err.String())
	}
	has(t, "stderr", r.err.String(), "The machine is stopped: this waits until the log can be followed again.")
}
