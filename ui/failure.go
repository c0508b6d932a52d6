package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// failure is a part of a page that tells why something did not work. The
// technical message is shown on request.
type failure struct {
	problem *steps.Problem
	details bool
}

// set takes an error; nil clears.
func (f *failure) set(err error) {
	*f = failure{}
	if err != nil {
		p := steps.Explain(err)
		f.problem = &p
	}
}

func (f *failure) is() bool { return f.problem != nil }

// key takes the one key that is the failure's own.
func (f *failure) key(k tea.KeyPressMsg) bool {
	if f.problem != nil && k.String() == "d" {
		f.details = !f.details
		return true
	}
	return false
}

func (f *failure) lines(th theme.Theme, w int) []string {
	return problemLines(th, *f.problem, w, f.details)
}

func (f *failure) hints() []hint {
	hints := []hint{{"r", "retry"}}
	if f.problem.Raw != "" {
		does := "details"
		if f.details {
			does = "fewer details"
		}
		hints = append(hints, hint{"d", does})
	}
	return hints
}
