package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

// idleOptions are what idle was asked to change, beside the idle time.
type idleOptions struct {
	life          limitFlag
	work          int // percent
	ignore, count []string
}

func (p *Program) idleCommand(sandbox *bool) *cobra.Command {
	o := &idleOptions{}
	cmd, _ := commandSpec{
		use: "idle NAME [DURATION|never]", short: "Change when a machine stops automatically", least: 1, most: 2,
		want: "name one setup, and after how much idle time to stop it (60m), or never",
		long: `Changes when a machine stops automatically: after this much idle time (60m by default), and with --lifetime after running for this long in total (12h by default). Files are kept. A stopped machine is not started: the rule applies from its next start.

A running cell, an SSH login, a command and a copy count as activity, and so do your own programs: a GPU in use, or together 10 percent of a core over a minute, which --work changes. "status" names them. --ignore leaves a program out, with what it starts: by its name (htop), by its name and script ('python monitor.py'), or by a pattern with * and ? for its whole command line; --count has it count again. An open browser tab alone does not count.

With --json, events of the steps, a line of kind "ready" with the url, and "done" at the end.`,
		example: `jupyter-ec2 idle jupyter 2h
jupyter-ec2 idle jupyter never --lifetime 24h
jupyter-ec2 idle jupyter --ignore htop --ignore 'python monitor*'`,
		complete: spanAfterName(limitWords),
		run:      func(ctx context.Context, r *request) error { return r.idle(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().Var(&o.life, "lifetime", "stop it after running for this long, or never")
	cmd.Flags().IntVar(&o.work, "work", 0, "programs count from this use of a core on, in percent (10 at first)")
	cmd.Flags().StringArrayVar(&o.ignore, "ignore", nil, "leave out the programs of this name or pattern")
	cmd.Flags().StringArrayVar(&o.count, "count", nil, "have an ignored name or pattern count again")
	takes(cmd.Flags(), "PROGRAM", "ignore", "count")
	// The flag exists: it is defined above.
	_ = cmd.RegisterFlagCompletionFunc("lifetime", cobra.FixedCompletions(limitWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// rule is the rule as changed; changed is false where nothing was asked.
func (o *idleOptions) rule(now steps.WorkRule) (rule steps.WorkRule, changed bool, err error) {
	rule = steps.WorkRule{Percent: cmp.Or(o.work, now.Percent), Ignore: slices.Clone(now.Ignore)}
	if o.work < 0 {
		return rule, false, usage("idle", "%d percent of a core cannot be used: write 10, or 150 for one and a half cores", o.work)
	}
	for _, pattern := range o.count {
		i := slices.Index(rule.Ignore, pattern)
		if i < 0 {
			return rule, false, usage("idle", "%q is not ignored; ignored are: %s", pattern, cmp.Or(strings.Join(now.Ignore, ", "), "none"))
		}
		rule.Ignore = slices.Delete(rule.Ignore, i, i+1)
	}
	for _, pattern := range o.ignore {
		if !slices.Contains(rule.Ignore, pattern) {
			rule.Ignore = append(rule.Ignore, pattern)
		}
	}
	return rule, o.work != 0 || len(o.ignore)+len(o.count) > 0, nil
}

func (r *request) idle(ctx context.Context, o *idleOptions) error {
	ofWork := o.work != 0 || len(o.ignore)+len(o.count) > 0
	if len(r.args) == 1 && !o.life.given && !ofWork {
		return usage("idle", "say after how much idle time to stop the machine (60m), or never")
	}
	var idle steps.Limit
	if len(r.args) > 1 {
		var err error
		if idle, err = settings.Limit(r.args[1]); err != nil {
			return usage("idle", "%w", err)
		}
	}
	t, err := r.look(ctx, r.args[0])
	if err != nil {
		return err
	}
	rule, changed, err := o.rule(t.setup.Wanted().Work)
	if err != nil {
		return err
	}
	if changed {
		if t.setup, err = t.kept(t.engine.SetWork(ctx, t.setup.ID, rule)); err != nil {
			return err
		}
	}
	if idle != 0 || o.life.given {
		a := t.setup.Wanted()
		lifetime := a.Lifetime
		if o.life.given {
			lifetime = o.life.limit
		}
		if t.setup, err = t.kept(t.engine.SetLimits(ctx, t.setup.ID, idle.Or(a.IdleStop), lifetime)); err != nil {
			return err
		}
	}
	t.brief = true // the guide is gone through for the stop rule alone
	return t.follow(ctx, idleSays(t.setup))
}

// idleSays tells the rules that a machine has now.
func idleSays(s steps.Setup) string {
	a := s.Wanted()
	said := a.Name + " stops automatically " + a.StopRule().Words() + "."
	if a.StopRule().Never() {
		said = a.Name + " never stops automatically: it runs until you stop it."
		if !s.Sandbox {
			said = a.Name + " never stops automatically: it costs money until you stop it."
		}
	}
	if a.Work.Percent != 0 {
		said += fmt.Sprintf(" Programs count from %d percent of a core.", a.Work.Percent)
	}
	if len(a.Work.Ignore) > 0 {
		said += " Ignored: " + strings.Join(a.Work.Ignore, ", ") + "."
	}
	return said
}

// kept is the setup with new answers, and the state as it was seen.
func (t *taken) kept(s steps.Setup, err error) (steps.Setup, error) {
	if err != nil {
		return t.setup, err
	}
	seen := t.setup
	seen.Answers, seen.Next = s.Answers, s.Next
	return seen, nil
}
