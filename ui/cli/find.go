package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// worlds says which ledgers a command looks into: both, unless --sandbox was given.
func worlds(cmd *cobra.Command, sandbox bool) []bool {
	if cmd.Flags().Changed("sandbox") {
		return []bool{sandbox}
	}
	return bothWorlds()
}

// bothWorlds are AWS and the sandbox.
func bothWorlds() []bool { return []bool{false, true} }

// setups lists what the ledgers hold.
func (p *Program) setups(ctx context.Context, worlds []bool) ([]steps.Setup, error) {
	var all []steps.Setup
	for _, sandbox := range worlds {
		engine, err := p.Engine(sandbox, &asker{p: p, yes: true})
		if err != nil {
			return nil, err
		}
		setups, err := engine.Setups(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the setups: %w", err)
		}
		all = append(all, setups...)
	}
	return all, nil
}

// names completes a setup's name, with what it is; those given already are
// left out.
func (p *Program) names(ctx context.Context, worlds []bool, given ...string) []string {
	setups, err := p.setups(ctx, worlds)
	if err != nil {
		return nil
	}
	var out []string
	for _, s := range setups {
		if !slices.Contains(given, s.Answers.Name) && !slices.Contains(given, s.ID) {
			out = append(out, cobra.CompletionWithDesc(s.Answers.Name, s.Answers.Type+", "+wording.State(s.Standing(), s.State)))
		}
	}
	return out
}

// find looks a setup up by name or ID, for a command.
func (p *Program) find(ctx context.Context, worlds []bool, want, command string) (steps.Setup, error) {
	setups, err := p.setups(ctx, worlds)
	if err != nil {
		return steps.Setup{}, err
	}
	var found []steps.Setup
	for _, s := range setups {
		switch want {
		case s.ID: // an ID is of one setup only
			return s, badRecord(s)
		case s.Answers.Name:
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return steps.Setup{}, &usageError{
			text: fmt.Sprintf("there is no setup %q", want),
			next: meant(wording.Nearest(want, namesOf(setups)), "See "+list(worlds)+" for the list."),
		}
	case 1:
		return found[0], badRecord(found[0])
	default:
		return steps.Setup{}, ambiguous(want, command, found)
	}
}

// list is the command that lists these worlds.
func list(worlds []bool) string {
	return name + " ls" + inSandbox(steps.Setup{Sandbox: onlySandbox(worlds)})
}

// imageList is the command that lists the images of these worlds.
func imageList(worlds []bool) string {
	return name + " image ls" + inSandbox(steps.Setup{Sandbox: onlySandbox(worlds)})
}

// onlySandbox reports whether AWS is none of the worlds.
func onlySandbox(worlds []bool) bool { return !slices.Contains(worlds, false) }

// badRecord is an error where a setup's record cannot be used.
func badRecord(s steps.Setup) error {
	if s.Bad == nil {
		return nil
	}
	return &problemError{[]problem.Problem{*s.Bad}}
}

// nameOf is a setup's name, or its ID where a broken record does not tell it.
func nameOf(s steps.Setup) string { return cmp.Or(s.Answers.Name, s.ID, "-") }

// namesOf are the names of setups.
func namesOf(setups []steps.Setup) []string {
	var all []string
	for _, s := range setups {
		all = append(all, s.Answers.Name)
	}
	return all
}

// ambiguous says which setups share a name, and how to name one of them.
func ambiguous(want, command string, found []steps.Setup) error {
	var each []string
	both := false
	for _, s := range found {
		each = append(each, fmt.Sprintf("%s (%s in %s)", s.ID, s.Answers.Type, place(s)))
		both = both || s.Sandbox != found[0].Sandbox
	}
	e := &usageError{
		text: fmt.Sprintf("%q is the name of %d setups: %s", want, len(found), strings.Join(each, ", ")),
		next: fmt.Sprintf("Give the ID: %s.", commandOn(command, problem.Action{Name: found[0].ID, Sandbox: found[0].Sandbox})),
	}
	if both {
		e.text = fmt.Sprintf("%q is both on AWS and in the sandbox: %s", want, strings.Join(each, ", "))
		e.next = "Add --sandbox or --sandbox=false, or give the ID."
	}
	return e
}

// place is where a setup's machine is, for a person; a bad record may not tell
// the region.
func place(s steps.Setup) string {
	switch {
	case s.Sandbox && s.Answers.Region == "":
		return "sandbox"
	case s.Sandbox:
		return s.Answers.Region + " (sandbox)"
	}
	return s.Answers.Region
}

// world is one ledger with the cloud behind it.
type world struct {
	engine  steps.Engine
	sandbox bool
	profile string // whose account is asked besides those of the ledger
	setups  []steps.Setup
}

// inhabited opens the worlds where there is something to ask: an account, a
// ledger with setups, a sandbox that runs. Asking the sandbox would start it.
func (r *request) inhabited(ctx context.Context, profile string) ([]world, error) {
	var all []world
	r.unread = nil
	for _, sandbox := range r.worlds {
		engine, err := r.engineOf(sandbox)
		if err != nil {
			return nil, err
		}
		w := world{engine: engine, sandbox: sandbox, profile: profile}
		if w.setups, err = engine.Setups(ctx); err != nil {
			return nil, fmt.Errorf("list the setups: %w", err)
		}
		if !sandbox && profile == "" {
			// What is in the ledger is shown also when this cannot be read.
			if w.profile, err = r.defaultProfile(engine); err != nil {
				r.unread = err
			}
		}
		if len(w.setups) > 0 || !sandbox && w.profile != "" || sandbox && r.awake(ctx) {
			all = append(all, w)
		}
	}
	if r.unread != nil && len(r.unasked(all)) == 0 {
		r.tellSilence([]noAnswer{{err: r.unread}})
	}
	return all, nil
}

// awake reports whether the sandbox runs.
func (p *Program) awake(ctx context.Context) bool { return p.SandboxRuns != nil && p.SandboxRuns(ctx) }

// defaultProfile names the profile that the SDK would take, so that the setup
// stays with that account when AWS_PROFILE changes. Empty leaves it to the SDK.
//
// One that is set for this program counts before what the AWS tools take.
func (p *Program) defaultProfile(engine steps.Engine) (string, error) {
	if profile := p.setProfile(p.settings(), engine.Sandboxed()); profile != "" {
		return profile, nil
	}
	profiles, err := engine.Profiles()
	if err != nil {
		return "", fmt.Errorf("list the AWS profiles: %w", err)
	}
	wanted := p.Getenv("AWS_PROFILE")
	if len(profiles) > 0 {
		// The first is what the AWS tools take by themselves, unless they would take none.
		first := profiles[0]
		if engine.Sandboxed() || first.Kind == "environment" || first.Name == cmp.Or(wanted, "default") {
			return first.Name, nil
		}
	}
	return wanted, nil
}
