package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) startCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "start NAME", short: "Start a stopped machine, up to its URL", least: 1, most: 1, want: oneName,
		long: `Starts a stopped machine and its server, runs a cell in it, and prints the URL as the last line. It holds no tunnel: in ssh mode "open" does, and the URL is that of a tunnel which is open already, or of the next one.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 start jupyter
jupyter-ec2 start jupyter && jupyter-ec2 open jupyter`,
		run: func(ctx context.Context, r *request) error {
			t, err := r.look(ctx, r.args[0])
			if err != nil {
				return err
			}
			return t.start(ctx, "")
		},
	}.command(p, sandbox)
	return cmd
}

// start goes through the steps and prints the URL, without a tunnel. A setup
// that was never launched has had no review yet, and is not launched here; nor
// is another machine for one that is gone.
// what, unless empty, is told once it is so.
func (t *taken) start(ctx context.Context, what string) error {
	if !t.setup.State.Off() {
		if err := t.mustRun(); err != nil {
			return err
		}
	}
	var opened *steps.Opened
	err := t.work(func(emit func(steps.Event)) (err error) {
		opened, err = t.engine.Work(ctx, t.setup.ID, emit)
		return err
	})
	if err != nil {
		return err
	}
	tunnelled := opened.Tunnel != nil
	if err := opened.Leave(); err != nil {
		return fmt.Errorf("close the tunnel: %w", err)
	}
	if what != "" {
		t.line("%s", what)
	}
	t.printer().ready(opened)
	t.note("%s", needsTunnel(opened, tunnelled))
	t.done(opened.Setup, "")
	return nil
}

// follow makes a running machine follow its setup's new answers. One that is
// stopped follows when it is started, and is not started for that: it would cost.
func (t *taken) follow(ctx context.Context, what string) error {
	if t.setup.State.Off() || t.setup.Resources.InstanceID == "" {
		t.done(t.setup, "%s This takes effect when the machine is started: %s", what, t.asCommand("start"))
		return nil
	}
	return t.start(ctx, what)
}
