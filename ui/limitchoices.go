package ui

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// idleChoices and lifetimeChoices are the limits one can pick from.
func idleChoices() []steps.Limit {
	return []steps.Limit{steps.Limit(30 * time.Minute), steps.DefaultIdleStop, steps.Limit(2 * time.Hour), steps.Never}
}

func lifetimeChoices() []steps.Limit {
	return []steps.Limit{steps.Limit(4 * time.Hour), steps.DefaultLifetime, steps.Limit(24 * time.Hour), steps.Never}
}

// nextLimit is the choice after l, or before it; a limit that is none of the
// choices is followed by the first.
func nextLimit(choices []steps.Limit, l steps.Limit, by int) steps.Limit {
	for i, c := range choices {
		if c == l {
			return choices[(i+by+len(choices))%len(choices)]
		}
	}
	return choices[0]
}
