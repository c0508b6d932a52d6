package machines

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// showURL leads to the guide's last page: at once where the machine is open
// already, else through the steps, which prove the URL.
func (s *Page) showURL(u *Member) tea.Cmd {
	switch {
	case u.op != nil || u.Elsewhere || u.Bad != nil || !u.Up() || !u.complete():
		return s.openIt(u)
	case u.Opened == nil || u.Saving != nil: // its server is down
		return s.program.Resume(u.Setup)
	}
	return s.program.ShowOpened(u.Setup, u.Opened)
}

// openIt brings the person to the machine's notebook: through the rest of the
// guide where it is not finished or not running, else at once.
func (s *Page) openIt(u *Member) tea.Cmd {
	switch {
	case u.op != nil:
		return s.Say(u.Name()+" is still "+u.op.doing+".", true)
	case u.Bad != nil:
		return s.Say(u.unusable(), true)
	case u.Elsewhere:
		return s.Say("This machine is another computer's: a adopts it, so that it can be stopped and removed from here.", true)
	case u.Resources.Removing:
		return s.Say("Its removal has begun: x continues it.", true)
	case u.Up() && u.complete():
		return s.withURL(u, s.Browse)
	case u.gone():
		s.ConfirmEnter("Launch "+u.Name()+" again?", "Its machine was terminated, and all files on it are lost. A new one is launched with the same answers"+s.OnAWS("; it costs money")+".",
			"Launch again", func() tea.Cmd { return s.program.Resume(u.Setup) })
		return nil
	}
	switch {
	case u.State == steps.StateStopped: // Enter is pressed easily, and a machine that runs costs
		s.ConfirmEnter("Start "+u.Name()+"?", "It is stopped. While it runs, "+s.costsAnHour(u)+".", "Start the machine",
			func() tea.Cmd { return s.program.Resume(u.Setup) })
		return nil
	case u.Resources.InstanceID == "" && !u.Finished(steps.StepLaunch):
		s.ConfirmEnter("Launch "+u.Name()+"?", "It has no machine yet. While it runs, "+s.costsAnHour(u)+".", "Launch the machine",
			func() tea.Cmd { return s.program.Resume(u.Setup) })
		return nil
	}
	return s.program.Resume(u.Setup)
}

func (s *Page) stopPhrase() phrase {
	return phrase{"stopping", "stopped" + s.OnAWS("; only its disk costs money now"), true}
}

// costsAnHour says what a machine costs while it runs.
func (s *Page) costsAnHour(u *Member) string {
	return "it " + wording.AnHour(u.Cost, s.Engine.Sandboxed())
}

// withURL does something with the machine's URL, which is opened first where
// it is not yet.
func (s *Page) withURL(u *Member, use func(string) tea.Cmd) tea.Cmd {
	if u.Opened != nil {
		return use(u.Opened.URL)
	}
	id, engine := u.ID, s.Engine
	return s.begin(u, phrase{doing: "opening", did: "open"}, func(ctx context.Context, _ func(steps.Event)) (result, error) {
		opened, err := engine.Reopen(ctx, id)
		return result{opened: opened}, err
	}, func(_ *Member, r result) tea.Cmd {
		if r.opened == nil {
			return nil
		}
		return use(r.opened.URL)
	})
}

// workOn makes the machine follow its answers, in the background. Its tunnel is
// closed first, because a new one wants the same port.
func (s *Page) workOn(u *Member, said phrase, first func(context.Context) error) tea.Cmd {
	id, engine, old := u.ID, s.Engine, u.Opened
	if u.op == nil {
		u.Opened, u.log = nil, doneLog
	}
	return s.begin(u, said, func(ctx context.Context, emit func(steps.Event)) (result, error) {
		if old != nil {
			_ = old.Close() // it is replaced
		}
		if first != nil {
			if err := first(ctx); err != nil {
				return result{}, err
			}
		}
		opened, err := engine.Work(ctx, id, emit)
		return result{opened: opened}, err
	}, nil)
}

func (s *Page) startIt(u *Member) tea.Cmd {
	return s.workOn(u, phrase{doing: "starting", did: "started, and its server answers"}, nil)
}

// beginSimple is an operation that leaves nothing open.
func (s *Page) beginSimple(u *Member, said phrase, do func(ctx context.Context, emit func(steps.Event)) error, then func(*Member, result) tea.Cmd) tea.Cmd {
	return s.begin(u, said, func(ctx context.Context, emit func(steps.Event)) (result, error) {
		return result{}, do(ctx, emit)
	}, then)
}

func (s *Page) stopNow(u *Member) tea.Cmd {
	id, engine := u.ID, s.Engine
	return s.beginSimple(u, s.stopPhrase(), func(ctx context.Context, emit func(steps.Event)) error {
		return engine.Stop(ctx, id, emit)
	}, nil)
}

func (s *Page) restartServer(u *Member) tea.Cmd {
	id, engine := u.ID, s.Engine
	u.log = doneLog
	return s.beginSimple(u, phrase{doing: "restarting the server", did: "its server was restarted"}, func(ctx context.Context, emit func(steps.Event)) error {
		return engine.RestartServer(ctx, id, emit)
	}, func(u *Member, _ result) tea.Cmd {
		u.down = 0
		return nil
	})
}

