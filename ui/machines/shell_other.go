//go:build !unix

package machines

import "context"

// resized tells nothing where there is no signal for it: the shell keeps the
// size it began with.
func resized(context.Context, int) <-chan [2]int { return nil }
