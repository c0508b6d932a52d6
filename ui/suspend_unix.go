//go:build unix

package ui

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopsWithin is how long a stop may take to come. Where no shell could continue
// the program, as where it is a terminal's only one, the system drops the signal.
const stopsWithin = 300 * time.Millisecond

// stopHere stops the program's process group, as the terminal would, and
// returns when it is continued.
func stopHere() error {
	if signal.Ignored(syscall.SIGTSTP) {
		return errNoShell
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	began := time.Now()
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return fmt.Errorf("stop the program: %w", err)
	}
	// The clock continues while the process is stopped: after that the wait is
	// over, though the signal may be told only a moment later.
	for wait := stopsWithin; wait > 0; wait = stopsWithin*2 - time.Since(began) {
		select {
		case <-continued:
			return nil
		case <-time.After(wait):
		}
	}
	if time.Since(began) > stopsWithin*3 {
		return nil
	}
	return errNoShell
}
