package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// lookEvery is how often the held tunnel is checked for something to say.
const lookEvery = time.Second

// arrived prints the URL and, where there is a tunnel to hold, holds it until
// the person ends it. Ending it is no failure: the URL was reached.
func (p *Program) arrived(ctx context.Context, engine steps.Engine, out printer, o *steps.Opened, hold bool) error {
	if o.Tunnel == nil || !hold {
		// Without the tunnel the URL holds for the manual command only, so the
		// port has to be free again before it is printed.
		if err := o.Close(); err != nil {
			return fmt.Errorf("close the tunnel: %w", err)
		}
		if _, script := out.(*jsonPrinter); !script {
			p.note("%s", needsTunnel(o, o.Tunnel != nil)) // above the URL, which is the last line
		}
		out.ready(o)
		return nil
	}
	out.ready(o)
	if err := p.unheard(); err != nil {
		return errors.Join(err, o.Close())
	}
	p.note("The tunnel is open; Ctrl-C closes it.\n")
	end := p.keepProject(ctx, engine, o.Setup)
	p.watch(ctx, []*steps.Opened{o}, func(_ *steps.Opened, state string) { p.note("Tunnel: %s\n", state) })
	end()
	p.note("The tunnel is closed.\n")
	p.keepsRunning(o.Setup)
	if err := o.Close(); err != nil {
		return fmt.Errorf("close the tunnel: %w", err)
	}
	return nil
}

// needsTunnel says what a URL needs that is printed without a tunnel being held.
func needsTunnel(o *steps.Opened, tunnelled bool) string {
	switch {
	case o.Beside != 0:
		return "The URL leads through the tunnel that is open already.\n"
	case tunnelled:
		return "The URL needs the tunnel: " + asCommand("open", o.Setup) + "\n"
	}
	return ""
}

// watch tells what becomes of the tunnels until ctx ends.
func (p *Program) watch(ctx context.Context, all []*steps.Opened, tell func(o *steps.Opened, state string)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := make([]string, len(all))
	for i, o := range all {
		last[i] = o.Tunnel.State()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for i, o := range all {
				if now := o.Tunnel.State(); now != last[i] {
					tell(o, now)
					last[i] = now
				}
			}
		}
	}
}

// note tells the person something that is no part of the output.
func (p *Program) note(format string, args ...any) {
	defer p.alone()()
	out := p.paperOn(p.Err, isTerminal(p.Err))
	_, _ = io.WriteString(p.Err, out.fold(fmt.Sprintf(format, args...), 0)) // there is nowhere else to tell
}

// keepsRunning reminds of a machine that nobody looks at any more.
func (p *Program) keepsRunning(s steps.Setup) {
	p.note("The machine of %s keeps running. It costs %s.\n", s.Answers.Name, wording.Cost(s.Cost, s.Cost.Age(p.Now()), s.Sandbox))
	p.note("  Open it again: %s\n", asCommand("open", s))
	p.note("  Stop it:       %s\n", asCommand("stop", s))
	p.note("  Remove it:     %s\n", asCommand("rm", s))
}

func inSandbox(s steps.Setup) string {
	if s.Sandbox {
		return " --sandbox"
	}
	return ""
}

// hold keeps tunnels open until the person ends it, and says what becomes of
// them meanwhile.
func (r *request) hold(ctx context.Context, all []*steps.Opened) error {
	if err := r.unheard(); err != nil {
		return errors.Join(err, closeAll(all))
	}
	if len(all) == 1 {
		r.note("The tunnel is open; Ctrl-C closes it.\n")
	} else {
		r.note("%d tunnels are open; Ctrl-C closes them.\n", len(all))
	}
	r.watch(ctx, all, func(o *steps.Opened, state string) {
		s := o.Setup
		r.object(jsonTunnel{r.Now(), "tunnel", s.ID, s.Answers.Name, state})
		r.note("Tunnel of %s: %s\n", s.Answers.Name, state)
	})
	return closeAll(all)
}

func closeAll(all []*steps.Opened) error {
	var errs []error
	for _, o := range all {
		if err := o.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close the tunnel: %w", err))
		}
	}
	return errors.Join(errs...)
}
