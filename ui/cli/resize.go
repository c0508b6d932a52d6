package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

type resizeOptions struct{ stop, start bool }

func (p *Program) resizeCommand(sandbox *bool) *cobra.Command {
	o := &resizeOptions{}
	cmd, _ := commandSpec{
		use: "resize NAME TYPE", short: "Give a machine another instance type", least: 2, most: 2,
		want: "name a setup and an instance type, t3.large for example",
		long: `Gives a machine another instance type, with the same disk. The machine has to be stopped for that: a running one is stopped after you confirm, or with --stop; its kernels are lost.

With --json, events of the steps, with --start a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 resize jupyter t3.large
jupyter-ec2 resize jupyter g5.xlarge --stop --start`,
		complete: resizeWords,
		run:      func(ctx context.Context, r *request) error { return r.resize(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&o.stop, "stop", false, "stop a running machine without asking")
	cmd.Flags().BoolVar(&o.start, "start", false, "start it afterwards, up to its URL")
	return cmd
}

func (r *request) resize(ctx context.Context, o *resizeOptions) error {
	t, err := r.look(ctx, r.args[0])
	if err != nil {
		return err
	}
	s, kind := t.setup, r.args[1]
	if s.Resources.InstanceID == "" || s.State.Gone() {
		return t.mustRun()
	}
	if err := t.fits(ctx, kind); err != nil {
		return err
	}
	if s.State != steps.StateStopped {
		if err := t.stopFirst(ctx, o.stop); err != nil {
			return err
		}
	}
	if err := t.work(func(emit func(steps.Event)) error { return t.engine.Resize(ctx, s.ID, kind, emit) }); err != nil {
		return err
	}
	if o.start {
		r.line("%s is a %s now.", s.Answers.Name, kind)
		return t.start(ctx, "")
	}
	r.done(s, "%s is a %s now. Start it: %s", s.Answers.Name, kind, t.asCommand("start"))
	return nil
}

// fits checks a type before the machine is stopped for it. Where the types cannot
// be listed, the change itself tells.
func (t *taken) fits(ctx context.Context, kind string) error {
	a := t.setup.Answers
	types, err := t.engine.Types(ctx, steps.Place{Profile: a.Profile, Region: a.Region})
	if err != nil {
		return ctx.Err()
	}
	next, now := typeNamed(types, kind), typeNamed(types, a.Type)
	switch {
	case next == nil:
		return &usageError{
			text: fmt.Sprintf("there is no type %q in %s", kind, a.Region),
			next: meant(nearestType(types, kind), "See "+name+" resize --help."),
		}
	case now == nil:
		return nil
	}
	return steps.SameProcessor(*now, *next)
}

// stopFirst stops the machine when the person agrees.
func (t *taken) stopFirst(ctx context.Context, agreed bool) error {
	if !agreed {
		if err := t.mustAsk("add --stop to stop the machine first"); err != nil {
			return err
		}
		t.note("%s is %s. To change its type it has to stop: running kernels and what is in their memory are lost.\n", t.setup.Answers.Name, t.setup.State)
		yes, err := t.asker().confirm(ctx, "Stop it?")
		if err != nil {
			return err
		}
		if !yes {
			return declined("Nothing was changed", "The machine keeps running; run this again with --stop when it can be stopped.")
		}
	}
	return t.work(func(emit func(steps.Event)) error { return t.engine.Stop(ctx, t.setup.ID, emit) })
}

// declined is the end of a command that asked and got no yes.
func declined(title, next string) error {
	return &problemError{[]problem.Problem{{
		Kind: problem.Interrupted, Title: title, Text: "You did not say yes.", Next: problem.Say(next),
	}}}
}
