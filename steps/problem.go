package steps

import (
	"context"
	"errors"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// ProblemKind sorts failures by what a person, or a script, does next. The
// commands map it to their exit codes.
type ProblemKind string

// The kinds of problem.
const (
	ProblemOther       ProblemKind = "failed"
	ProblemAnswers     ProblemKind = "answers"     // an answer cannot be used
	ProblemCredentials ProblemKind = "credentials" // no, expired or wrong credentials
	ProblemRefused     ProblemKind = "refused"     // the cloud said no: permission, quota, capacity
	ProblemUnreachable ProblemKind = "unreachable" // the host cannot be reached or does not let us in
	ProblemServer      ProblemKind = "server"      // install or server failed
	ProblemInterrupted ProblemKind = "interrupted" // the person stopped it
)

// Problem is a failure in plain words.
type Problem struct {
	Kind  ProblemKind
	Title string // one short line: what does not work
	Text  string // what happened, one or two sentences
	Next  string // what to do now, one or two sentences; never empty
	Raw   string // the technical message, for the curious
}

// Explained is met by the errors of aws, remote and remote/jupyter.
type Explained interface {
	error
	// Explain returns the kind (a ProblemKind as text), a short title, what
	// happened and what to do next.
	Explain() (kind, title, text, next string)
}

// Explain puts any error of this package, aws, remote or jupyter in plain words.
func Explain(err error) Problem {
	if err == nil {
		return Problem{}
	}
	p := Problem{
		Kind: ProblemOther, Title: "Something went wrong", Text: err.Error(),
		Next: "Try again. If it persists, run the same command with --plain and keep its output.", Raw: err.Error(),
	}
	var e Explained
	switch {
	case errors.As(err, &e):
		kind, title, text, next := e.Explain()
		p.Kind, p.Title, p.Text, p.Next = ProblemKind(kind), title, text, next
	case errors.Is(err, context.Canceled):
		p.Kind, p.Title, p.Text = ProblemInterrupted, "Stopped", "You stopped the work."
		p.Next = stoppedNext
	}
	p.Title, p.Text, p.Next, p.Raw = safe.Text(p.Title), safe.Text(p.Text), safe.Text(p.Next), safe.Text(p.Raw)
	return p
}

const stoppedNext = "Run the same command again: it continues where it stopped. Nothing is created twice."

// Fault is an error in plain words.
type Fault struct {
	Kind              ProblemKind
	Title, Text, Next string
	Err               error
}

func (f *Fault) Error() string {
	if f.Err != nil {
		return f.Text + " (" + f.Err.Error() + ")"
	}
	return f.Text
}
func (f *Fault) Unwrap() error { return f.Err }
func (f *Fault) Explain() (kind, title, text, next string) {
	return string(f.Kind), f.Title, f.Text, f.Next
}
