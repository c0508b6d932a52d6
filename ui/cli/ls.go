package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

type lsOptions struct{ json bool }

func (p *Program) lsCommand(sandbox *bool) *cobra.Command {
	o := &lsOptions{}
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the setups",
		Long: `Lists the setups of this computer, on AWS and in the sandbox, and how their machines are now. A state with a question mark is the one last seen: the cloud could not be asked. With --json, an object a line.

` + exitHelp,
		Example: `jupyter-ec2 ls
jupyter-ec2 ls --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.ls(cmd.Context(), worlds(cmd, *sandbox), o)
		},
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print an object a line, as JSON")
	return cmd
}

// worlds says which ledgers a command looks into: both, unless --sandbox was given.
func worlds(cmd *cobra.Command, sandbox bool) []bool {
	if cmd.Flags().Changed("sandbox") {
		return []bool{sandbox}
	}
	return []bool{false, true}
}

// jsonSetup is one line of ls --json.
type jsonSetup struct {
	Name       string     `json:"name"`
	ID         string     `json:"id"`
	Sandbox    bool       `json:"sandbox"`
	Profile    string     `json:"profile,omitempty"`
	Region     string     `json:"region"`
	Type       string     `json:"type"`
	Mode       steps.Mode `json:"mode"`
	State      string     `json:"state"`
	InstanceID string     `json:"instance_id,omitempty"`
	Address    string     `json:"address,omitempty"`
	Created    time.Time  `json:"created"`
	jsonCost
}

func (p *Program) ls(ctx context.Context, worlds []bool, o *lsOptions) error {
	all, err := p.looked(ctx, worlds)
	if err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(p.Out)
		for _, s := range all {
			a := s.Answers
			line := jsonSetup{
				Name: a.Name, ID: s.ID, Sandbox: s.Sandbox, Profile: a.Profile, Region: a.Region, Type: a.Type, Mode: a.Mode,
				State: stateOf(s), InstanceID: s.Resources.InstanceID, Address: s.PublicAddr, Created: s.Created, jsonCost: costOf(s.Cost, s.Sandbox),
			}
			if err := enc.Encode(line); err != nil {
				return fmt.Errorf("print: %w", err)
			}
		}
		return nil
	}
	if len(all) == 0 {
		p.note("No setups yet. Make one with: %s up\n", name)
		return nil
	}
	return p.table(all)
}

func (p *Program) table(all []steps.Setup) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tSTATE\tMODE\tTYPE\tREGION\tINSTANCE\tCOST/H\tAGE")
	for _, s := range all {
		a := s.Answers
		cost := "unknown"
		switch {
		case s.Sandbox:
			cost = "nothing"
		case s.Cost.Known:
			cost = fmt.Sprintf("$%.4f", s.Cost.Hour)
		}
		region := a.Region
		if s.Sandbox {
			region = "sandbox"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			a.Name, stateOf(s), a.Mode, a.Type, region, dash(s.Resources.InstanceID), cost, age(p.Now().Sub(s.Created)))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// looked lists what the ledgers hold, and how the machines are now.
func (p *Program) looked(ctx context.Context, worlds []bool) ([]steps.Setup, error) {
	all, err := p.gather(ctx, worlds, func(g steps.Engine, list []steps.Setup) []steps.Setup { return g.Look(ctx, list) })
	for _, s := range all {
		if s.Unseen != "" {
			p.note("%s could not be looked at: %s.\n", s.Answers.Name, s.Unseen)
		}
	}
	return all, err
}

// setups lists what the ledgers hold.
func (p *Program) setups(ctx context.Context, worlds []bool) ([]steps.Setup, error) {
	return p.gather(ctx, worlds, func(_ steps.Engine, list []steps.Setup) []steps.Setup { return list })
}

func (p *Program) gather(ctx context.Context, worlds []bool, see func(steps.Engine, []steps.Setup) []steps.Setup) ([]steps.Setup, error) {
	var all []steps.Setup
	for _, sandbox := range worlds {
		guide, err := p.Guide(sandbox, &asker{p: p, yes: true})
		if err != nil {
			return nil, err
		}
		setups, err := guide.Setups(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the setups: %w", err)
		}
		all = append(all, see(guide, setups)...)
	}
	return all, nil
}

// stateOf is a setup's state in a word: the machine's, and where the guide has
// not come to its end, that too.
func stateOf(s steps.Setup) string {
	switch {
	case s.Resources.Removing:
		return "removing"
	case s.State == "" && s.Resources.InstanceID == "":
		return "not launched"
	case s.State == "running" && !s.Finished(steps.StepOpen) && s.Unseen == "":
		return "unfinished"
	case s.Unseen != "":
		return dash(s.State) + "?"
	default:
		return dash(s.State)
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// age says a duration in its largest unit, rounded down.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
