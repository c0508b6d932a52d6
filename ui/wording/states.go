package wording

import (
	"cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// State is where a machine stands, in a word: its state, and what there is to
// say beside it. "-" is one of which nothing is known.
func State(standing steps.Standing, state steps.State) string {
	last := cmp.Or(string(state), "-")
	switch standing {
	case steps.StandingUnseen:
		return last + "?"
	case steps.StandingBad:
		if state != steps.StateNone {
			return last + ", " + string(standing)
		}
	case steps.StandingPlain:
		return last
	case steps.StandingRemoving, steps.StandingNew, steps.StandingUnfinished:
	}
	return string(standing)
}

// URLCell is where a machine's server answers, in a column, or that it needs a
// tunnel; empty where it does not answer. url is the machine's, or a better one.
func URLCell(url string, m steps.Machine) string {
	if url == "" && m.ThroughTunnel() {
		return "no tunnel"
	}
	return url
}
