//go:build !unix && !windows

package tty

import "context"

// Sizes tells nothing: this system has no signal for it.
func Sizes(context.Context, int) <-chan [2]int { return nil }

// UTF8 does nothing: this system has no other form.
func UTF8() (restore func()) { return func() {} }
