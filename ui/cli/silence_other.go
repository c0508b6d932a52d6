//go:build !linux && !darwin && !windows

package cli

import (
	"context"
	"os"
)

// silenced does nothing: this system's terminals are left as they are.
func silenced(*os.File) (off func()) { return func() {} }

// suspends does nothing: this system suspends no program.
func suspends(context.Context, func() (off func())) {}
