//go:build unix

package cli

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// whileThere is a context that ends with the terminal. Where hangups are
// ignored nothing else tells of that: reading from a terminal that is gone is
// only the end of the input.
func whileThere(ctx context.Context, terminal *os.File) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil {
			look := []unix.PollFd{{Fd: int32(terminal.Fd())}} // #nosec G115 -- a small number; a hangup needs not be asked for
			_, err := unix.Poll(look, 1000)
			switch {
			case err != nil: // a signal came
			case look[0].Revents&unix.POLLHUP != 0:
				cancel()
			case look[0].Revents&unix.POLLNVAL != 0:
				return // this system does not tell of terminals
			}
		}
	}()
	return ctx, cancel
}
