package engine

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What is open to a network speaks TLS, unless a person turned it off.
func TestTLSIsOnUnlessTurnedOff(t *testing.T) {
	for _, c := range []struct {
		mode        steps.Mode
		noTLS, want bool
	}{
		{steps.ModeSSH, false, false},
		{steps.ModeHTTP, false, true},
		{steps.ModeHTTP, true, false},
		{steps.ModeGateway, false, true},
		{steps.ModeGateway, true, false},
	} {
		w := work{s: &steps.Setup{Answers: steps.Answers{Mode: c.mode, NoTLS: c.noTLS}}}
		if got := w.tls(); got != c.want {
			t.Errorf("%s with NoTLS %v: TLS is %v", c.mode, c.noTLS, got)
		}
	}
}
