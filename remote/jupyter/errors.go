package jupyter

import "errors"

// Error is a failure on the host or of its server, in plain words.
type Error struct {
	Kind  string // "server" or "unreachable"
	Title string // one short line: what does not work
	Text  string // what happened
	Next  string // what to do now
	Raw   string // what the host said, safe for a terminal and without secrets, or empty
	Err   error  // the technical cause, or nil
}

func (e *Error) Error() string {
	text := e.Title + ": " + e.Text
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Explain returns the error in plain words.
func (e *Error) Explain() (kind, title, text, next string) {
	return e.Kind, e.Title, e.Text, e.Next
}

// explained reports whether an error already speaks to people.
func explained(err error) bool {
	var e interface {
		Explain() (kind, title, text, next string)
	}
	return errors.As(err, &e)
}
