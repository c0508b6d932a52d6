package wording

import (
	"fmt"
	"time"
)

// Took is for how long something has gone on, to the second: "12 s", "3 min 05
// s", "1 h 05 min".
func Took(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Span is a time span rounded down to the minute, for what a machine told some
// seconds ago: how long it is idle, when it stops.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than 1 min"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

// SpanCell is a Span for a narrow column.
func SpanCell(d time.Duration) string {
	if d < time.Minute {
		return "<1 min"
	}
	return Span(d)
}

// About is an estimate, rounded to the nearest: "28 s", "6 min", "1 h 05 min".
func About(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(int(d.Seconds()+0.5), 1))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return Span(d)
}
