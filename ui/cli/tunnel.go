package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func (p *Program) tunnelCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "tunnel NAME...", short: "Hold the tunnels of several machines", least: 1, most: -1,
		want: "name one setup or more in ssh mode: " + name + " ls lists them",
		long: `Holds the tunnels of running machines in ssh mode, each on its own local port, which stays the same from one time to the next. Prints a URL a line, and ends with Ctrl-C, which is a success.

With --json, a line of kind "ready" with the url each, one of kind "tunnel" when a tunnel changes, and "done" at the end.`,
		example: `jupyter-ec2 tunnel small big`,
		run:     func(ctx context.Context, r *request) error { return r.tunnel(ctx) },
	}.command(p, sandbox)
	return cmd
}

func (r *request) tunnel(ctx context.Context) error {
	var all []*taken
	for _, want := range r.args {
		t, err := r.reach(ctx, want)
		if err != nil {
			return err
		}
		if t.setup.Answers.Mode != steps.ModeSSH {
			return &usageError{
				text: "The machine " + want + " is in " + string(t.setup.Answers.Mode) + " mode, which needs no tunnel",
				next: "Bring its URL: " + t.asCommand("open"),
			}
		}
		if !slices.ContainsFunc(all, func(o *taken) bool { return o.setup.ID == t.setup.ID }) {
			all = append(all, t)
		}
	}
	var opened []*steps.Opened
	for _, t := range all {
		o, err := t.engine.Reopen(ctx, t.setup.ID)
		if err != nil {
			_ = closeAll(opened) // the first error is the one to tell
			return err
		}
		opened = append(opened, o)
		r.line("%s  %s", t.setup.Answers.Name, o.URL)
		for _, note := range []string{o.UINote, o.PortNote} {
			if note != "" {
				r.note("%s\n", note)
			}
		}
		if r.asJSON {
			t.printer().ready(o)
		}
	}
	for i, t := range all {
		defer r.keepProject(ctx, t.engine, opened[i].Setup)()
	}
	if err := r.hold(ctx, opened); err != nil {
		return err
	}
	r.note("%s\n", closedTunnels(all))
	r.done(steps.Setup{Sandbox: !anyPaid(all)}, "")
	return nil
}

// anyPaid reports whether a machine among them costs money.
func anyPaid(all []*taken) bool {
	return slices.ContainsFunc(all, func(t *taken) bool { return !t.setup.Sandbox })
}

// closedTunnels says what is left when the tunnels are closed.
func closedTunnels(all []*taken) string {
	paid := anyPaid(all)
	if len(all) == 1 {
		cost := ""
		if paid {
			cost = " and costs money"
		}
		return "The tunnel is closed; the machine keeps running" + cost + ". Stop it: " + all[0].asCommand("stop")
	}
	cost := ""
	if paid {
		cost = " and cost money"
	}
	return "The tunnels are closed; the machines keep running" + cost + ". Stop one: " + commandOn("stop", problem.Action{Sandbox: !paid})
}
