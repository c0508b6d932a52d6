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

// Lines tell it.
func (f *Failure) Lines(th theme.Theme, w int) []string {
	return ProblemLines(th, *f.problem, w, f.details)
}

// Keys are to try again, by these keys, and to see the technical message.
func (f *Failure) Keys(again string, retry func() tea.Cmd) Keys {
	keys := Keys{On(again, "retry", retry)}
	if f.problem.Raw == "" {
		return keys
	}
	does := "details"
	if f.details {
		does = "fewer details"
	}
	return append(keys, Details[tea.Cmd](f, does))
}

// Details shows a failure's technical message, or hides it again. Where nothing
// failed, the key is left to others.
func Details[R any](f *Failure, does string) Binding[R] {
	return Maybe("d", does, func() (R, bool) {
		var none R
		if f.problem != nil {
			f.details = !f.details
		}
		return none, f.problem != nil
	})
}
