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
	if signal.Ignored(syscall.SIGTSTP) {
		return
	}
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
			if hasShell() {
				stopHere(ctx)
			}
			off()
		}
	}()
}

// stopHere stops the program's process group until it is continued. Go does not
// give SIGTSTP its own effect back once it was listened to.
func stopHere(ctx context.Context) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if syscall.Kill(0, syscall.SIGSTOP) != nil {
		return
	}
	select { // the stop comes a moment later
	case <-continued:
	case <-ctx.Done():
	}
}

// hasShell reports whether the program was started by a shell that can continue
// it: one in the same session that has a process group of its own.
func hasShell() bool {
	parent := os.Getppid()
	mine, errMine := unix.Getsid(0)
	its, errIts := unix.Getsid(parent)
	group, errGroup := unix.Getpgid(parent)
	return errMine == nil && errIts == nil && errGroup == nil && mine == its && group != unix.Getpgrp()
}
