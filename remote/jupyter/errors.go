package jupyter

import "github.com/jupyter-ec2/jupyter-ec2/steps/problem"

// Error is a failure on the host or of its server, in plain words.
type Error struct {
	Kind  problem.Kind // Server or Unreachable
	Title string       // one short line: what does not work
	Text  string       // what happened
	Next  problem.Next // what to do now
	Raw   string       // what the host said, safe for a terminal and without secrets, or empty
	Err   error        // the technical cause, or nil
}

func (e *Error) Error() string {
	text := e.Title + ": " + e.Text
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *Error) Problem() problem.Problem {
	return problem.Problem{Kind: e.Kind, Title: e.Title, Text: e.Text, Next: e.Next}
}

// explained reports whether an error already speaks to people.
func explained(err error) bool {
	_, ok := problem.Of(err)
	return ok
}
