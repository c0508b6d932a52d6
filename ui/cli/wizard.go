package cli

import (
	"context"
	"errors"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// errCutOff is for the exit code alone: the person cut the work off, and knows.
var errCutOff = errors.New("the work was interrupted")

// wizard runs the screen program, and then leaves on the terminal what the
// person should still know when the screen is gone.
func (p *Program) wizard(ctx context.Context, sandbox bool, choice theme.Choice) error {
	ask := ui.NewAsker()
	engine, err := p.Engine(sandbox, ask)
	if err != nil {
		return err
	}
	p.linger = 0 // whoever quits the screen is not kept waiting
	ctx, done := whileThere(ctx, os.Stdin)
	defer done()
	left, err := ui.Run(ctx, ui.Options{
		Engine: engine, Asker: ask, Env: os.Environ(), Open: func(url string) error { _, err := p.Browse(url); return err }, Version: version(), Now: p.Now, Theme: choice,
		Start: func() steps.Start { return p.wizardStart(sandbox) },
	})
	if err != nil {
		return err
	}
	p.farewell(left)
	if left.Interrupted {
		return errCutOff
	}
	return nil
}

// farewell says what is there now: of each setup that is left, and of those
// that were removed.
func (p *Program) farewell(o ui.Outcome) {
	for _, s := range o.Left {
		switch {
		case s.Resources.Removing:
			p.note("The removal of %s is not finished. Finish it: %s\n", s.Answers.Name, asCommand("rm", s))
		case s.State == steps.StateStopped:
			p.note("The machine of %s is stopped%s. Start it again: %s\n", s.Answers.Name, diskCost(s), asCommand("start", s))
		default:
			p.keepsRunning(s)
		}
	}
	for _, s := range o.Cleared {
		p.note("%s was removed: nothing of it is left.\n", s.Answers.Name)
	}
}

// diskCost is what a stopped machine's disk costs.
func diskCost(s steps.Setup) string {
	switch {
	case s.Sandbox:
		return ""
	case !s.Cost.Known || s.Cost.DiskUnknown:
		return "; its disk still costs a little"
	}
	return "; its disk costs " + wording.Monthly(s.Cost.StoppedMonth) + " a month"
}
