package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// What a credential_process asks is seen while the sign-in waits, and after it
// where it asks again.
func TestWhatASignInSaysIsShown(t *testing.T) {
	e := stepstest.New()
	e.Delay = 1 << 40
	r := toProfiles(newRig(t, e))
	r.press("enter").until("Signing in as default")
	go e.Ask.Tell("credential_process: Touch your key")
	r.until("credential_process: Touch your key").press("esc").until("Which profile?")
	if strings.Contains(r.screen(), "Touch") {
		t.Errorf("still there:\n%s", r.screen())
	}
	go e.Ask.Tell("credential_process: Touch it again")
	r.until("Touch it again")
}
