package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps/sandbox"
)

func (p *Program) sandboxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Look at the sandbox, or end it",
		Long: `The sandbox is a small EC2 on this computer alone. It starts by itself when --sandbox is used, and ends with "sandbox stop", or after 30 minutes without a client and without a running instance. Nothing in it is on AWS and nothing costs money.

` + exitHelp,
		Example: `jupyter-ec2 sandbox status
jupyter-ec2 sandbox stop`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return usage("sandbox", "say what to do with the sandbox: run, status or stop")
		},
	}
	add := func(use, short string, run func(context.Context) error) {
		cmd.AddCommand(&cobra.Command{
			Use: use, Short: short, Example: name + " sandbox " + use, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
		})
	}
	add("run", "Be the sandbox, in the foreground", p.sandboxRun)
	add("status", "Say whether it runs and what it holds", p.sandboxStatus)
	add("stop", "End it and every process of its machines", p.sandboxStop)
	return cmd
}

func (p *Program) sandboxRun(ctx context.Context) error {
	o := p.sandboxOptions()
	o.Log = func(line string) { _, _ = fmt.Fprintln(p.Out, line) }
	if err := sandbox.Run(ctx, o); err != nil {
		return fmt.Errorf("the sandbox: %w", err)
	}
	return nil
}

func (p *Program) sandboxStatus(ctx context.Context) error {
	s, err := sandbox.Status(ctx, p.sandboxOptions())
	if err != nil {
		return fmt.Errorf("look at the sandbox: %w", err)
	}
	if !s.Running {
		_, _ = fmt.Fprintln(p.Out, "The sandbox is not running.")
		return nil
	}
	_, _ = fmt.Fprintf(p.Out, "The sandbox is running at %s, process %d, for %s.\n", s.Info.URL, s.Info.PID, age(p.Now().Sub(s.Since)))
	for _, i := range s.Instances {
		_, _ = fmt.Fprintf(p.Out, "  %s  %s  %s\n", i.ID, i.State, i.Name)
	}
	return nil
}

func (p *Program) sandboxStop(ctx context.Context) error {
	if err := sandbox.Stop(ctx, p.sandboxOptions()); err != nil {
		return fmt.Errorf("stop the sandbox: %w", err)
	}
	_, _ = fmt.Fprintln(p.Out, "The sandbox is stopped.")
	return nil
}
