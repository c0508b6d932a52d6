package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) extendCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "extend NAME [DURATION]", short: "Postpone a machine's auto-stop", least: 1, most: 2,
		want: "name one setup, and for how long to keep it running (1h)",
		long: `Keeps a machine running for at least that long from now (1h), idle or not, whatever its lifetime. "idle" changes the rule itself.

With --json, a line of kind "machine" and a last one of kind "done".`,
		example: `jupyter-ec2 extend jupyter
jupyter-ec2 extend jupyter 3h`,
		complete: spanAfterName(func() []string { return []string{"30m", "1h", "2h", "8h"} }),
		run:      func(ctx context.Context, r *request) error { return r.extend(ctx) },
	}.command(p, sandbox)
	return cmd
}

// spanAfterName completes a name, and then one of the words.
func spanAfterName(words func() []string) func(context.Context, *request, string) ([]string, cobra.ShellCompDirective) {
	return func(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective) {
		if len(r.args) == 1 {
			return words(), cobra.ShellCompDirectiveNoFileComp
		}
		return firstName(ctx, r, word)
	}
}

func (r *request) extend(ctx context.Context) error {
	by := steps.ExtendBy
	if len(r.args) > 1 {
		var err error
		if by, err = steps.ParseLimit(r.args[1]); err != nil || by == 0 {
			return usage("extend", "%q is not a duration: write 45m or 2h30m", r.args[1])
		}
	}
	if by == steps.Never {
		return &usageError{
			text: "a stop can be postponed for a limited time only",
			next: "Change the rule itself: " + commandOn("idle", problem.Action{Name: r.args[0], Sandbox: onlySandbox(r.worlds)}, "never", "--lifetime", "never"),
		}
	}
	t, link, err := r.connect(ctx, r.args[0])
	if err != nil {
		return err
	}
	defer func() { _ = link.Close() }() // what it said is here
	h, err := link.Extend(ctx, by.Duration())
	if err != nil {
		return err
	}
	m := machine{Machine: steps.Machine{Setup: t.setup}, health: &h}
	r.object(m.json(r.Now()))
	if left, ok := m.left(); ok {
		r.done(t.setup, "%s keeps running: it stops in %s at the earliest.", t.setup.Answers.Name, wording.Span(left))
	} else {
		r.done(t.setup, "%s keeps running; currently it does not stop automatically.", t.setup.Answers.Name)
	}
	return nil
}
