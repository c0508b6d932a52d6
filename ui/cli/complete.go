package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// completePatience is how long the cloud has to complete a word: who pressed
// Tab waits.
const completePatience = 5 * time.Second

// completing completes one word of a command line.
type completing struct {
	*Program
	engine  steps.Engine
	profile string
	region  string
}

// completer makes the function by which a flag completes.
func (p *Program) completer(sandbox *bool, values func(ctx context.Context, c completing) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completePatience)
		defer cancel()
		flag := func(name string) string {
			if f := cmd.Flags().Lookup(name); f != nil {
				return f.Value.String()
			}
			return ""
		}
		c, err := p.completing(*sandbox, flag("profile"), flag("region"))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, err := values(ctx, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

func (p *Program) completing(sandbox bool, profile, region string) (completing, error) {
	engine, err := p.Engine(sandbox, &asker{p: p, yes: true, quiet: true, mute: true})
	if err == nil && profile == "" {
		profile, err = p.defaultProfile(engine)
	}
	return completing{p, engine, profile, region}, err
}

// asleep reports whether there is only a sandbox to ask that does not run:
// completing a word does not start it.
func (c completing) asleep(ctx context.Context) bool { return c.engine.Sandboxed() && !c.awake(ctx) }

// profileWords are the names of the AWS config files.
func profileWords(_ context.Context, c completing) ([]string, error) {
	profiles, err := c.engine.Profiles()
	var all []string
	for _, p := range profiles {
		if p.Name != "" {
			all = append(all, cobra.CompletionWithDesc(p.Name, p.Region))
		}
	}
	return all, err
}

// regionWords are the account's regions or, where it cannot be asked, those of
// every account.
func regionWords(ctx context.Context, c completing) ([]string, error) {
	if c.asleep(ctx) {
		return aws.DefaultRegions(), nil
	}
	account, err := c.engine.SignIn(ctx, c.profile)
	if err != nil {
		return aws.DefaultRegions(), nil
	}
	var all []string
	for _, r := range account.Regions {
		if r.Enabled {
			all = append(all, cobra.CompletionWithDesc(r.Name, r.Title))
		}
	}
	return all, nil
}

// typeWords are the region's instance types.
func typeWords(ctx context.Context, c completing) ([]string, error) {
	if c.asleep(ctx) {
		return nil, nil
	}
	return c.types(ctx, c.region, "")
}

// types are a region's instance types; now is one whose processor they share.
func (c completing) types(ctx context.Context, region, now string) ([]string, error) {
	types, err := c.instanceTypes(ctx, region)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(types, func(t steps.InstanceType) bool { return t.Name == now })
	var all []string
	for _, t := range types {
		if i < 0 || t.Arch == types[i].Arch && t.Name != now {
			all = append(all, cobra.CompletionWithDesc(t.Name, fmt.Sprintf("%d vCPU, %s", t.VCPU, wording.Memory(t.MemoryMiB))))
		}
	}
	return all, nil
}

// resizeWords completes a setup's name, and then the types that its machine
// can have.
func resizeWords(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective) {
	if len(r.args) == 0 {
		return firstName(ctx, r, word)
	}
	s, err := r.find(ctx, r.worlds, r.args[0], r.command)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(ctx, completePatience)
	defer cancel()
	c, err := r.completing(s.Sandbox, s.Answers.Profile, s.Answers.Region)
	if err != nil || c.asleep(ctx) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, err := c.types(ctx, s.Answers.Region, s.Answers.Type)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}
