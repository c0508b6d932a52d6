package ui

import "testing"

// Who comes back after Ctrl-Z sees what has changed meanwhile.
func TestComingBackLooksAgain(t *testing.T) {
	e := newFakeEngineWith(sevenMachines)
	r := toFleet(newRig(t, e))
	e.set(func() {
		s := e.setups[0]
		s.ID, s.Answers.Name = "s-8", "made-meanwhile"
		e.setups = append(e.setups, s)
	})
	r.take(resumed{})
	r.until("made-meanwhile")
	r.take(resumed{errNoShell})
	r.until("Not suspended: there is no shell here")
}
