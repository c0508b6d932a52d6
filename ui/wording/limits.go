package wording

import (
	"cmp"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// StopRule says a rule in two parts, each also where it sets no limit: "when
// idle for 60 minutes", "after 12 hours".
func StopRule(r steps.StopRule) (whenIdle, inAll string) {
	whenIdle, inAll = "when idle for "+r.Idle.Words(), "after "+r.Lifetime.Words()
	if r.Idle == steps.Never {
		whenIdle = "not when idle"
	}
	if r.Lifetime == steps.Never {
		inAll = "with no time limit"
	}
	return whenIdle, inAll
}

// Stops says when a machine with that rule stops, in one line.
func Stops(r steps.StopRule) string {
	whenIdle, inAll := StopRule(r)
	switch {
	case r.Never():
		return "never: it runs until you stop it"
	case r.Idle == steps.Never:
		return inAll
	case r.Lifetime == steps.Never:
		return whenIdle
	}
	return whenIdle + ", " + inAll
}

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
