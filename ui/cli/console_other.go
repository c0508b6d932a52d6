//go:build !unix

package cli

import (
	"context"
	"os"
)

// resizes tells nothing: this system has no signal for it.
func resizes(context.Context, *os.File) <-chan [2]int { return nil }
