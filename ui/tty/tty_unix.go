//go:build unix

package tty

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Sizes tells the terminal's new sizes, width first, until ctx ends.
func Sizes(ctx context.Context, fd int) <-chan [2]int {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	context.AfterFunc(ctx, func() { signal.Stop(changed) })
	return whenever(ctx, changed, func() (int, int, bool) { return size(fd) }, true)
}

// UTF8 has what is typed come as UTF-8 until the function that it returns is
// called. Here it does anyway.
func UTF8() (restore func()) { return func() {} }
