package tty

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sys/windows"
)

// every is how soon a new size is seen.
const every = 250 * time.Millisecond

// Sizes tells the terminal's new sizes, width first, until ctx ends. A console
// has no signal for them, and is asked.
func Sizes(ctx context.Context, fd int) <-chan [2]int {
	tick := time.NewTicker(every)
	context.AfterFunc(ctx, tick.Stop)
	return whenever(ctx, tick.C, func() (int, int, bool) { return size(fd) }, false)
}

// utf8 is the number of the code page.
const utf8 = 65001

// UTF8 has what is typed come as UTF-8 until the function that it returns is
// called: a console gives it in the code page of the country, which the machine
// does not know.
func UTF8() (restore func()) {
	before, err := windows.GetConsoleCP()
	if err != nil || windows.SetConsoleCP(utf8) != nil {
		return func() {} // it is no console
	}
	return sync.OnceFunc(func() { _ = windows.SetConsoleCP(before) }) // the console has gone, or is as it was
}
