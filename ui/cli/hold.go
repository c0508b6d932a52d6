package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// lookEvery is how often the held tunnel is looked at for something to say.
const lookEvery = time.Second

// arrived prints the URL and, in ssh mode, holds the tunnel until the person
// ends it. Ending it is no failure: the URL was reached.
func (p *Program) arrived(ctx context.Context, out printer, o *steps.Opened, opts *upOptions) error {
	if o.Tunnel == nil || opts.noTunnel {
		// Without the tunnel the URL holds for the manual command only, so the
		// port has to be free again before it is printed.
		if err := o.Close(); err != nil {
			return fmt.Errorf("close the tunnel: %w", err)
		}
		out.ready(o)
		return nil
	}
	out.ready(o)
	p.note("The tunnel is open; Ctrl-C closes it.\n")
	p.watch(ctx, o.Tunnel)
	p.note("The tunnel is closed. ")
	p.keepsRunning(o.Setup)
	if err := o.Close(); err != nil {
		return fmt.Errorf("close the tunnel: %w", err)
	}
	return nil
}

// watch says what becomes of the tunnel until ctx ends.
func (p *Program) watch(ctx context.Context, t steps.Tunnel) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := t.State()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if now := t.State(); now != last {
				p.note("Tunnel: %s\n", now)
				last = now
			}
		}
	}
}

// note tells the person something that is no part of the output.
func (p *Program) note(format string, args ...any) { _, _ = fmt.Fprintf(p.Err, format, args...) }

// keepsRunning reminds of a machine that nobody looks at any more.
func (p *Program) keepsRunning(s steps.Setup) {
	p.note("The machine of %s keeps running. It costs %s.\n", s.Answers.Name, costLine(s.Cost, s.Sandbox))
	p.note("  Open it again: %s up --name %s%s\n", name, s.Answers.Name, inSandbox(s))
	p.note("  Remove it:     %s rm %s%s\n", name, s.Answers.Name, inSandbox(s))
}

func inSandbox(s steps.Setup) string {
	if s.Sandbox {
		return " --sandbox"
	}
	return ""
}
