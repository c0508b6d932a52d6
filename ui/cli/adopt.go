package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type adoptOptions struct{ profile, region string }

func (p *Program) adoptCommand(sandbox *bool) *cobra.Command {
	o := &adoptOptions{}
	cmd, _ := commandSpec{
		use: "adopt NAME|ID", short: "Take over a machine that another computer made", least: 1, most: 1,
		want: "name one machine that " + name + " ls marks \"elsewhere\", or give its ID",
		long: `Adds a machine that another computer made to this computer's list, so that it can be stopped and removed from here. Its private key stays where it is: to log in from here, that key is needed.

With --json, a last line of kind "done".`,
		example: `jupyter-ec2 adopt lab
jupyter-ec2 adopt i-0123456789abcdef0 --region eu-west-1`,
		complete: func(context.Context, *request, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveNoFileComp // only the clouds know, and they are slow to say
		},
		run: func(ctx context.Context, r *request) error { return r.adopt(ctx, o) },
	}.command(p, sandbox)
	p.accountFlags(cmd, sandbox, &o.profile, &o.region)
	return cmd
}

func (r *request) adopt(ctx context.Context, o *adoptOptions) error {
	g, err := r.gather(ctx, o.profile, o.region, false)
	if err != nil {
		return err
	}
	if err := g.ask(ctx); err != nil {
		return err
	}
	r.tellSilence(g.hearing().silent)
	m, err := r.foundling(g, r.args[0])
	if err != nil {
		return err
	}
	engine, err := r.engineOf(m.Sandbox)
	if err != nil {
		return err
	}
	s, err := engine.Adopt(ctx, m.Machine)
	if err != nil {
		return err
	}
	r.done(s, "%s (%s in %s) is in this computer's list now. Stop it: %s", s.Answers.Name, m.Resources.InstanceID, place(s), asCommand("stop", s))
	return nil
}

// foundling finds the machine from elsewhere that the person means.
func (r *request) foundling(g *gathering, want string) (machine, error) {
	var found []machine
	var strays []steps.Setup
	for _, m := range g.machines() {
		if m.Elsewhere {
			strays = append(strays, m.Setup)
		}
		if m.Answers.Name != want && m.ID != want && m.Resources.InstanceID != want {
			continue
		}
		if !m.Elsewhere {
			return m, &usageError{
				text: fmt.Sprintf("%q is in this computer's list already", want),
				next: "See " + list(r.worlds) + "; " + asCommand("status", m.Setup) + " shows its details.",
			}
		}
		found = append(found, m)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if err := g.failed(); err != nil {
			return machine{}, err
		}
		h := g.hearing()
		if err := h.nobody(); err != nil {
			return machine{}, err
		}
		if rest := h.rest(); rest != "" {
			return machine{}, &usageError{text: fmt.Sprintf("no machine from elsewhere is called %q where there was an answer", want), next: rest}
		}
		return machine{}, &usageError{
			text: fmt.Sprintf("no machine from elsewhere is called %q", want),
			next: meant(wording.Nearest(want, namesOf(strays)), "See "+list(r.worlds)+" for the list; --profile checks another account."),
		}
	}
	var each []string
	for _, m := range found {
		each = append(each, fmt.Sprintf("%s (%s in %s)", safe.Clean(m.ID), m.Resources.InstanceID, place(m.Setup)))
	}
	return machine{}, &usageError{
		text: fmt.Sprintf("%q is the name of %d machines: %s", want, len(found), strings.Join(each, ", ")),
		next: "Give the ID of one.",
	}
}
