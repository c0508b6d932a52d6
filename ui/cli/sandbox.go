package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/sandbox"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) sandboxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Show or stop the sandbox",
		Long: `The sandbox is a small EC2 on this computer alone. It starts automatically when --sandbox is used, and ends with "sandbox stop", or after 30 minutes without a client and without a running instance. Nothing in it is on AWS and nothing costs money.

` + exitHelp,
		Example: `jupyter-ec2 sandbox status
jupyter-ec2 sandbox stop
# Free the room that its machines' disks take
jupyter-ec2 sandbox stop --purge`,
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
	add := func(use, short string, run func(context.Context) error) *cobra.Command {
		sub := &cobra.Command{
			Use: use, Short: short, Example: name + " sandbox " + use, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
		}
		cmd.AddCommand(sub)
		return sub
	}
	add("run", "Run the sandbox in the foreground", p.sandboxRun)
	asJSON := false
	status := add("status", "Show whether it runs and what it holds", func(ctx context.Context) error { return p.sandboxStatus(ctx, asJSON) })
	status.Long = "Shows whether the sandbox runs and what it holds. Nothing is started.\n\nWith --json, one line of kind \"sandbox\"."
	status.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object per line")
	p.helpFor(status, &asJSON)
	o := &purgeOptions{}
	stop := add("stop", "Stop it and all processes of its machines", func(ctx context.Context) error { return p.sandboxStop(ctx, o) })
	stop.Long = "Ends the sandbox and every process of its machines. Their disks stay, and the machines can be started again; with --purge all of it is removed."
	stop.Example += "\n" + stop.Example + " --purge"
	stop.Flags().BoolVar(&o.purge, "purge", false, "remove the machines' disks too, and all that is in the sandbox")
	stop.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

type purgeOptions struct{ purge, yes bool }

func (p *Program) sandboxRun(ctx context.Context) error {
	o := p.sandboxOptions()
	o.Log = func(line string) { _, _ = fmt.Fprintln(p.Out, line) }
	if err := sandbox.Run(ctx, o); err != nil {
		return fmt.Errorf("the sandbox: %w", err)
	}
	return nil
}

// jsonSandbox is the line of kind "sandbox".
type jsonSandbox struct {
	Time      time.Time         `json:"time"`
	Kind      string            `json:"kind"`
	Running   bool              `json:"running"`
	URL       string            `json:"url,omitempty"`
	PID       int               `json:"pid,omitempty"`
	Since     time.Time         `json:"since,omitzero"`
	Instances []sandboxInstance `json:"instances"` // of one that runs
	Disks     int               `json:"disks"`     // of machines
	DiskBytes int64             `json:"disk_bytes"`
}

// sandboxInstance is a machine of the sandbox.
type sandboxInstance struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Name  string `json:"name"`
}

func (p *Program) sandboxStatus(ctx context.Context, asJSON bool) error {
	s, err := sandbox.Status(ctx, p.sandboxOptions())
	if err != nil {
		return fmt.Errorf("check the sandbox: %w", err)
	}
	if asJSON {
		return p.sandboxJSON(s)
	}
	if !s.Running {
		_, _ = fmt.Fprintln(p.Out, "The sandbox is not running.")
		kept, err := sandbox.Kept(p.sandboxOptions())
		if err != nil {
			return fmt.Errorf("measure the sandbox's disks: %w", err)
		}
		p.keeps(kept)
		return nil
	}
	_, _ = fmt.Fprintf(p.Out, "The sandbox is running at %s, process %d, for %s.\n", s.Info.URL, s.Info.PID, wording.Span(p.Now().Sub(s.Since)))
	for _, i := range s.Instances {
		_, _ = fmt.Fprintf(p.Out, "  %s  %s  %s\n", i.ID, i.State, i.Name)
	}
	return nil
}

func (p *Program) sandboxJSON(s sandbox.State) error {
	kept, err := sandbox.Kept(p.sandboxOptions())
	if err != nil {
		return fmt.Errorf("measure the sandbox's disks: %w", err)
	}
	line := jsonSandbox{
		Time: p.Now(), Kind: "sandbox", Running: s.Running, URL: s.Info.URL, PID: s.Info.PID, Since: s.Since,
		Instances: []sandboxInstance{}, Disks: kept.Machines, DiskBytes: kept.Bytes,
	}
	for _, i := range s.Instances {
		line.Instances = append(line.Instances, sandboxInstance{i.ID, i.State, safe.Clean(i.Name)})
	}
	newJSONLines(p.Out).print(line)
	return nil
}

func (p *Program) sandboxStop(ctx context.Context, o *purgeOptions) error {
	if err := p.guardedSandbox(); err != nil {
		return err
	}
	kept, err := sandbox.Kept(p.sandboxOptions())
	if err != nil {
		return fmt.Errorf("measure the sandbox's disks: %w", err)
	}
	if o.purge {
		return p.sandboxPurge(ctx, o, kept)
	}
	if err := sandbox.Stop(ctx, p.sandboxOptions()); err != nil {
		return fmt.Errorf("stop the sandbox: %w", err)
	}
	_, _ = fmt.Fprintln(p.Out, "The sandbox is stopped.")
	p.keeps(kept)
	return nil
}

// keeps says what the machines' disks take.
func (p *Program) keeps(kept sandbox.Disks) {
	if kept.Machines > 0 {
		p.note("Kept: the disks of %s, %s. Remove them: %s sandbox stop --purge\n", wording.Counted(kept.Machines, "machine"), wording.Bytes(kept.Bytes), name)
	}
}

// sandboxPurge removes all of the sandbox when the person agrees: the disks,
// and what this program knows of the machines.
func (p *Program) sandboxPurge(ctx context.Context, o *purgeOptions, kept sandbox.Disks) error {
	if kept.Machines > 0 && !o.yes {
		if !p.Terminal {
			return usage("sandbox stop", "there is no terminal to ask on: add --yes to remove without being asked")
		}
		p.note("This removes %s of the sandbox and their disks, %s, with all files on them. It cannot be undone.\n", wording.Counted(kept.Machines, "machine"), wording.Bytes(kept.Bytes))
		ok, err := (&asker{p: p}).confirm(ctx, "Remove them?")
		if err != nil {
			return err
		}
		if !ok {
			return declined("Nothing was removed", "Stop it and keep the disks: "+name+" sandbox stop")
		}
	}
	if err := sandbox.Purge(ctx, p.sandboxOptions()); err != nil {
		return fmt.Errorf("remove the sandbox: %w", err)
	}
	if err := os.RemoveAll(stateDir("sandbox")); err != nil {
		return fmt.Errorf("remove what is known of the sandbox's machines: %w", err)
	}
	_, _ = fmt.Fprintf(p.Out, "The sandbox is removed; %s are free again.\n", wording.Bytes(kept.Bytes))
	return nil
}
