//go:build linux || darwin

package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// listing is ls in a terminal, whose regions do not answer yet.
func listing(t *testing.T, ctx context.Context, cols, rows int, args ...string) (screen *tuitest.Terminal, hold chan struct{}, done chan int) {
	t.Helper()
	screen, hold, done = tuitest.Open(t, cols, rows), make(chan struct{}), make(chan int, 1)
	e := two()
	e.AnyOrder, e.Hold = false, map[string]chan struct{}{"survey eu-north-1": hold}
	r := run{engine: e, terminal: true, output: screen.TTY, errput: screen.TTY}
	go func() { done <- r.do(ctx, append([]string{"ls"}, args...)...) }()
	return screen, hold, done
}

// In a terminal the ledger's machines are there at once, as last seen, and the
// answers take their place.
func TestLsShowsTheLedgerAtOnce(t *testing.T) {
	screen, hold, done := listing(t, t.Context(), 160, 24)
	screen.See(`NAME +STATE(?s:.*)○ running\?(?s:.*)big(?s:.*)Asking the regions`)
	awaitEcho(t, screen.TTY, false)
	close(hold)
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	shown := screen.See(`(?m)did not answer(?s:.*)^small +! running +ssh(?s:.*)^big +! running\?(?s:.*)^far +● running, elsewhere(?s:.*)could not be checked`)
	if strings.Contains(shown, "Asking") || strings.Count(shown, "NAME") != 1 || strings.Count(shown, "ssh ") != 1 {
		t.Errorf("something of the drawing was left:\n%s", shown)
	}
	awaitEcho(t, screen.TTY, true)
}

// Where the terminal is too low for all machines, what there is room for is shown
// meanwhile, and all of them at the end.
func TestLsInALowTerminal(t *testing.T) {
	screen, hold, done := listing(t, t.Context(), 160, 4)
	shown := screen.See(`NAME(?s:.*)small(?s:.*)Asking the regions`)
	if strings.Contains(shown, "big") {
		t.Errorf("there is no room for it:\n%s", shown)
	}
	close(hold)
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Ctrl-C gives the terminal back.
func TestLsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	screen, _, done := listing(t, ctx, 160, 24)
	screen.See(`Asking the regions`)
	cancel()
	if code := <-done; code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if shown := screen.See(`Stopped`); strings.Contains(shown, "Asking") {
		t.Errorf("the drawing stays:\n%s", shown)
	}
	awaitEcho(t, screen.TTY, true)
}
