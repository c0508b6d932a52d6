package cli

import (
	"context"
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tty"
)

// openConsole puts the terminal into raw mode, so that every key goes to the
// machine, Ctrl-C too. restore puts it back, and may be called twice.
func openConsole(ctx context.Context, in, out *os.File, name string) (t steps.Terminal, restore func() error, err error) {
	fd := int(in.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return t, nil, fmt.Errorf("put the terminal into raw mode: %w", err)
	}
	legible := tty.UTF8()
	ctx, cancel := context.WithCancel(ctx)
	restore = sync.OnceValue(func() error {
		cancel()
		legible()
		if err := term.Restore(fd, old); err != nil {
			return fmt.Errorf("restore the terminal: %w", err)
		}
		return nil
	})
	t = steps.Terminal{In: in, Out: out, Term: name}
	// Without a size the far end takes its own default.
	t.Width, t.Height, _ = term.GetSize(int(out.Fd()))
	t.Resized = tty.Sizes(ctx, int(out.Fd()))
	return t, restore, nil
}
