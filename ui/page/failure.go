package page

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Failure is a part of a page that tells why something did not work. The
// technical message is shown on request.
type Failure struct {
	problem *problem.Problem
	details bool
}

// Set takes an error; nil clears.
func (f *Failure) Set(err error) {
	*f = Failure{}
	if err != nil {
		p := steps.Explain(err)
		f.problem = &p
	}
}

// Is reports whether there is a failure.
func (f *Failure) Is() bool { return f.problem != nil }

// Key takes the one key that is the failure's own.
func (f *Failure) Key(k tea.KeyPressMsg) bool {
	if f.problem != nil && k.String() == "d" {
		f.details = !f.details
		return true
	}
	return false
}

// Lines tell it.
func (f *Failure) Lines(th theme.Theme, w int) []string {
	return ProblemLines(th, *f.problem, w, f.details)
}

// Keys are to try again, and to see the technical message.
func (f *Failure) Keys(retry func() tea.Cmd) Keys {
	keys := Keys{On("r", "retry", retry)}
	if f.problem.Raw == "" {
		return keys
	}
	does := "details"
	if f.details {
		does = "fewer details"
	}
	return append(keys, Set("d", does, func() { f.details = !f.details }))
}
