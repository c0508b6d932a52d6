//go:build unix

package machines

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// resized tells the terminal's new sizes until ctx ends.
func resized(ctx context.Context, fd int) <-chan [2]int {
	sizes := make(chan [2]int, 1)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			w, h, err := term.GetSize(fd)
			if err != nil {
				continue
			}
			select {
			case sizes <- [2]int{w, h}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes
}
