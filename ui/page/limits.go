package page

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// IdleChoices are the limits of idleness that one can pick from.
func IdleChoices() []steps.Limit {
	return []steps.Limit{steps.Limit(30 * time.Minute), steps.DefaultIdleStop, steps.Limit(2 * time.Hour), steps.Never}
}

// LifetimeChoices are the limits of a lifetime that one can pick from.
func LifetimeChoices() []steps.Limit {
	return []steps.Limit{steps.Limit(4 * time.Hour), steps.DefaultLifetime, steps.Limit(24 * time.Hour), steps.Never}
}

// NextLimit is the choice after l, or before it; a limit that is none of the
// choices is followed by the first.
func NextLimit(choices []steps.Limit, l steps.Limit, by int) steps.Limit {
	for i, c := range choices {
		if c == l {
			return choices[(i+by+len(choices))%len(choices)]
		}
	}
	return choices[0]
}
