package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) idleCommand(sandbox *bool) *cobra.Command {
	life := &limitFlag{}
	cmd, _ := verb{
		use: "idle NAME DURATION|never", short: "Change when a machine stops by itself", least: 1, most: 2,
		want: "name one setup, and after how long without activity it shall stop (60m), or never",
		long: `Changes when a machine stops by itself: when nothing has gone on there for so long (60m at first), and with --lifetime when it has run for so long in all (12h at first). A running cell, an SSH login and a copy count as activity; an open browser tab alone does not. Files are kept. A stopped machine is not started: the rule holds from its next start.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 idle jupyter 2h
jupyter-ec2 idle jupyter never --lifetime 24h
jupyter-ec2 idle jupyter --lifetime never`,
		complete: spanAfterName(limitWords),
		run:      func(ctx context.Context, r *request) error { return r.idle(ctx, life) },
	}.command(p, sandbox)
	cmd.Flags().Var(life, "lifetime", "stop it when it has run for so long, or never")
	// The flag exists: it is defined above.
	_ = cmd.RegisterFlagCompletionFunc("lifetime", cobra.FixedCompletions(limitWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (r *request) idle(ctx context.Context, life *limitFlag) error {
	if len(r.args) == 1 && !life.given {
		return usage("idle", "say after how long without activity the machine shall stop (60m), or never")
	}
	var idle steps.Limit
	if len(r.args) > 1 {
		var err error
		if idle, err = parseLimit(r.args[1]); err != nil {
			return usage("idle", "%w", err)
		}
	}
	t, err := r.see(ctx, r.args[0])
	if err != nil {
		return err
	}
	a := t.setup.Answers
	if idle == 0 {
		idle = a.IdleStop
	}
	lifetime := a.Lifetime
	if life.given {
		lifetime = life.limit
	}
	if t.setup, err = t.kept(t.guide.SetLimits(ctx, t.setup.ID, idle, lifetime)); err != nil {
		return err
	}
	said := a.Name + " stops by itself " + strings.Join(stopRules(t.setup.Answers), ", and ") + "."
	if idle.Or(steps.DefaultIdleStop) == steps.Never && lifetime.Or(steps.DefaultLifetime) == steps.Never {
		said = a.Name + " never stops by itself: it runs until you stop it."
		if !t.setup.Sandbox {
			said = a.Name + " never stops by itself: it costs money until you stop it."
		}
	}
	return t.follow(ctx, said)
}

// kept is the setup with new answers, and the state as it was looked at.
func (t *taken) kept(s steps.Setup, err error) (steps.Setup, error) {
	if err != nil {
		return t.setup, err
	}
	seen := t.setup
	seen.Answers = s.Answers
	return seen, nil
}
