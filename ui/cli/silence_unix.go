//go:build linux || darwin

package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// silenced keeps a terminal from showing what is typed, until the function that
// it returns is called. Ctrl-C and the like stay what they are.
func silenced(f *os.File) (off func()) {
	before, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		return func() {} // it is no terminal
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(f.Fd()), setTermios, &quiet); err != nil {
		return func() {}
	}
	return sync.OnceFunc(func() {
		_ = unix.IoctlSetTermios(int(f.Fd()), setTermios, before) // the terminal has gone, or is as it was
	})
}

// suspends has the terminal tidied before Ctrl-Z suspends the program, and
// drawn again when it comes back, until ctx ends.
func suspends(ctx context.Context, alone func() (off func())) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTSTP)
	go func() {
		defer signal.Stop(asked)
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
			}
			off := alone()
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) // it may always stop itself
			off()
		}
	}()
}
