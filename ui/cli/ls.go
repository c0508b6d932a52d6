package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type lsOptions struct {
	profile, region string
	noHosts, cached bool
}

func (p *Program) lsCommand(sandbox *bool) *cobra.Command {
	o := &lsOptions{}
	cmd, r := commandSpec{
		use: "ls", aliases: []string{"list"},
		short: "List the machines, with what they cost and when they stop",
		long: `Lists the machines of this program in all regions of your accounts, on AWS and in the sandbox, with what they cost and when they stop automatically. One that is marked "elsewhere" was made by another computer; "adopt" takes it over. A state with a question mark is the one last seen: the cloud could not be asked.

In a terminal the machines of this computer are there at once, as last seen, and the regions' answers take their place as they come; elsewhere the list is printed when it is complete. With --cached nobody is asked, which takes no time.

With --json, a line of kind "machine" each, "unseen" for a region that did not answer, and "done" at the end.`,
		example: `jupyter-ec2 ls
# Quicker: do not ask the machines themselves
jupyter-ec2 ls --no-hosts
# At once: ask nobody, for a prompt or a script
jupyter-ec2 ls --cached
jupyter-ec2 ls --json --region eu-west-1`,
		run: func(ctx context.Context, r *request) error { return r.ls(ctx, o) },
	}.command(p, sandbox)
	r.quiet = true
	p.accountFlags(cmd, sandbox, &o.profile, &o.region)
	cmd.Flags().BoolVar(&o.noHosts, "no-hosts", false, "do not ask the machines for idle time and stop")
	cmd.Flags().BoolVar(&o.cached, "cached", false, "ask nobody: print what this computer knew last")
	return cmd
}

// accountFlags are for the commands that look at whole accounts.
func (p *Program) accountFlags(cmd *cobra.Command, sandbox *bool, profile, region *string) {
	cmd.Flags().StringVar(profile, "profile", "", "check this profile's account too (default: the one AWS tools use)")
	// The flags exist: they are defined here.
	_ = cmd.RegisterFlagCompletionFunc("profile", p.completer(sandbox, profileWords))
	if region != nil {
		cmd.Flags().StringVar(region, "region", "", "show this region only")
		_ = cmd.RegisterFlagCompletionFunc("region", p.completer(sandbox, regionWords))
	}
}

func (r *request) ls(ctx context.Context, o *lsOptions) error {
	g, err := r.gather(ctx, o.profile, o.region, !o.noHosts)
	if err != nil {
		return err
	}
	if !o.cached {
		if err := r.complete(ctx, g); err != nil {
			return err
		}
	}
	all, h := g.machines(), g.hearing()
	if o.cached {
		h = nil
	} else {
		if len(all) > 0 { // nobody misses an account that was never there
			h.silent = slices.DeleteFunc(h.silent, noAnswer.notAsked)
		}
		r.tellSilence(h.silent)
	}
	if err := errors.Join(g.failed(), r.list(all)); err != nil {
		return err
	}
	if len(all) == 0 {
		if err := r.none(h); err != nil {
			return err
		}
	}
	r.object(jsonDone{Time: r.Now(), Kind: "done", Sandbox: onlySandbox(r.worlds), Text: fmt.Sprintf("%d listed", len(all))})
	return nil
}

// none says that there is no machine, as far as anybody said so. h is nil where
// nobody was to be asked.
func (r *request) none(h *hearing) error {
	if h != nil && !h.unnamed() {
		if err := h.nobody(); err != nil {
			return err
		}
		if rest := h.rest(); rest != "" {
			r.remind("No machines where there was an answer. %s\n", rest)
			return nil
		}
	}
	r.remind("No setups yet. Make one with: %s up%s\n", name, inSandbox(steps.Setup{Sandbox: onlySandbox(r.worlds)}))
	return nil
}

// list prints the machines.
func (r *request) list(all []machine) error {
	if r.asJSON {
		for _, m := range all {
			r.object(m.json(r.Now()))
		}
		return nil
	}
	if len(all) == 0 {
		return nil
	}
	if err := r.table(r.paper(), all); err != nil {
		return err
	}
	r.together(all)
	for _, m := range all {
		if m.Bad != nil {
			r.note("%s: %s. %s\n  %s\n", nameOf(m.Setup), m.Bad.Title, m.Bad.Text, nextWords(m.Bad.Next))
		}
		if m.Unseen != "" && !m.waits {
			r.note("%s could not be checked: %s.\n", m.Answers.Name, m.Unseen)
		}
		r.warn(m)
	}
	return nil
}

// together sums up what several machines cost, as far as it is known.
func (r *request) together(all []machine) {
	var paid []steps.Setup
	for _, m := range all {
		if !m.Sandbox {
			paid = append(paid, m.Setup)
		}
	}
	if len(paid) > 1 {
		money := steps.Together(r.Now(), paid...)
		r.note("Together they cost %s; %s.\n", wording.Together(money), wording.SoFar(money))
	}
	if age := wording.PriceAge(steps.Together(r.Now(), paid...).PriceAge); age != "" {
		r.note("The oldest of these prices is %s.\n", age)
	}
}

// table prints the machines, a row each.
func (r *request) table(out paper, all []machine) error {
	columns := []column{
		{title: "NAME"},
		{title: "STATE", give: 1},
		{title: "MODE", give: 7},
		{title: "TYPE", give: 6},
		{title: "REGION", label: "in", give: 8},
		{title: "IDLE", label: "idle", give: 4},
		{title: "STOPS", label: "stops", give: 2},
		{title: "COST/H", label: "an hour:", give: 3},
		{title: "SO FAR", label: "so far:", give: 5},
		{title: "URL", give: 9},
	}
	projects := slices.ContainsFunc(all, func(m machine) bool { return m.Project != nil })
	if projects {
		columns = append(columns, column{title: "PROJECT", label: "project:", give: 3})
	}
	var rows [][]cell
	now := r.Now()
	for _, m := range all {
		a := m.Answers
		region := place(m.Setup)
		// The names of a machine from elsewhere are from its tags, which anybody in the account may write.
		how := m.tone()
		hour, soFar := m.moneyCells(now)
		rows = append(rows, []cell{
			{text: safe.Clean(nameOf(m.Setup))},
			{text: m.standing(), tone: how, mark: stateMark(how)},
			{text: dash(wording.Mode(m.Setup))},
			{text: a.Type},
			{text: region},
			{text: m.idle()},
			{text: m.stops(), tone: m.stopsTone()},
			{text: hour},
			{text: soFar},
			m.urlCell(),
		})
		if projects {
			last := len(rows) - 1
			rows[last] = append(rows[last], m.projectCell(now))
		}
	}
	if err := out.table(columns, rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
