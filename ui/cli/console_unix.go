//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// resizes tells the terminal's new sizes, width first, until ctx ends.
func resizes(ctx context.Context, f *os.File) <-chan [2]int {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	sizes := make(chan [2]int)
	go func() {
		defer signal.Stop(changed)
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			width, height, err := term.GetSize(int(f.Fd()))
			if err != nil {
				continue // the terminal is going away
			}
			select {
			case sizes <- [2]int{width, height}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes
}
