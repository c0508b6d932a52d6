package machines

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// facts gathers a machine's details, a label and a text a line.
type facts struct {
	th    theme.Theme
	w     int
	lines []string
}

const factLabel = 9

func (f *facts) add(label string, style page.Styler, text string) {
	if text != "" {
		f.lines = append(f.lines, cells.Fit(f.th.Subtle.Render(cells.Fit(label, factLabel))+style.Render(page.Clean(text)), f.w))
	}
}

// wrapped is for what has to be read whole.
func (f *facts) wrapped(label string, style page.Styler, text string) {
	if text != "" {
		f.lines = append(f.lines, page.Pair(f.th, label, style, page.Clean(text), factLabel, f.w)...)
	}
}

// link is a URL, which has to be read whole, and what there is to say behind it.
func (f *facts) link(label, url, id, says string) {
	pieces := page.Link(f.th.URL, url, id, max(f.w-factLabel, 8))
	switch last := len(pieces) - 1; {
	case says == "":
	case cells.Width(pieces[last])+2+cells.Width(says) <= f.w-factLabel:
		pieces[last] += "  " + says
	default:
		pieces = append(pieces, says)
	}
	for _, piece := range pieces {
		f.lines = append(f.lines, cells.Fit(f.th.Subtle.Render(cells.Fit(label, factLabel))+piece, f.w))
		label = ""
	}
}

// detailLines are what is known of a machine, the most important first.
func (u *Member) detailLines(s *Page, w int) []string {
	now := s.Now()
	f := &facts{th: s.Theme, w: w}
	state, tone := u.state(now)
	style := page.Styler(s.Theme.OK)
	switch {
	case tone == table.Warned:
		style = s.Theme.Warn
	case tone == table.Bad:
		style = s.Theme.Error
	case !u.Up():
		style = s.Theme.Subtle
	}
	f.lines = append(f.lines, cells.Ends(s.Theme.Heading.Render(u.Name()), style.Render(state), w))
	f.lines = append(f.lines, s.Theme.Subtle.Render(cells.Fit(u.what(), w)))
	u.happening(f, now)
	u.reaching(f, s.members[u.Answers.Gateway])
	u.projectFacts(s, f)
	money, text := u.money(s, now)
	if s.Roomy() {
		f.wrapped("Costs", money, text)
	} else {
		f.add("Costs", money, text)
	}
	u.stopping(f, now)
	u.healthFacts(f, now)
	return f.lines
}

// happening is what is being done, or did not work.
func (u *Member) happening(f *facts, now time.Time) {
	switch {
	case u.op != nil && u.op.copying != nil:
		for i, line := range u.op.copyLines(now, f.w-factLabel) {
			f.add([]string{"Now", " "}[min(i, 1)], f.th.Accent, line)
		}
	case u.op != nil:
		f.add("Now", f.th.Accent, cmp.Or(u.op.now, page.Capital(u.op.doing)+" …"))
	case u.trouble != nil:
		p := u.trouble.problem
		f.wrapped("Failed", f.th.Error, u.trouble.what+": "+p.Title)
		f.wrapped("", f.th.Text, "→ "+page.NextWords(p.Next)+" f shows more.")
	case u.Bad != nil:
		f.wrapped("Record", f.th.Error, u.Bad.Text)
		f.wrapped("", f.th.Text, "→ "+page.NextWords(u.Bad.Next))
	case u.gone():
		f.wrapped("Gone", f.th.Warn, "The machine was terminated, and its files are lost. What was made for it may be left: x removes that.")
	case u.Elsewhere:
		f.wrapped("", f.th.Text, "Made by another computer. a adopts it: then it can be stopped and removed from here.")
	case u.Standing() == steps.StandingImage:
		f.wrapped("Image", f.th.Warn, u.ImageBegun()+".")
		f.wrapped("", f.th.Text, "→ enter puts the machine back and starts its server.")
	case u.Unseen != "":
		f.wrapped("Not seen", f.th.Warn, u.Unseen+". Shown is what was last known.")
	}
	f.wrapped("", f.th.Warn, u.note)
}

// reaching is the URL and the ways to the machine; gateway is the one whose
// kernels it uses, nil when the list does not know it.
func (u *Member) reaching(f *facts, gateway *Member) {
	switch url := u.url(); {
	case url == "" && u.ThroughTunnel():
		at := ""
		if u.LocalPort > 0 {
			at = " at " + steps.LocalURL(u.LocalPort) + "/"
		}
		f.add("URL", f.th.Text, "no tunnel is open: o opens one"+at)
	case url != "":
		f.link("URL", url, u.ID, u.tunnelSays(f.th))
	}
	if u.Answers.Gateway != "" {
		name := wording.UnknownGateway
		if gateway != nil {
			name = gateway.Name()
		}
		f.add("Gateway", f.th.Text, "kernels run on "+name)
	}
	if u.notebook != nil {
		f.add("Here", f.th.URL, u.notebook.URL())
	}
	switch {
	case u.conn.problem != nil:
		f.add("Link", f.th.Warn, "! "+u.conn.problem.Title+"; retrying automatically")
	case u.conn.link != nil && u.conn.state != "" && u.conn.state != steps.Up:
		f.add("Link", f.th.Warn, "! "+u.conn.state)
	}
}

