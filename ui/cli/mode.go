package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type modeOptions struct{ noTLS bool }

func (p *Program) modeCommand(sandbox *bool) *cobra.Command {
	o := &modeOptions{}
	cmd, _ := commandSpec{
		use: "mode NAME ssh|http|gateway", short: "Change how a machine is reached", least: 2, most: 2,
		want: "name a setup and a mode: ssh, http or gateway",
		long: `Changes how a machine is reached: through a tunnel (ssh), at its address (http), or as kernels for a notebook elsewhere (gateway). The security group is updated, and the server restarts: running kernels are lost. The new URL is printed as the last line. A stopped machine is not started: the change applies at its next start.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 mode jupyter http
jupyter-ec2 mode jupyter ssh`,
		complete: func(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective) {
			if len(r.args) == 1 {
				return modeWords(), cobra.ShellCompDirectiveNoFileComp
			}
			return firstName(ctx, r, word)
		},
		run: func(ctx context.Context, r *request) error { return r.mode(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&o.noTLS, "no-tls", false, "serve plain HTTP in http and gateway mode, as the guide does")
	return cmd
}

func modeWords() []string {
	return []string{string(steps.ModeSSH), string(steps.ModeHTTP), string(steps.ModeGateway)}
}

func (r *request) mode(ctx context.Context, o *modeOptions) error {
	mode := steps.Mode(r.args[1])
	switch {
	case !slices.Contains(modeWords(), r.args[1]):
		return usage("mode", "the mode %q is not one of ssh, http, gateway", mode)
	case o.noTLS && mode == steps.ModeSSH:
		return usage("mode", "--no-tls is for http and gateway mode: in ssh mode the tunnel protects what goes through it")
	}
	t, err := r.look(ctx, r.args[0])
	if err != nil {
		return err
	}
	if _, err := t.engine.SetMode(ctx, t.setup.ID, mode, o.noTLS); err != nil {
		return err
	}
	return t.follow(ctx, t.setup.Answers.Name+" is in "+string(mode)+" mode now.")
}
