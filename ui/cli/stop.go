package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func (p *Program) stopCommand(sandbox *bool) *cobra.Command {
	noSync := false
	cmd, _ := commandSpec{
		use: "stop NAME...", short: "Stop machines; their disks are kept", least: 1, most: -1,
		want: "name one setup or more: " + name + " ls lists them",
		long: `Stops machines. Files are kept, and the disk keeps costing a little; running kernels and what is in their memory are lost. What is new in a setup's project is brought back first, and what cannot be brought back is named: it stays on the disk. With --no-sync, and while the project is paused, nothing is brought back. "start" starts a machine again, at another address.

With --json, events of the steps, and a last line of kind "done".`,
		example: `jupyter-ec2 stop jupyter
jupyter-ec2 stop small big`,
		run: func(ctx context.Context, r *request) error { return r.stop(ctx, noSync) },
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&noSync, "no-sync", false, "bring nothing back from the machine first; its disk is kept")
	return cmd
}

// stop stops them all at the same time. One that cannot be stopped does not
// keep the others running.
func (r *request) stop(ctx context.Context, noSync bool) error {
	if noSync {
		ctx = steps.WithoutSync(ctx)
	}
	var all []*taken
	given := map[string]bool{}
	for _, want := range r.args {
		t, err := r.take(ctx, want)
		if err != nil {
			return err
		}
		if !given[t.setup.ID] {
			all = append(all, t)
		}
		given[t.setup.ID] = true
	}
	for _, t := range all {
		if s := t.setup; s.Project != nil && !noSync && (s.Sync == nil || s.Sync.Phase != steps.SyncPaused) {
			r.note("What is new in ~/%s on %s is brought back first; --no-sync stops it without that.\n", safe.Clean(s.Project.Folder), s.Answers.Name)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	errs := make([]error, len(all))
	for i, t := range all {
		wg.Go(func() {
			errs[i] = t.work(func(emit func(steps.Event)) error {
				return t.engine.Stop(ctx, t.setup.ID, func(e steps.Event) {
					mu.Lock()
					defer mu.Unlock()
					if len(all) > 1 && e.Text != "" && !r.asJSON {
						e.Text = t.setup.Answers.Name + ": " + e.Text // which of them it is
					}
					emit(e)
				})
			})
		})
	}
	wg.Wait()
	for i, t := range all {
		if errs[i] == nil {
			r.line("%s is stopped. Start it again: %s", t.setup.Answers.Name, t.asCommand("start"))
		} else if len(all) > 1 {
			r.remind("%s was not stopped: %s.\n", t.setup.Answers.Name, steps.Explain(errs[i]).Title)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(all) == 1 {
		r.object(jsonDone{Time: r.Now(), Kind: "done", Sandbox: all[0].setup.Sandbox, Setup: all[0].setup.ID, Name: all[0].setup.Answers.Name})
	} else {
		r.done(steps.Setup{}, "")
	}
	return nil
}
