//go:build unix

package ui

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A stop may take so many short waits to come. Where no shell could continue the
// program, as where it is a terminal's only one, the system drops the signal.
const (
	stopWaits = 20
	stopWait  = 30 * time.Millisecond
)

// stopHere stops the program's process group, as the terminal would, and
// returns when it is continued.
func stopHere() error {
	if signal.Ignored(syscall.SIGTSTP) {
		return errNoShell
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return fmt.Errorf("stop the program: %w", err)
	}
	// The clock continues while the process is stopped, and on a busy computer while
	// it is not: it tells nothing, and the waits are counted. Of one that was stopped,
	// a single one is over at once, and the others are for the signal to be told.
	for range stopWaits {
		select {
		case <-continued:
			return nil
		case <-time.After(stopWait):
		}
	}
	return errNoShell
}
