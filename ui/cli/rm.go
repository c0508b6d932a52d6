package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type rmOptions struct{ yes bool }

func (p *Program) rmCommand(sandbox *bool) *cobra.Command {
	o := &rmOptions{}
	cmd := &cobra.Command{
		Use:     "rm NAME",
		Aliases: []string{"remove"},
		Short:   "Terminate a setup's machine and remove all it created",
		Long: `Terminates the machine with everything on its disk, and removes the security group, the key pair and the local files that the setup created. What existed before the setup stays.

` + exitHelp,
		Example: `jupyter-ec2 rm jupyter
jupyter-ec2 rm jupyter --yes`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("rm", "name one setup: %s ls lists them", name)
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.names(cmd.Context(), worlds(cmd, *sandbox)), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.rm(cmd.Context(), worlds(cmd, *sandbox), args[0], o)
		},
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "ask nothing")
	return cmd
}

// names completes a setup's name, with what it is.
func (p *Program) names(ctx context.Context, worlds []bool) []string {
	setups, err := p.setups(ctx, worlds)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range setups {
		out = append(out, cobra.CompletionWithDesc(s.Answers.Name, s.Answers.Type+", "+stateOf(s)))
	}
	return out
}

func (p *Program) rm(ctx context.Context, worlds []bool, want string, o *rmOptions) error {
	if !o.yes && !p.Terminal {
		return usage("rm", "there is no terminal to ask on: add --yes to remove without being asked")
	}
	setup, err := p.find(ctx, worlds, want)
	if err != nil {
		return err
	}
	ask := &asker{p: p, yes: o.yes}
	guide, err := p.Guide(setup.Sandbox, ask)
	if err != nil {
		return err
	}
	if !o.yes {
		p.note("This cannot be undone. It removes:\n")
		for _, line := range losses(setup) {
			p.note("  %s\n", line)
		}
	}
	ok, err := ask.confirm(ctx, "Remove "+want+"?")
	if err != nil {
		return err
	}
	if !ok {
		return &problemError{[]steps.Problem{{
			Kind: steps.ProblemInterrupted, Title: "Nothing was removed", Text: "You did not say yes.",
			Next: "The machine keeps running, and costs what it costs.",
		}}}
	}
	return guide.Remove(ctx, setup.ID, p.printer(false, setup.Sandbox).event)
}

// find looks a setup up by name or ID.
func (p *Program) find(ctx context.Context, worlds []bool, want string) (steps.Setup, error) {
	setups, err := p.setups(ctx, worlds)
	if err != nil {
		return steps.Setup{}, err
	}
	var found []steps.Setup
	for _, s := range setups {
		if s.Answers.Name == want || s.ID == want {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return steps.Setup{}, &usageError{
			text: fmt.Sprintf("there is no setup %q", want),
			next: "See " + name + " ls for those there are.",
		}
	case 1:
		return found[0], nil
	default:
		return steps.Setup{}, usage("rm", "%q is both on AWS and in the sandbox: add --sandbox or --sandbox=false", want)
	}
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
