//go:build unix

package sshhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// makePipe makes a named pipe that only the identity can write to, and opens it.
func makePipe(path string, who identity) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing the pipe of an earlier start: %w", err)
	}
	err := unix.Mkfifo(path, 0o600)
	if err == nil {
		err = who.own(path)
	}
	var pipe *os.File
	if err == nil {
		// For reading and writing, it opens without someone at the other end.
		pipe, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("making the pipe by which the host is switched off: %w", err)
	}
	return pipe, nil
}
