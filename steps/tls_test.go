package steps

import "testing"

// What is open to a network speaks TLS, unless a person turned it off.
func TestTLSIsOnUnlessTurnedOff(t *testing.T) {
	for _, c := range []struct {
		mode        Mode
		noTLS, want bool
	}{
		{ModeSSH, false, false},
		{ModeHTTP, false, true},
		{ModeHTTP, true, false},
		{ModeGateway, false, true},
		{ModeGateway, true, false},
	} {
		if got := (Answers{Mode: c.mode, NoTLS: c.noTLS}).HasTLS(); got != c.want {
			t.Errorf("%s with NoTLS %v: TLS is %v", c.mode, c.noTLS, got)
		}
	}
}
