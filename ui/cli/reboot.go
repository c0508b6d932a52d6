package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) rebootCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "reboot NAME", short: "Restart a machine; its address stays", least: 1, most: 1, want: oneName,
		long: `Restarts a machine. Its address, its disk and its URL stay; running kernels and what is in their memory are lost. The server restarts automatically.

With --json, events of the steps, and a last line of kind "done".`,
		example: `jupyter-ec2 reboot jupyter`,
		run: func(ctx context.Context, r *request) error {
			t, err := r.reach(ctx, r.args[0])
			if err != nil {
				return err
			}
			err = t.work(func(emit func(steps.Event)) error { return t.engine.Reboot(ctx, t.setup.ID, emit) })
			if err == nil {
				r.done(t.setup, "%s restarts. Open it again: %s", t.setup.Answers.Name, t.asCommand("open"))
			}
			return err
		},
	}.command(p, sandbox)
	return cmd
}
