// Package tty has what a shell on a machine needs of this computer's terminal
// beside the raw mode.
package tty

import (
	"context"

	"golang.org/x/term"
)

// size is a terminal's size in cells, if it tells.
func size(fd int) (width, height int, ok bool) {
	width, height, err := term.GetSize(fd)
	return width, height, err == nil
}

// whenever tells the sizes that a terminal has when it is asked, where they
// have changed. It asks whenever ask is ready, until ctx ends.
func whenever[T any](ctx context.Context, ask <-chan T, size func() (width, height int, ok bool), all bool) <-chan [2]int {
	sizes := make(chan [2]int, 1)
	go func() {
		width, height, _ := size()
		last := [2]int{width, height}
		for {
			select {
			case <-ctx.Done():
				return
			case <-ask:
			}
			width, height, ok := size()
			now := [2]int{width, height}
			if !ok || !all && now == last {
				continue // the terminal is going away, or is as it was
			}
			last = now
			select {
			case sizes <- now:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes
}
