package ui

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestHostKeyAnswers(t *testing.T) {
	for i, want := range []steps.HostKeyAnswer{steps.HostKeyWait, steps.HostKeyAccept, steps.HostKeyReject} {
		r := toProfiles(newRig(t, stepstest.New()))
		got := make(chan steps.HostKeyAnswer, 1)
		go func() { a, _ := r.m.o.Asker.HostKey(t.Context(), stepstest.HostKeyQuestion()); got <- a }()
		r.until("Is this the right machine?").press(strings.Split(strings.Repeat("down ", i)+"enter", " ")...)
		if a := <-got; a != want {
			t.Errorf("option %d answers %v, want %v", i, a, want)
		}
	}
}

// A key in the place of a pinned one: who presses enter or esc has said no, and
// there is nothing to wait for.
func TestReplacedHostKeyAnswers(t *testing.T) {
	for keys, want := range map[string]steps.HostKeyAnswer{"enter": steps.HostKeyReject, "esc": steps.HostKeyReject, "up enter": steps.HostKeyAccept} {
		r := toProfiles(newRig(t, stepstest.New()))
		q := stepstest.HostKeyQuestion()
		q.Replaces, q.Why = true, "Pinned here is SHA256:old.\nTo compare, ask the machine."
		got := make(chan steps.HostKeyAnswer, 1)
		go func() { a, _ := r.m.o.Asker.HostKey(t.Context(), q); got <- a }()
		r.until("Pin this host key?").until("Pinned here is SHA256:old.").until(q.Fingerprint).press(strings.Fields(keys)...)
		if a := <-got; a != want {
			t.Errorf("%s answers %v, want %v", keys, a, want)
		}
	}
}
