package steps

import (
	"context"
	"errors"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Explain puts any error of the guide, aws, remote or jupyter in plain words.
// This is the one place where secrets and control characters are taken out of
// them.
func Explain(err error) problem.Problem {
	if err == nil {
		return problem.Problem{}
	}
	p := problem.Problem{
		Kind: problem.Failed, Title: "Something went wrong", Text: err.Error(),
		Next: problem.Say("Try again. If it persists, ").Do(problem.ReportBug).Say("."),
	}
	if told, ok := problem.Of(err); ok {
		p = told
	} else if errors.Is(err, context.Canceled) {
		p = Interrupted(err).Problem()
	}
	if p.Raw == "" {
		p.Raw = err.Error()
	}
	return p.With(safe.Text)
}

// Interrupted is work that the person stopped; err is how it ended.
func Interrupted(err error) *problem.Error {
	return &problem.Error{
		Kind: problem.Interrupted, Title: "Stopped", Text: "You stopped the work.",
		Next: problem.Do(problem.Retry).Say(": it continues where it stopped. Nothing is created twice."), Err: err,
	}
}
