package cli

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type logsOptions struct {
	follow, install bool
	lines           int
}

func (p *Program) logsCommand(sandbox *bool) *cobra.Command {
	o := &logsOptions{}
	cmd, _ := commandSpec{
		use: "logs NAME", short: "Show the server's log, or the install's", least: 1, most: 1, want: oneName,
		long: `Shows the last lines of the server's log, or of the last install's. With -f, new lines follow until Ctrl-C, which is a success, also after the machine was stopped and started: meanwhile it says what it waits for. The log of a finished install just ends.

With --json, a line of kind "line" each, and "done" at the end.`,
		example: `jupyter-ec2 logs jupyter
jupyter-ec2 logs jupyter -f -n 20
jupyter-ec2 logs jupyter --install`,
		run: func(ctx context.Context, r *request) error { return r.logs(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "follow new lines")
	cmd.Flags().BoolVar(&o.install, "install", false, "show the last install's log")
	cmd.Flags().IntVarP(&o.lines, "lines", "n", 100, "show that many of the past lines")
	return cmd
}

// tellWaits says why no lines come while the machine cannot be reached, and when
// they come again, until the function that it returns is called.
func (r *request) tellWaits(ctx context.Context, link steps.Link) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for last := steps.Up; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			switch now := link.State(); {
			case now == last:
				continue
			case now == steps.Up:
				r.note("The machine is back: its log continues.\n")
				last = now
			default:
				r.note("%s: this waits until the log can be followed again. Ctrl-C ends it.\n", strings.TrimSuffix(safe.Clean(now), "."))
				last = now
			}
		}
	})
	return func() {
		cancel()
		told.Wait()
	}
}

// jsonLine is a line of a log, kind "line".
type jsonLine struct {
	Kind string        `json:"kind"`
	Log  steps.LogKind `json:"log"`
	Text string        `json:"text"`
}

func (r *request) logs(ctx context.Context, o *logsOptions) error {
	if o.lines < 0 {
		return usage("logs", "%d lines cannot be shown: use 0 or more", o.lines)
	}
	t, link, err := r.connect(ctx, r.args[0])
	if err != nil {
		return err
	}
	defer func() { _ = link.Close() }() // all lines are here, or the error says why not
	log := steps.LogServer
	if o.install {
		log = steps.LogInstall
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	show := func(text string) {
		r.line("%s", text)
		r.object(jsonLine{"line", log, text})
		if r.unheard() != nil {
			cancel() // nobody can read the rest
		}
	}
	if o.follow {
		defer r.tellWaits(ctx, link)()
		err = link.Follow(ctx, log, o.lines, func(text string, partial bool) {
			if !partial {
				show(text)
			}
		})
		if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
			err = nil // following until the person ends it is what was asked for
		}
	} else {
		var lines []string
		if lines, err = link.Tail(ctx, log, o.lines); err == nil {
			for _, l := range lines {
				show(l)
			}
		}
	}
	if err == nil {
		r.done(t.setup, "")
	}
	return err
}
