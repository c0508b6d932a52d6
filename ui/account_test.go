package ui

import (
	"strings"
	"testing"
)

// What a credential_process asks is seen while the sign-in waits, and after it
// where it asks again.
func TestWhatASignInSaysIsShown(t *testing.T) {
	e := newFakeEngine()
	e.delay = 1 << 40
	r := toProfiles(newRig(t, e))
	r.press("enter").until("Signing in as default")
	go e.ask.Tell("credential_process: Touch your key")
	r.until("credential_process: Touch your key").press("esc").until("Which profile?")
	if strings.Contains(r.screen(), "Touch") {
		t.Errorf("still there:\n%s", r.screen())
	}
	go e.ask.Tell("credential_process: Touch it again")
	r.until("Touch it again")
}
