package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type openOptions struct {
	browser, noTunnel bool
	ui                string
}

func (p *Program) openCommand(sandbox *bool) *cobra.Command {
	o := &openOptions{}
	cmd, _ := commandSpec{
		use: "open NAME", short: "Print a running machine's URL", least: 1, most: 1, want: oneName,
		long: `Prints the URL of a running machine as the last line, and in ssh mode holds the tunnel until Ctrl-C, which is a success. Nothing is started or verified: "start" does that. With --ui, the URL leads to JupyterLab (lab) or to the notebook's list of files (tree) from now on; nothing restarts.

With --json, a line of kind "ready" with the url, one of kind "tunnel" when the tunnel changes, and "done" at the end.`,
		example: `jupyter-ec2 open jupyter
jupyter-ec2 open jupyter --browser
jupyter-ec2 open jupyter --ui tree`,
		run: func(ctx context.Context, r *request) error { return r.open(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&o.browser, "browser", false, "open the URL in a browser")
	cmd.Flags().BoolVar(&o.noTunnel, "no-tunnel", false, "do not hold a tunnel in ssh mode: print the URL and exit")
	uiFlag(cmd, &o.ui, "", "have the URL lead to this page from now on: lab or tree")
	return cmd
}

// uiFlag is the flag for the page that a URL leads to.
func uiFlag(cmd *cobra.Command, ui *string, without steps.UI, usage string) {
	cmd.Flags().StringVar(ui, "ui", string(without), usage)
	// The flag exists: it is defined above.
	_ = cmd.RegisterFlagCompletionFunc("ui", cobra.FixedCompletions(uiWords(), cobra.ShellCompDirectiveNoFileComp))
}

func uiWords() []string { return []string{string(steps.UILab), string(steps.UITree)} }

// knownUI is an error for a page that is not there.
func (r *request) knownUI(ui string) error {
	if ui != "" && !slices.Contains(uiWords(), ui) {
		return usage(r.command, "the page %q is not one of lab, tree", ui)
	}
	return nil
}

// jsonTunnel is a line of kind "tunnel": what became of one.
type jsonTunnel struct {
	Time  time.Time `json:"time"`
	Kind  string    `json:"kind"`
	Setup string    `json:"setup"`
	Name  string    `json:"name"`
	State string    `json:"state"` // "up", or what is wrong and being mended
}

func (r *request) open(ctx context.Context, o *openOptions) error {
	if o.browser && o.noTunnel {
		return usage("open", "--browser and --no-tunnel cannot be used together")
	}
	if err := r.knownUI(o.ui); err != nil {
		return err
	}
	t, err := r.reach(ctx, r.args[0])
	if err != nil {
		return err
	}
	if o.ui != "" {
		if t.setup, err = t.engine.SetUI(ctx, t.setup.ID, steps.UI(o.ui)); err != nil {
			return err
		}
	}
	opened, err := t.engine.Reopen(ctx, t.setup.ID)
	if err != nil {
		return err
	}
	if opened.Tunnel == nil || o.noTunnel {
		if err := r.arrived(ctx, t.engine, t.printer(), opened, false); err != nil {
			return err
		}
		if o.browser {
			r.lead(ctx, opened.URL, true)
		}
		r.done(opened.Setup, "")
		return nil
	}
	t.printer().ready(opened)
	if o.browser {
		r.lead(ctx, opened.URL, false)
	}
	end := r.keepProject(ctx, t.engine, opened.Setup)
	err = r.hold(ctx, []*steps.Opened{opened})
	end()
	r.keepsRunning(opened.Setup)
	if err == nil {
		r.done(opened.Setup, "")
	}
	return err
}

// lead opens a browser. It is no failure when there is none: the URL is
// printed. Who ends right after it has to wait until the browser came.
func (r *request) lead(ctx context.Context, url string, wait bool) {
	led, err := r.Browse(url)
	if err != nil {
		r.note("No browser could be opened: %v. Open the URL yourself.\n", err)
		return
	}
	if wait {
		select {
		case <-led:
		case <-ctx.Done():
		}
	}
}
