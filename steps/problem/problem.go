// Package problem is how the program tells a person that something does not
// work: a kind, a title, what happened, and what to do next. It knows no front
// end. Whoever meets a failure says what happened and which actions of the
// program help; each front end words those actions for itself, as a command or
// as a key.
//
// An error that a person can meet implements [Problematic]. Its texts hold no
// flag, no key of the screen and no command of the program: those are actions.
package problem

import (
	"errors"
	"strings"
)

// Kind sorts problems by what a person, or a script, does next. The commands
// make it their exit code, and print it in JSON.
type Kind string

// The kinds.
const (
	Failed      Kind = "failed"
	Answers     Kind = "answers"     // an answer cannot be used
	Credentials Kind = "credentials" // no, expired or wrong credentials
	Refused     Kind = "refused"     // the cloud said no: permission, quota, capacity
	Unreachable Kind = "unreachable" // the host cannot be reached or does not let us in
	Server      Kind = "server"      // install or server failed
	Interrupted Kind = "interrupted" // the person stopped it
)

// Kinds lists them all.
func Kinds() []Kind {
	return []Kind{Failed, Answers, Credentials, Refused, Unreachable, Server, Interrupted}
}

// Problem is a failure in plain words.
type Problem struct {
	Kind  Kind
	Title string // one short line: what does not work
	Text  string // what happened, one or two sentences
	Next  Next   // what to do now, one or two sentences; never empty
	Raw   string // the technical message, for the curious
}

// Problematic is met by errors that a person can meet.
type Problematic interface {
	error
	Problem() Problem
}

// Of returns the problem that err, or what it wraps, tells of itself, and
// whether it does. Its texts may quote what files, hosts and AWS said: package
// steps has the one place that makes them safe to show.
func Of(err error) (Problem, bool) {
	if e, ok := errors.AsType[Problematic](err); ok {
		return e.Problem(), true
	}
	return Problem{}, false
}

// With returns the problem with each of its texts replaced by what change makes
// of it.
func (p Problem) With(change func(string) string) Problem {
	p.Title, p.Text, p.Next, p.Raw = change(p.Title), change(p.Text), p.Next.With(change), change(p.Raw)
	return p
}

// Error is an error that is a problem, and what caused it. Packages whose
// problems need no type of their own return it.
type Error struct {
	Kind  Kind
	Title string
	Text  string
	Next  Next
	Err   error // the cause, or nil
}

func (e *Error) Error() string {
	if e.Err != nil && !strings.Contains(e.Text, e.Err.Error()) { // it is said once
		return e.Text + " (" + e.Err.Error() + ")"
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *Error) Problem() Problem {
	return Problem{Kind: e.Kind, Title: e.Title, Text: e.Text, Next: e.Next}
}
