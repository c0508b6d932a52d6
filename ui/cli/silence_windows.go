package cli

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sys/windows"
)

// silenced keeps a console from showing what is typed, until the function that
// it returns is called. Ctrl-C and the like stay what they are.
func silenced(f *os.File) (off func()) {
	h := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(h, &before); err != nil {
		return func() {} // it is no console
	}
	if err := windows.SetConsoleMode(h, before&^windows.ENABLE_ECHO_INPUT); err != nil {
		return func() {}
	}
	return sync.OnceFunc(func() {
		_ = windows.SetConsoleMode(h, before) // the console has gone, or is as it was
	})
}

// suspends does nothing: this system suspends no program.
func suspends(context.Context, func() (off func())) {}
