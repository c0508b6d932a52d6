package cli

import (
	"errors"
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The exit codes, as --help documents them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitUnreachable = 4
	exitServer      = 5
	exitInterrupted = 130
	// exitPipe is what a shell says of a program that the system has ended
	// because nobody read its output any more. Where that signal is ignored,
	// the program ends like that too, and says nothing.
	exitPipe = 141
)

const exitHelp = `Exit codes:
  0    done
  1    failed
  2    wrong usage, or an answer that cannot be used
  3    refused by the cloud: credentials, permission, quota, capacity
  4    the machine, or AWS, cannot be reached
  5    the install or the server failed
  130  interrupted before it was done`

// exitCode maps what a person does next to what a script sees.
func exitCode(kind problem.Kind) int {
	switch kind {
	case problem.Answers:
		return exitUsage
	case problem.Credentials, problem.Refused:
		return exitRefused
	case problem.Unreachable:
		return exitUnreachable
	case problem.Server:
		return exitServer
	case problem.Interrupted:
		return exitInterrupted
	default:
		return exitFailed
	}
}

// usageError is a command line that cannot be run.
type usageError struct {
	text string
	next string
	err  error
}

func (e *usageError) Error() string { return e.text }
func (e *usageError) Unwrap() error { return e.err }

// Problem returns the error in plain words.
func (e *usageError) Problem() problem.Problem {
	return problem.Problem{Kind: problem.Answers, Title: "Wrong usage", Text: problem.Sentence(e.text), Next: problem.Say(e.next)}
}

// usage makes a usageError; command is whose --help tells more, "up" for example.
func usage(command, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	next := "See " + name + " --help."
	if command != "" {
		next = "See " + name + " " + command + " --help."
	}
	return &usageError{text: err.Error(), next: next, err: errors.Unwrap(err)}
}

// commandExit ends the program with the exit code of a command on the machine,
// which has said itself what there is to say.
type commandExit struct{ code int }

func (e *commandExit) Error() string { return fmt.Sprintf("the command ended with %d", e.code) }

// stepError is a failure of the guide's work, with the step that failed.
type stepError struct {
	step steps.StepID
	err  error
}

func (e *stepError) Error() string { return string(e.step) + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// failedStep says which step an error belongs to, or "".
func failedStep(err error) steps.StepID {
	if e, ok := errors.AsType[*stepError](err); ok {
		return e.step
	}
	return ""
}
