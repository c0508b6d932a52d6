package wording

import (
	"cmp"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// StopWhy is which of the two limits comes first.
func StopWhy(h steps.Health) string {
	if h.StopWhy == "lifetime" {
		return "lifetime"
	}
	return "idle"
}

// Idle says for how long nothing has gone on, or what goes on, when the
// machine's clock shows now.
func Idle(h steps.Health, now time.Time) string {
	idle, known := h.IdleFor(now)
	switch {
	case !known:
		return Unknown
	case h.Idle.IsZero():
		return "no: " + cmp.Or(h.Busy, "active")
	}
	return "for " + Span(idle)
}

// IdleCell is that in a column; empty where it is not known.
func IdleCell(h steps.Health, now time.Time) string {
	idle, known := h.IdleFor(now)
	switch {
	case !known:
		return ""
	case h.Idle.IsZero():
		return "busy"
	}
	return SpanCell(idle)
}
