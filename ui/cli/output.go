package cli

import (
	"context"
	"io"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// stdout is the standard output, which remembers that something could not be
// written there: whoever prints need not look, and the program does not end
// with 0 all the same.
type stdout struct {
	w io.Writer
	// broken is told once, when whoever read the output has gone.
	broken context.CancelFunc

	mu   sync.Mutex
	lost error
}

func (o *stdout) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err == nil {
		return n, nil
	}
	lost := &outputError{err}
	o.mu.Lock()
	if o.lost == nil {
		o.lost = lost
	}
	o.mu.Unlock()
	if closedPipe(err) {
		o.broken()
	}
	return n, lost
}

// err is the first failure, or nil.
func (o *stdout) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

// Fd, Read and Close make the output a file where it is one, for whoever asks
// whether it is a terminal.
func (o *stdout) Fd() uintptr {
	if f, ok := o.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0) // no file at all
}

func (o *stdout) Read([]byte) (int, error) { return 0, io.EOF }
func (o *stdout) Close() error             { return nil }

// outputError is output that could not be written: to a full disk, for example.
type outputError struct{ err error }

func (e *outputError) Error() string { return "write the output: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// Problem returns the error in plain words.
func (e *outputError) Problem() problem.Problem {
	return problem.Problem{
		Kind: problem.Failed, Title: "The output could not be written", Text: problem.Sentence(e.err.Error()),
		Next: problem.Say("Nothing else is wrong. Make room, or write somewhere else, and ").Do(problem.Retry).Say(": nothing is done twice."),
	}
}

// unheard is the error of output that was lost, for a command that would wait
// now although nobody was told for what.
func (p *Program) unheard() error {
	if o, ok := p.Out.(*stdout); ok {
		return o.err()
	}
	return nil
}
