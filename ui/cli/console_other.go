//go:build !unix

package cli

import (
	"context"
	"os"
)

// whileThere is ctx: this system ends what was in a terminal that is closed.
func whileThere(ctx context.Context, _ *os.File) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}
