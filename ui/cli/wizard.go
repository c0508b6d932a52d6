package cli

import (
	"context"
	"errors"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/ui"
)

// errCutOff is for the exit code alone: the person cut the work off, and knows.
var errCutOff = errors.New("the work was cut off")

// wizard runs the screen program, and then leaves on the terminal what the
// person should still know when the screen is gone.
func (p *Program) wizard(ctx context.Context, sandbox bool) error {
	ask := ui.NewAsker()
	guide, err := p.Guide(sandbox, ask)
	if err != nil {
		return err
	}
	left, err := ui.Run(ctx, ui.Options{
		Engine: guide, Asker: ask, Env: os.Environ(), Open: func(url string) error { _, err := p.Browse(url); return err }, Version: version(), Now: p.Now,
	})
	if err != nil {
		return err
	}
	for _, s := range left.Left {
		switch {
		case s.State != "stopped":
			p.keepsRunning(s)
		case !s.Sandbox:
			p.note("The machine of %s is stopped; its disk costs $%.2f a month.\n", s.Answers.Name, s.Cost.StoppedMonth)
		}
	}
	if left.Interrupted {
		return errCutOff
	}
	return nil
}
