package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) rmCommand(sandbox *bool) *cobra.Command {
	discard := false
	cmd, r := commandSpec{
		use: "rm NAME", aliases: []string{"remove"},
		short: "Terminate a setup's machine and remove all it created", least: 1, most: 1, want: oneName,
		long: `Terminates the machine with everything on its disk, and removes the security group, the key pair and the local files that the setup created. What existed before the setup stays. What is new in the setup's project is brought back first; where that cannot be done, nothing is removed, unless with --discard.

With --json, events of the removal, and a last line of kind "done".`,
		example: `jupyter-ec2 rm jupyter
jupyter-ec2 rm jupyter --yes`,
		run: func(ctx context.Context, r *request) error { return r.rm(ctx, discard) },
	}.command(p, sandbox)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&discard, "discard", false, "lose what the machine alone has of the project")
	return cmd
}

func (r *request) rm(ctx context.Context, discard bool) error {
	t, err := r.take(ctx, r.args[0])
	if err != nil {
		return err
	}
	if err := r.mustAsk("add --yes to remove without being asked"); err != nil {
		return err
	}
	if !r.yes {
		r.note("This cannot be undone. It removes:\n")
		for _, line := range losses(t.setup) {
			r.note("  %s\n", line)
		}
	}
	if discard {
		ctx = steps.Discarding(ctx)
		if t.setup.Project != nil && !r.yes {
			r.note("What is new in ~/%s on the machine is lost with it: --discard brings nothing back.\n", t.setup.Project.Folder)
		}
	}
	if s := t.setup.Saving; s != nil && !r.yes {
		r.note("An image of it, %s, was begun. Where EC2 made it, it stays: %s image ls%s\n", safe.Clean(s.Name), name, inSandbox(t.setup))
	}
	ok, err := r.asker().confirm(ctx, "Remove "+r.args[0]+"?")
	if err != nil {
		return err
	}
	if !ok {
		return declined("Nothing was removed", "Everything of "+t.setup.Answers.Name+" is as it was.")
	}
	if err := t.work(func(emit func(steps.Event)) error { return t.engine.Remove(ctx, t.setup.ID, emit) }); err != nil {
		return err
	}
	r.done(t.setup, "")
	return nil
}

// losses names what removing a setup takes away.
func losses(s steps.Setup) []string {
	var out []string
	add := func(what, which string) {
		if which != "" {
			out = append(out, what+" "+which)
		}
	}
	r := s.Resources
	add("the instance with all files on it:", r.InstanceID)
	add("the security group", r.GroupName)
	if p := s.Project; p != nil && r.InstanceID != "" {
		add("what the rules leave out (.gitignore and the like), which is not brought back, in", "~/"+safe.Clean(p.Folder))
	}
	if r.KeyPairOurs {
		add("the EC2 key pair", r.KeyPairName)
	}
	if r.KeyFileOurs {
		add("the private key file", r.KeyPath)
	}
	if len(out) == 0 {
		return []string{"the record of " + s.Answers.Name + "; nothing was created for it"}
	}
	return out
}
