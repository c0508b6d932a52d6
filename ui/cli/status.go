package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) statusCommand(sandbox *bool) *cobra.Command {
	cmd, r := commandSpec{
		use: "status NAME", short: "Show details of a machine", least: 1, most: 1, want: oneName,
		long: `Shows details of one machine: where it is, how it is reached, what the server and its kernels do, how much of the machine is used, when it stops automatically, and what it costs now, has cost so far and will cost until 9 o'clock tomorrow.

With --json, one line of kind "machine" and a last one of kind "done".`,
		example: `jupyter-ec2 status jupyter
jupyter-ec2 status jupyter --json`,
		run: func(ctx context.Context, r *request) error { return r.status(ctx) },
	}.command(p, sandbox)
	r.quiet = true
	return cmd
}

// statusPatience is how long one machine has to say how it is.
const statusPatience = 15 * time.Second

func (r *request) status(ctx context.Context) error {
	t, err := r.look(ctx, r.args[0])
	if err != nil {
		return err
	}
	m := machine{Machine: steps.Machine{Setup: t.setup}}
	if t.setup.State.Up() {
		asking, cancel := context.WithTimeout(ctx, statusPatience)
		defer cancel()
		m.health, m.unwell = askOne(asking, t.engine, t.setup.ID)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.asJSON {
		r.object(m.json(r.Now()))
		r.done(t.setup, "")
		return nil
	}
	if err := r.describe(m, t.nameOfGateway(ctx)); err != nil {
		return err
	}
	if m.Unseen != "" {
		r.note("%s could not be checked: %s.\n", m.Answers.Name, m.Unseen)
	}
	if begun := m.Setup.ImageBegun(); begun != "" {
		r.note("%s. To put it back: %s\n", safe.Clean(begun), nextWords(problem.Act(problem.Action{Verb: problem.Continue, Name: m.Answers.Name, Sandbox: m.Sandbox})))
	}
	if m.unwell != nil {
		p := steps.Explain(m.unwell)
		r.note("The machine did not report its status: %s. Find out why: %s\n", p.Title, t.asCommand("doctor"))
	}
	r.warn(m)
	return nil
}

// facts are values with their names; one without a value is left out.
type facts struct{ all []fact }

func (f *facts) add(title, format string, args ...any) { f.mark(ordinary, "", title, format, args...) }

// mark adds a value with a tone and its mark.
func (f *facts) mark(t tone, mark, title, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		f.all = append(f.all, fact{title, text, t, mark})
	}
}

// nameOfGateway names the gateway whose kernels the setup uses.
func (t *taken) nameOfGateway(ctx context.Context) string {
	setups, _ := t.engine.Setups(ctx) // unreadable, they tell no name
	for _, s := range setups {
		if s.ID == t.setup.Answers.Gateway {
			return nameOf(s)
		}
	}
	return wording.UnknownGateway
}

// describe prints what is known of a machine; gateway is the name of the one
// whose kernels it uses, if any.
func (r *request) describe(m machine, gateway string) error {
	f := &facts{}
	a := m.Answers
	f.add("Name", "%s (%s)", a.Name, m.ID)
	f.mark(m.tone(), stateMark(m.tone()), "State", "%s", m.standing())
	f.add("Machine", "%s", strings.TrimSpace(fmt.Sprintf("%s %s in %s", m.Resources.InstanceID, a.Type, place(m.Setup))))
	f.add("Address", "%s", m.PublicAddr)
	f.add("Mode", "%s", wording.Mode(m.Setup))
	if a.Gateway != "" {
		f.add("Gateway", "kernels run on %s", gateway)
	}
	if url := m.URL(); url == "" && m.ThroughTunnel() {
		f.add("URL", "no tunnel is open; open one: %s", asCommand("open", m.Setup))
	} else {
		f.mark(web, "", "URL", "%s", url)
	}
	if m.Project != nil && m.Setup.Sync != nil {
		tone := syncTone(*m.Setup.Sync)
		f.mark(tone, tone.mark(), "Project", "%s: %s", m.Project.Dir, wording.Sync(m.Setup.Sync, r.Now()))
	}
	if m.health != nil {
		f.health(*m.health)
		f.stop(m)
	}
	f.money(m, r.Now())
	if err := r.paper().facts(f.all); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (f *facts) health(h steps.Health) {
	if h.ServerUp {
		f.mark(good, good.mark(), "Server", "answers")
	} else {
		f.mark(bad, bad.mark(), "Server", "%s", strings.TrimSuffix("does not answer: "+safe.Clean(h.ServerNote), ": "))
	}
	for i, k := range h.Kernels {
		title := ""
		if i == 0 {
			title = "Kernels"
		}
		f.add(title, "%s", strings.Join(notBlank(safe.Clean(k.Name), safe.Clean(k.State), safe.Clean(k.Path)), "  "))
	}
	if len(h.Kernels) == 0 {
		f.add("Kernels", "none")
	}
	if h.Cores > 0 {
		f.add("CPU", "%s of %d", wording.Percent(h.CPU), h.Cores)
	}
	if h.MemoryMB > 0 {
		f.add("Memory", "%s", wording.MegabytesOf(h.MemoryUsedMB, h.MemoryMB))
	}
	if h.SwapMB > 0 {
		f.add("Swap", "%s", wording.MegabytesOf(h.SwapUsedMB, h.SwapMB))
	}
	if h.DiskMB > 0 {
		f.add("Disk", "%s free", wording.MegabytesOf(h.DiskFreeMB, h.DiskMB))
	}
	for _, g := range h.GPUs {
		f.add("GPU", "%s %s, memory %s", safe.Clean(g.Name), wording.Percent(g.Use), wording.MegabytesOf(g.MemoryUsedMB, g.MemoryMB))
	}
}

func (f *facts) stop(m machine) {
	h := m.health
	if !h.Watching {
		f.mark(warning, warning.mark(), "Stops", "not known: the machine's watcher does not run; see %s", asCommand("doctor", m.Setup))
		return
	}
	f.add("Idle", "%s", safe.Clean(wording.Idle(*h, h.At)))
	for i, p := range h.Work {
		title := ""
		if i == 0 {
			title = "Work"
		}
		f.add(title, "%s, %s of a core (process %d)", safe.Clean(p.Command), wording.Percent(p.CPU), p.PID)
	}
	if len(h.Ignore) > 0 {
		f.add("Ignored", "%s", safe.Clean(strings.Join(h.Ignore, ", ")))
	}
	if h.WorkLeast > 0 && h.WorkLeast != steps.DefaultWorkPercent/100.0 {
		f.add("Counts", "programs that use %s of a core or more", wording.Percent(h.WorkLeast))
	}
	text := safe.Clean(wording.StopsIn(*h, h.At))
	if h.Held.After(h.At) {
		text += fmt.Sprintf(", postponed for %s", wording.Span(h.Held.Sub(h.At)))
	}
	f.mark(m.stopsTone(), "", "Stops", "%s", text)
}

func (f *facts) money(m machine, now time.Time) {
	money := m.Money(now)
	if m.Sandbox || !money.Known {
		f.add("Costs", "%s", wording.Money(money, m.State, m.Sandbox))
		return
	}
	price := ""
	if age := wording.PriceAge(money.PriceAge); age != "" {
		price = " (price " + age + ")"
	}
	f.add("Costs", "%s an hour now%s", wording.Rate(money.Hour), price)
	f.add("So far", "%s", wording.SoFarCell(money))
	f.add("Tomorrow", "%s", wording.TomorrowLine(money))
}

func notBlank(all ...string) []string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
