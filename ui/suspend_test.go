package ui

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// Who comes back after Ctrl-Z sees what has changed meanwhile.
func TestComingBackLooksAgain(t *testing.T) {
	e := newFakeEngineWith(stepstest.SevenMachines)
	r := toMachines(newRig(t, e))
	e.Change(func() {
		s := e.Has.Setups[0]
		s.ID, s.Answers.Name = "s-8", "made-meanwhile"
		e.Has.Setups = append(e.Has.Setups, s)
	})
	r.take(resumed{})
	r.until("made-meanwhile")
	r.take(resumed{errNoShell})
	r.until("Not suspended: there is no shell here")
}