// askStop, askRestart and askReboot name what will be lost.
func (s *Page) askStop(u *Member) {
	lost := "Running kernels end, and variables in them that were not saved are lost. Files stay on its disk" + s.OnAWS(", which keeps costing a little") + "."
	s.Confirm("Stop "+u.Name()+"?", u.busyWith(lost), "Stop the machine", func() tea.Cmd { return s.stopNow(u) })
}

func (s *Page) askRestart(u *Member) {
	lost := "All its kernels end, and what is in them is lost. Files are kept."
	s.Confirm("Restart the server of "+u.Name()+"?", u.busyWith(lost), "Restart the server", func() tea.Cmd { return s.restartServer(u) })
}

func (s *Page) askReboot(u *Member) {
	lost := "All kernels, shells and transfers on it end, and what is in them is lost. Files are kept."
	s.Confirm("Reboot "+u.Name()+"?", u.busyWith(lost), "Reboot the machine", func() tea.Cmd {
		id, engine := u.ID, s.Engine
		return s.beginSimple(u, phrase{"rebooting", "rebooted", true}, func(ctx context.Context, emit func(steps.Event)) error {
			return engine.Reboot(ctx, id, emit)
		}, nil)
	})
}

// busyWith puts in front of a warning what goes on there right now.
func (u *Member) busyWith(lost string) string {
	if n := len(u.health.Kernels); n > 0 && u.Up() {
		return fmt.Sprintf("It has %s now. %s", wording.Counted(n, "kernel"), lost)
	}
	return lost
}

// adopt writes a machine from elsewhere into this computer's ledger.
func (s *Page) adopt(u *Member) tea.Cmd {
	if !u.Elsewhere {
		return s.Say(u.Name()+" is this computer's already.", false)
	}
	machine, engine := u.Machine, s.Engine
	return s.beginSimple(u, phrase{doing: "adopting", did: "adopted: it can be stopped and removed from here"}, func(ctx context.Context, _ func(steps.Event)) error {
		_, err := engine.Adopt(ctx, machine)
		return err
	}, nil)
}

// extend keeps a machine on from now: what is left until its stop is not added
// up.
func (s *Page) extend(u *Member) tea.Cmd {
	link := u.conn.link
	if link == nil {
		return s.Say("The stop can be postponed once the machine is connected.", true)
	}
	return s.beginSimple(u, phrase{doing: "extending", did: "stays on for at least an hour from now"}, func(ctx context.Context, _ func(steps.Event)) error {
		_, err := link.Extend(ctx, steps.ExtendBy.Duration())
		return err
	}, func(u *Member, _ result) tea.Cmd { return s.askHealth(u) })
}

// askMode asks how the server is to be reached from now on.
func (s *Page) askMode(u *Member) {
	type way struct {
		mode   steps.Mode
		noTLS  bool
		label  string
		detail string
	}
	var ways []way
	for _, info := range steps.Modes() {
		ways = append(ways, way{info.Mode, false, info.Title, info.Opens})
		if info.Mode != steps.ModeSSH {
			ways = append(ways, way{info.Mode, true, info.Title + ", without TLS", "anyone on the network path can read the token"})
		}
	}
	d := &page.ChoiceDialog{Title: "How do you want to reach " + u.Name() + "?", Text: []string{
		"The security group is updated. If the server has to restart, running kernels are lost. Files are kept.",
	}}
	for i, w := range ways {
		o := page.Option{Label: w.label, Detail: w.detail, Do: func() tea.Cmd { return s.setMode(u, w.mode, w.noTLS) }}
		if w.mode == u.Wanted().Mode && (w.noTLS == u.Wanted().NoTLS || w.mode == steps.ModeSSH) {
			d.At.At, o.Detail = i, "as it is now"
		}
		d.Options = append(d.Options, o)
	}
	d.Options = append(d.Options, page.Option{Label: "Cancel"})
	s.Open(d)
}

func (s *Page) setMode(u *Member, mode steps.Mode, noTLS bool) tea.Cmd {
	if now := u.Wanted(); mode == now.Mode && noTLS == now.NoTLS {
		return s.Say(u.Name()+" is already reached that way.", false)
	}
	id, engine := u.ID, s.Engine
	return s.changed(u, phrase{doing: "changing the mode", did: "is reached by " + modeTitle(mode) + " now"}, func(ctx context.Context) error {
		_, err := engine.SetMode(ctx, id, mode, noTLS)
		return err
	})
}

// changed makes a change of the answers, and a running machine follow it.
func (s *Page) changed(u *Member, said phrase, change func(context.Context) error) tea.Cmd {
	if u.Up() && u.Finished(steps.StepConnect) {
		return s.workOn(u, said, change)
	}
	return s.beginSimple(u, said, func(ctx context.Context, _ func(steps.Event)) error { return change(ctx) }, nil)
}
