package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type sweepOptions struct {
	profile, region   string
	instances, images bool
	dryRun            bool
}

func (p *Program) sweepCommand(sandbox *bool) *cobra.Command {
	o := &sweepOptions{}
	cmd, r := commandSpec{
		use: "sweep", short: "Find what is left over in the cloud, and remove it",
		long: `Lists, over all regions, what this program created (instances, volumes, security groups, key pairs, snapshots) and no setup of this computer owns, with its cost. Then it asks, setup by setup, whether to remove it. What another computer made is listed too: a running instance may be in use there right now. Images that no setup of this computer made are listed, and stay: they are meant to. --images removes them too, also those of machines that another computer works with; each is named first.

With --yes everything is removed but running instances and what belongs to them; --instances removes these too. With --json, a line of kind "leftover" each, "unseen" for a region that did not answer, events of the removal, and "done" at the end.

What is in a region that did not answer is not known, and the last line says so. Where not one answered, that is a failure: 3 or 4, by the reason.`,
		example: `# Only look
jupyter-ec2 sweep --dry-run
jupyter-ec2 sweep
jupyter-ec2 sweep --yes --region us-east-1`,
		run: func(ctx context.Context, r *request) error { return r.sweep(ctx, o) },
	}.command(p, sandbox)
	p.accountFlags(cmd, sandbox, &o.profile, &o.region)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "do not ask: remove all but running instances")
	cmd.Flags().BoolVar(&o.instances, "instances", false, "remove running instances too")
	cmd.Flags().BoolVar(&o.images, "images", false, "remove the listed images too, other computers' as well")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list only, remove nothing")
	return cmd
}

// jsonLeftover is a line of kind "leftover".
type jsonLeftover struct {
	Kind      string    `json:"kind"`
	What      string    `json:"what"` // "instance", "volume", "security group", "key pair", "image", "snapshot"
	ID        string    `json:"id"`
	Name      string    `json:"name,omitempty"`
	Setup     string    `json:"setup,omitempty"`
	SetupName string    `json:"setup_name,omitempty"`
	Sandbox   bool      `json:"sandbox"`
	Profile   string    `json:"profile,omitempty"`
	Region    string    `json:"region"`
	Detail    string    `json:"detail,omitempty"`
	Created   time.Time `json:"created,omitzero"`
	Running   bool      `json:"running"`
	Kept      bool      `json:"kept,omitempty"`       // an image, which stays unless --images is given
	CostMonth *float64  `json:"cost_month,omitempty"` // absent when unknown
}

// jsonSwept is the last line of a sweep, kind "done".
type jsonSwept struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Found   int       `json:"found"`
	Removed int       `json:"removed"`
	Silent  int       `json:"silent"` // regions that did not answer
}

// setupLeftovers are the leftovers of one setup, in one world.
type setupLeftovers struct {
	world
	setup, name string
	things      []steps.Leftover
}

// running reports whether an instance among them may be in use.
func (m setupLeftovers) running() bool {
	return slices.ContainsFunc(m.things, func(l steps.Leftover) bool { return l.Running })
}