// tunnelSays is how the tunnel is, behind the URL that leads through it.
func (u *Member) tunnelSays(th theme.Theme) string {
	switch {
	case u.Opened != nil && u.Opened.Tunnel != nil && (u.tunnel == "" || u.tunnel == steps.Up):
		return th.OK.Render("✓ tunnel up")
	case u.Opened != nil && u.Opened.Tunnel != nil:
		return th.Warn.Render("! tunnel: " + page.Clean(u.tunnel))
	case u.Opened == nil && u.Answers.Mode == steps.ModeSSH:
		return th.OK.Render("✓ another program's tunnel")
	}
	return ""
}

// money is what the machine costs: so far, an hour, and until tomorrow.
func (u *Member) money(s *Page, now time.Time) (page.Styler, string) {
	money, sandbox := u.Money(now), s.Engine.Sandboxed()
	text := wording.Money(money, u.State, sandbox)
	switch {
	case sandbox || u.State == steps.StateStopped || !u.State.Exists():
		return s.Theme.Text, text
	case !money.Known:
		return s.Theme.Warn, text
	}
	return s.Theme.Accent, text
}

// stopping says when the machine stops on its own.
func (u *Member) stopping(f *facts, now time.Time) {
	left, soon := u.stopsIn(now)
	switch {
	case !u.Up() || u.Bad != nil: // its rule is in the record
	case u.health.Unarmed != "":
		f.add("Stops", f.th.Warn, "! "+wording.StopsIn(u.health, u.hostNow(now)))
	case soon && left < steps.StopsSoon:
		f.add("Stops", f.th.Warn, "! "+wording.StopsIn(u.health, u.hostNow(now))+"; + gives it at least an hour")
	case soon:
		f.add("Stops", f.th.Text, wording.StopsIn(u.health, u.hostNow(now))+"; + gives it at least an hour")
	default:
		f.add("Stops", f.th.Subtle, u.Answers.StopRule().Words())
	}
}

// healthFacts are what the machine says of itself.
func (u *Member) healthFacts(f *facts, now time.Time) {
	h := u.health
	switch {
	case !u.Up() || u.Elsewhere:
		return
	case u.healthAt.IsZero():
		if u.linkable() && u.conn.problem == nil {
			f.add("Health", f.th.Subtle, "asking …")
		}
		return
	case !h.Watching:
		f.add("Health", f.th.Warn, "! auto-stop watcher isn't running; press D to diagnose")
		return
	}
	if !h.ServerUp {
		f.add("Server", f.th.Warn, "! does not answer: "+h.ServerNote)
	}
	f.wrapped("Idle", f.th.Text, wording.Idle(h, u.hostNow(now)))
	f.add("Ignored", f.th.Subtle, strings.Join(h.Ignore, ", "))
	f.wrapped("Load", f.th.Text, load(h))
	for _, g := range h.GPUs {
		f.add("GPU", f.th.Text, g.Name+" "+wording.Percent(g.Use)+", memory "+wording.MegabytesOf(g.MemoryUsedMB, g.MemoryMB))
	}
	f.add("Kernels", f.th.Text, kernelsSay(h.Kernels))
	f.add("Sessions", f.th.Text, fmt.Sprintf("%s, %s, %s", wording.Counted(h.Logins, "login"), wording.Counted(h.Terminals, "terminal"), wording.Counted(h.Transfers, "transfer")))
}

// load is CPU, memory and disk in one line.
func load(h steps.Health) string {
	parts := []string{fmt.Sprintf("CPU %s of %d", wording.Percent(h.CPU), h.Cores)}
	if h.MemoryMB > 0 {
		parts = append(parts, "memory "+wording.MegabytesOf(h.MemoryUsedMB, h.MemoryMB))
	}
	if h.SwapUsedMB > 0 {
		parts = append(parts, "swap "+wording.Megabytes(h.SwapUsedMB))
	}
	if h.DiskMB > 0 {
		parts = append(parts, "disk "+wording.MegabytesOf(h.DiskFreeMB, h.DiskMB)+" free")
	}
	return strings.Join(parts, " · ")
}

// kernelsSay lists the kernels, the busy ones first.
func kernelsSay(list []steps.KernelInfo) string {
	if len(list) == 0 {
		return "none"
	}
	var busy, rest []string
	for _, k := range list {
		text := k.Name + " " + k.State
		if k.Path != "" {
			text += " (" + k.Path + ")"
		}
		if k.State == "busy" {
			busy = append(busy, text)
		} else {
			rest = append(rest, text)
		}
	}
	return fmt.Sprintf("%d: %s", len(list), strings.Join(append(busy, rest...), ", "))
}
