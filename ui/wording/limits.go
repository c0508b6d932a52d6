package wording

import (
	"cmp"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// StopsIn says when a machine stops as things are, when its clock shows now, and
// which of its limits that is: "in 7 min (idle)".
func StopsIn(h steps.Health, now time.Time) string {
	left, stops := h.StopsIn(now)
	switch {
	case stops && h.StopWhy == "lifetime":
		return "in " + Span(left) + " (lifetime)"
	case stops:
		return "in " + Span(left) + " (idle)"
	case !h.Watching:
		return Unknown
	case h.Unarmed != "":
		return "not automatically: " + h.Unarmed
	}
	return "never"
}

// StopsInCell is that in a column; empty where it is not known.
func StopsInCell(h steps.Health, now time.Time) string {
	left, stops := h.StopsIn(now)
	switch {
	case stops:
		return "in " + SpanCell(left)
	case !h.Watching:
		return ""
	case h.Unarmed != "":
		return "not armed"
	}
	return "never"
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
