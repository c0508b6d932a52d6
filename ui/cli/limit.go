package cli

import (
	"errors"
	"fmt"

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
