package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// limitFlag is a flag that takes a time span or never.
type limitFlag struct {
	limit steps.Limit
	given bool
}

func (f *limitFlag) String() string { return f.limit.String() }
func (f *limitFlag) Type() string   { return "duration" }
func (f *limitFlag) Set(s string) error {
	limit, err := parseLimit(s)
	if err == nil {
		f.limit, f.given = limit, true
	}
	return err
}

// parseLimit reads a limit that has to be said.
func parseLimit(s string) (steps.Limit, error) {
	limit, err := steps.ParseLimit(s)
	switch {
	case err != nil:
		return 0, err
	case limit == 0:
		return 0, errors.New("no duration is given: write 45m, 2h30m or never")
	case limit != steps.Never && limit < steps.MinLimit:
		return 0, fmt.Errorf("%s is too short: use %s or more, or never", limit, steps.MinLimit)
	}
	return limit, nil
}

// limitWords complete a limit.
func limitWords() []string { return []string{"30m", "60m", "2h", "12h", "never"} }

// span says how long something is in its two largest units, so that a
// countdown can be told from the next: "7 min", "1 h 5 min", "3 days".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(int(d.Seconds()), 0))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour && d%time.Hour < time.Minute:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
