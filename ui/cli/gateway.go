package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// ownKernels is the word for a notebook without a gateway.
const ownKernels = "none"

func (p *Program) gatewayCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "gateway NAME GATEWAY|none", short: "Give a notebook the kernels of a gateway's machine", least: 2, most: 2,
		want: "name a setup and the gateway whose kernels to use, or none",
		long: `Gives the notebook of one machine the kernels of another, which is in gateway mode: files stay on the first, the work is done on the second. "none" gives the notebook its own kernels back. The server restarts: running kernels are lost. The URL is printed as the last line. A stopped machine is not started: the change applies at its next start.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 gateway small big
jupyter-ec2 gateway small none`,
		complete: func(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective) {
			if len(r.args) == 1 {
				none := cobra.CompletionWithDesc(ownKernels, "its own kernels")
				return append(r.gatewayNames(ctx), none), cobra.ShellCompDirectiveNoFileComp
			}
			return firstName(ctx, r, word)
		},
		run: func(ctx context.Context, r *request) error { return r.useGateway(ctx) },
	}.command(p, sandbox)
	return cmd
}

// gatewayNames completes the names of the setups in gateway mode.
func (r *request) gatewayNames(ctx context.Context) []string {
	setups, err := r.setups(ctx, r.worlds)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range setups {
		if s.Answers.Mode == steps.ModeGateway {
			out = append(out, cobra.CompletionWithDesc(s.Answers.Name, s.Answers.Type+", "+wording.State(s.Standing(), s.State)))
		}
	}
	return out
}

// takeGateway finds a setup that has to be a gateway, in the given worlds.
func (r *request) takeGateway(ctx context.Context, want string, worlds []bool) (steps.Setup, error) {
	s, err := r.find(ctx, worlds, want, r.command)
	if err != nil {
		return s, err
	}
	if s.Answers.Mode != steps.ModeGateway {
		return s, &usageError{
			text: "The machine " + want + " is in " + string(s.Answers.Mode) + " mode, and no gateway",
			next: "Make it one: " + commandOn("mode", onSetup(s), "gateway"),
		}
	}
	return s, nil
}

func (r *request) useGateway(ctx context.Context) error {
	t, err := r.look(ctx, r.args[0])
	if err != nil {
		return err
	}
	if t.setup.Answers.Mode == steps.ModeGateway {
		return &usageError{
			text: "The machine " + r.args[0] + " is a gateway itself, which has no notebook",
			next: "Make it a notebook: " + commandOn("mode", onSetup(t.setup), "ssh"),
		}
	}
	id, said := "", t.setup.Answers.Name+" uses its own kernels now."
	if r.args[1] != ownKernels {
		// Both machines have to be in one world: they reach each other.
		gateway, err := r.takeGateway(ctx, r.args[1], []bool{t.setup.Sandbox})
		if err != nil {
			return err
		}
		id, said = gateway.ID, t.setup.Answers.Name+" uses the kernels of "+gateway.Answers.Name+" now."
	}
	if _, err := t.engine.UseGateway(ctx, t.setup.ID, id); err != nil {
		return err
	}
	return t.follow(ctx, said)
}