func (r *request) sweep(ctx context.Context, o *sweepOptions) error {
	all, h, err := r.leftovers(ctx, o)
	if err != nil {
		return err
	}
	if err := r.tell(h); err != nil {
		return err
	}
	if err := r.listLeftovers(all); err != nil {
		return err
	}
	if !o.dryRun && slices.ContainsFunc(all, func(m setupLeftovers) bool { return len(o.removable(m.things)) > 0 }) {
		if err := r.mustAsk("add --yes to remove without being asked, or --dry-run to list only"); err != nil {
			return err
		}
	}
	found, removed := 0, 0
	var errs []error
	for _, m := range all {
		found += len(m.things)
		if o.dryRun {
			continue
		}
		n, err := r.clear(ctx, m, o)
		removed += n
		if ctx.Err() != nil {
			return err
		}
		errs = append(errs, err) // one that does not go keeps no other
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	switch {
	case h.asleep:
		r.line("%s", sandboxAsleep)
	case found == 0 && len(h.silent) > 0:
		r.line("Nothing is left over where there was an answer.")
	case found == 0:
		r.line("Nothing is left over.")
	case !o.dryRun:
		r.line("Removed %d of %d.", removed, found)
	}
	if rest := h.rest(); rest != "" {
		r.line("%s", rest)
	}
	if n := images(all); n > 0 && !o.images && !o.dryRun {
		r.line("Kept: %s. To remove what is listed here too, add --images; %s lists all.", wording.Counted(n, "image"), imageList(r.worlds))
	}
	r.object(jsonSwept{r.Now(), "done", found, removed, len(h.silent)})
	return nil
}

// leftovers asks all worlds, and sorts the answers by setup.
func (r *request) leftovers(ctx context.Context, o *sweepOptions) ([]setupLeftovers, *hearing, error) {
	worlds, err := r.inhabited(ctx, o.profile)
	if err != nil {
		return nil, nil, err
	}
	var all []setupLeftovers
	h := r.hearing(worlds, o.region)
	for _, w := range worlds {
		var mu sync.Mutex
		var things []steps.Leftover
		err := w.engine.Sweep(ctx, w.profile, func(s steps.Swept) {
			mu.Lock()
			defer mu.Unlock()
			h.took(s.At, w.sandbox, s.Heard(), s.Err)
			for _, l := range s.Leftovers {
				if o.region == "" || l.At.Region == o.region {
					things = append(things, l)
				}
			}
		})
		if err != nil {
			return nil, nil, err
		}
		all = append(all, bySetup(w, things)...)
	}
	return all, h, nil
}

func images(all []setupLeftovers) int {
	n := 0
	for _, m := range all {
		for _, l := range m.things {
			if l.Kept {
				n++
			}
		}
	}
	return n
}

func bySetup(w world, things []steps.Leftover) []setupLeftovers {
	var all []setupLeftovers
	slices.SortStableFunc(things, func(a, b steps.Leftover) int { return a.Created.Compare(b.Created) })
	for _, l := range things {
		i := slices.IndexFunc(all, func(m setupLeftovers) bool { return m.setup == l.SetupID })
		if i < 0 {
			i = len(all)
			// Tags are written by whoever may: they are made safe for the terminal.
			title := safe.Clean(l.Setup)
			if title == "" {
				title = "no name"
			}
			all = append(all, setupLeftovers{world: w, setup: l.SetupID, name: title})
		}
		all[i].things = append(all[i].things, l)
	}
	return all
}

func (r *request) listLeftovers(all []setupLeftovers) error {
	if r.asJSON {
		for _, m := range all {
			for _, l := range m.things {
				r.object(leftoverOf(l, m.sandbox))
			}
		}
		return nil
	}
	if len(all) == 0 {
		return nil
	}
	columns := []column{
		{title: "SETUP"},
		{title: "WHAT", give: 1},
		{title: "ID", give: 2},
		{title: "DETAIL", give: 5},
		{title: "REGION", label: "in", give: 4},
		{title: "COST/MONTH", label: "a month:", give: 3},
	}
	var rows [][]cell
	sum, unknown, paid := 0.0, false, false
	for _, m := range all {
		for _, l := range m.things {
			region := l.At.Region
			if m.sandbox {
				region += " (sandbox)"
			} else {
				sum += l.MonthCost
				unknown, paid = unknown || !l.CostKnown, true
			}
			rows = append(rows, []cell{
				{text: m.name}, {text: l.Kind}, {text: safe.Clean(l.ID)}, {text: dash(safe.Clean(l.Detail))}, {text: region}, {text: wording.Month(l.MonthCost, l.CostKnown, m.sandbox)},
			})
		}
	}
	if err := r.paper().table(columns, rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if !paid {
		return nil
	}
	more := ""
	if unknown {
		more = ", and what has an unknown price"
	}
	r.line("Together %s a month%s.", wording.Monthly(sum), more)
	return nil
}

func leftoverOf(l steps.Leftover, sandbox bool) jsonLeftover {
	j := jsonLeftover{
		Kind: "leftover", What: l.Kind, ID: l.ID, Name: safe.Clean(l.Name), Setup: l.SetupID, SetupName: safe.Clean(l.Setup), Sandbox: sandbox,
		Profile: l.At.Profile, Region: l.At.Region, Detail: safe.Clean(l.Detail), Created: l.Created, Running: l.Running, Kept: l.Kept,
	}
	if sandbox {
		j.CostMonth = new(float64)
	} else if l.CostKnown {
		j.CostMonth = &l.MonthCost
	}
	return j
}

// removable are the leftovers that are not kept.
func (o *sweepOptions) removable(things []steps.Leftover) []steps.Leftover {
	if o.images {
		return things
	}
	return slices.DeleteFunc(slices.Clone(things), func(l steps.Leftover) bool { return l.Kept })
}

// clear removes one setup's leftovers when the person agrees, and answers how
// many those were. With a running instance kept, what belongs to it stays too.
func (r *request) clear(ctx context.Context, m setupLeftovers, o *sweepOptions) (int, error) {
	m.things = o.removable(m.things)
	if len(m.things) == 0 {
		return 0, nil
	}
	if r.yes && m.running() && !o.instances {
		r.note("%s is left: its instance is running, and may be in use from another computer. Remove it too: %s sweep --yes --instances%s\n", m.name, name, inSandbox(steps.Setup{Sandbox: m.sandbox}))
		return 0, nil
	}
	if !r.yes {
		r.note("\nThis cannot be undone. Of %s it removes:\n", m.name)
		for _, l := range m.things {
			r.note("  %s\n", loss(l))
		}
	}
	ok, err := r.asker().confirm(ctx, "Remove these?")
	if err != nil || !ok {
		return 0, err
	}
	t := &taken{request: r, engine: m.engine, setup: steps.Setup{ID: m.setup, Sandbox: m.sandbox, Answers: steps.Answers{Name: m.name}}}
	if err := t.work(func(emit func(steps.Event)) error { return m.engine.Clear(ctx, m.things, emit) }); err != nil {
		r.remind("%s is not completely removed: %s.\n", m.name, steps.Explain(err).Title)
		return 0, err
	}
	return len(m.things), nil
}

// loss names what removing a leftover takes away.
func loss(l steps.Leftover) string {
	text := l.Kind + " " + safe.Clean(l.ID)
	switch {
	case l.Running:
		text += ", which is RUNNING and may be in use from another computer, with all files on it"
	case l.Kept:
		text += " (" + safe.Clean(l.Name) + "), from which machines can then no longer be launched"
	case l.Kind == "instance" || l.Kind == "volume":
		text += ", with all files on it"
	}
	return text
}
