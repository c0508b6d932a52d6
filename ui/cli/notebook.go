package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

func (p *Program) notebookCommand(sandbox *bool) *cobra.Command {
	browser, ui := false, ""
	var cmd *cobra.Command
	cmd, _ = commandSpec{
		use: "notebook GATEWAY", short: "Run a notebook here with a gateway's kernels", least: 1, most: 1,
		want: "name one setup in gateway mode: " + name + " ls lists them",
		long: `Starts the Jupyter of this computer with the kernels of a machine in gateway mode: files stay here, the work is done there. Prints the URL, and ends the notebook with Ctrl-C, which is a success. Jupyter has to be installed here.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 notebook big
jupyter-ec2 notebook big --browser
jupyter-ec2 notebook big --ui tree`,
		complete: func(ctx context.Context, r *request, _ string) ([]string, cobra.ShellCompDirective) {
			return r.gatewayNames(ctx), cobra.ShellCompDirectiveNoFileComp
		},
		run: func(ctx context.Context, r *request) error {
			if !cmd.Flags().Changed("ui") {
				ui = r.settings().Get(settings.UI).Text
			}
			return r.notebook(ctx, browser, ui)
		},
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&browser, "browser", false, "open the URL in a browser")
	uiFlag(cmd, &ui, steps.UILab, "have the URL lead to this page: lab, where the Jupyter here has it, or tree")
	return cmd
}

// jsonNotebook is the line with the URL of a notebook here, kind "ready".
type jsonNotebook struct {
	Time  time.Time `json:"time"`
	Kind  string    `json:"kind"`
	Setup string    `json:"setup"` // the gateway's
	Name  string    `json:"name"`
	URL   string    `json:"url"`
}

func (r *request) notebook(ctx context.Context, browser bool, ui string) error {
	if err := r.knownUI(ui); err != nil {
		return err
	}
	gateway, err := r.takeGateway(ctx, r.args[0], r.worlds)
	if err != nil {
		return err
	}
	t, err := r.reach(ctx, gateway.ID)
	if err != nil {
		return err
	}
	var here steps.LocalNotebook
	err = t.work(func(emit func(steps.Event)) (err error) {
		here, err = t.engine.Notebook(ctx, gateway.ID, steps.UI(ui), emit)
		return err
	})
	if err != nil {
		return err
	}
	r.line("%s", here.URL())
	r.object(jsonNotebook{r.Now(), "ready", gateway.ID, gateway.Answers.Name, here.URL()})
	if err := r.unheard(); err != nil {
		return errors.Join(err, here.Close())
	}
	if browser {
		r.lead(ctx, here.URL(), false)
	}
	r.note("The notebook runs on this computer, its kernels on %s; Ctrl-C ends it.\n", gateway.Answers.Name)
	select {
	case <-ctx.Done():
	case <-here.Done():
		_ = here.Close() // it has ended
		return &problemError{[]problem.Problem{{
			Kind: problem.Server, Title: "The notebook ended", Text: "Jupyter on this computer ended unexpectedly.",
			Next: problem.Say("Start it again: " + t.asCommand("notebook")),
		}}}
	}
	if err := here.Close(); err != nil {
		return fmt.Errorf("end the notebook: %w", err)
	}
	r.note("The notebook has ended.\n")
	r.keepsRunning(t.setup)
	r.done(gateway, "")
	return nil
}
