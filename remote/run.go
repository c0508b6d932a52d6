package remote

import (
	"context"
	"io"
	"io/fs"
)

// Command is something to run on a host.
type Command struct {
	Script string            // for a POSIX sh
	Env    map[string]string // reaches the script only, never a process list
	Stdin  io.Reader         // nil is empty
	Stdout io.Writer         // nil drops it
	Stderr io.Writer         // nil drops it
}

// ExitError is a command that ended with another status than 0.
type ExitError struct {
	Code   int    // -1 when it was ended by a signal
	Signal string // "KILL", or empty
	Stderr string // the last 2 KiB it printed there, safe for a terminal
}

func (e *ExitError) Error() string { return "exit" }

// Explain tells the error in plain words; the kind is "server".
func (e *ExitError) Explain() (kind, title, text, next string) { return "server", "", "", "" }

// Run runs a command and waits for it. When ctx ends it is sent SIGTERM and
// left. Its errors are *ExitError, *Error and ctx's own.
func (c *Client) Run(ctx context.Context, cmd Command) error { return errSkeleton }

// Output runs a script and answers what it printed (at most 4 MiB), as it is:
// unsafe for a terminal.
func (c *Client) Output(ctx context.Context, script string) (string, error) { return "", errSkeleton }

// Upload writes a file on the host: complete or not at all, whatever happens.
// A relative path begins in the home folder; missing folders are made with
// mode 0700. Mode 0 means 0600.
func (c *Client) Upload(ctx context.Context, path string, mode fs.FileMode, content io.Reader) error {
	return errSkeleton
}
