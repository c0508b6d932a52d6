package wording

import (
	"cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// State is where a machine stands, in a word: its state, and what there is to
// say beside it.
func State(standing steps.Standing, state steps.State) string {
	known := state != steps.StateNone
	switch standing {
	case steps.StandingUnseen:
		if !known {
			return "not seen"
		}
		return string(state) + "?"
	case steps.StandingBad:
		if known {
			return string(state) + ", " + string(standing)
		}
	case steps.StandingPlain:
		return cmp.Or(string(state), Unknown)
	case steps.StandingRemoving, steps.StandingNew, steps.StandingImage, steps.StandingUnfinished:
	}
	return string(standing)
}

// StateNext is State as a person reads it in a list: with the step that comes
// next instead of that the guide has not come to its end, and with whether the
// machine is another computer's.
func StateNext(m steps.Machine) string {
	standing := m.Standing()
	switch {
	case standing == steps.StandingUnfinished:
		for _, id := range steps.Works() {
			if !m.Finished(id) {
				return "next: " + steps.PageFor(id).Title
			}
		}
	case standing == steps.StandingPlain && m.Elsewhere && m.State.Exists():
		return string(m.State) + ", elsewhere"
	}
	return State(standing, m.State)
}

// Mode is a setup's mode, and behind it the one that it is asked to change to.
func Mode(s steps.Setup) string {
	mode := string(s.Answers.Mode)
	if next := s.Wanted().Mode; next != s.Answers.Mode {
		mode += "→" + string(next)
	}
	return mode
}

// UnknownGateway is said of the gateway whose kernels a notebook uses where
// nobody knows its name.
const UnknownGateway = "another machine"

// URLCell is where a machine's server answers, in a column, or that it needs a
// tunnel; empty where it does not answer. url is the machine's, or a better one.
func URLCell(url string, m steps.Machine) string {
	if url == "" && m.ThroughTunnel() {
		return "no tunnel"
	}
	return url
}
