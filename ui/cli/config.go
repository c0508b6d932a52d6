package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

func (p *Program) configCommand(sandbox *bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Set what new machines and the screen start from",
		Long: `What is set here new machines start from, in the wizard and with "up". A flag counts first, then a variable (JUPYTER_EC2_TYPE for "type"), then the project's file (` + settings.ProjectFile + ` in the working folder or above it, in the same checkout or below the home folder), then your own file, then what is built in. A machine that exists keeps what it was made with.

The settings: profile, region, type, disk, mode, installer, ui, idle-stop, lifetime, theme, and tags.NAME for a tag of everything that is created.

A project's file cannot set profile, theme or tags, nor a limit of "never" or above 12h. Without a person who sees the review, it counts only once you have agreed to it: "config trust".

` + exitHelp,
		Example: `jupyter-ec2 config set type t3.large
jupyter-ec2 config set tags.team lab
jupyter-ec2 config get --all`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return usage("config", "say what to do with the settings: get, set, unset, edit, path or trust")
		},
	}
	for _, make := range []func(*bool) *cobra.Command{
		p.configGetCommand, p.configSetCommand, p.configUnsetCommand, p.configEditCommand, p.configPathCommand, p.configTrustCommand,
	} {
		cmd.AddCommand(make(sandbox))
	}
	return cmd
}

func (p *Program) configSetCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "set KEY VALUE", short: "Set a value in your own file", least: 2, most: 2, want: "name a setting and its value, for example: type t3.large",
		long: `Writes a value into your own file. Comments and the order of the file stay.

With --json, a line of kind "setting" as "config get" prints it, and "done" at the end.`,
		example: `jupyter-ec2 config set region eu-central-1
jupyter-ec2 config set idle-stop 2h
jupyter-ec2 config set tags.team lab`,
		complete: settingWords,
		run:      func(_ context.Context, r *request) error { return r.configSet() },
	}.command(p, sandbox)
	return cmd
}

func (p *Program) configUnsetCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "unset KEY", short: "Remove a value from your own file", least: 1, most: 1, want: "name a setting: " + name + " config get --all lists them",
		long: `Removes the line of a setting from your own file. What counts then is said.

With --json, a line of kind "setting" as "config get" prints it, and "done" at the end.`,
		example:  `jupyter-ec2 config unset region`,
		complete: settingWords,
		run:      func(_ context.Context, r *request) error { return r.configUnset() },
	}.command(p, sandbox)
	return cmd
}

func (p *Program) configPathCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "path", short: "Print where your own file is", least: 0, most: 0,
		long: `Prints the path of your own file, whether or not it exists. Where the working folder has a project's file, that is named too.

With --json, a line of kind "path" with the path, the project's file where there is one, and whether you have agreed to it; and "done" at the end.`,
		example: `jupyter-ec2 config path`,
		run:     func(_ context.Context, r *request) error { return r.configPath() },
	}.command(p, sandbox)
	return cmd
}

func (p *Program) configTrustCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "trust", short: "Agree to the project's file as it is now", least: 0, most: 0,
		long: `Has the project's file (` + settings.ProjectFile + `) count also where nobody sees the review: with --yes or --json, or where the output is no terminal. Read it first. When it changes, it has to be agreed to again.

With --json, a line of kind "path" as "config path" prints it, and "done" at the end.`,
		example: `jupyter-ec2 config trust`,
		run:     func(_ context.Context, r *request) error { return r.configTrust() },
	}.command(p, sandbox)
	return cmd
}

// settingWords completes a key, and then its value.
func settingWords(ctx context.Context, r *request, _ string) ([]string, cobra.ShellCompDirective) {
	if len(r.args) == 0 {
		var all []string
		for _, k := range r.settings().Keys() {
			all = append(all, cobra.CompletionWithDesc(string(k), k.About()))
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
	k := settings.Key(r.args[0])
	asked := map[settings.Key]func(context.Context, completing) ([]string, error){
		settings.Profile: profileWords, settings.Region: regionWords, settings.Type: typeWords,
	}[k]
	switch {
	case r.command != "config set" || len(r.args) > 1:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case asked == nil && k.Span():
		return limitWords(), cobra.ShellCompDirectiveNoFileComp
	case asked == nil:
		return k.Words(), cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(ctx, completePatience)
	defer cancel()
	c, err := r.completing(onlySandbox(r.worlds), "", r.settings().Get(settings.Region).Text)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _ := asked(ctx, c) // without an answer there are none
	return all, cobra.ShellCompDirectiveNoFileComp
}

func (r *request) configSet() error {
	k, err := r.key(r.args[0])
	if err != nil {
		return err
	}
	text := r.args[1]
	if k == settings.Folder {
		text = wholePath(text) // which holds wherever one works
	}
	if err := r.Places.Set(k, text); err != nil {
		return r.notSet(k, err)
	}
	return r.changed(k, true)
}

func (r *request) configUnset() error {
	k, err := r.key(r.args[0])
	if err != nil {
		return err
	}
	done, err := r.Places.Unset(k)
	if err != nil {
		return r.notSet(k, err)
	}
	return r.changed(k, done)
}

// key reads the name of a setting.
func (r *request) key(word string) (settings.Key, error) {
	k, err := settings.ParseKey(word)
	if err != nil {
		return "", usage(r.command, "%w", err)
	}
	return k, nil
}

// notSet is why the file was not written.
func (r *request) notSet(k settings.Key, err error) error {
	if fault, ok := errors.AsType[settings.Fault](err); ok {
		return &problem.Error{
			Kind: problem.Answers, Title: "Your own file cannot be changed", Text: fault.Error(),
			Next: problem.Say("Correct it: " + name + " config edit."), Err: err,
		}
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("write your own file: %w", err)
	}
	return usage(r.command, "%s: %w", k, err)
}

// changed says what counts now.
func (r *request) changed(k settings.Key, done bool) error {
	s := r.readSettings()
	now := s.Get(k)
	r.object(settingOf(k, now))
	switch {
	case !done:
		r.remind("%s was not set in %s.\n", k, s.User)
	case now.From == settings.User:
		r.line("%s is %s: %s", k, now.Text, now.At())
	case now.From > settings.User:
		r.line("%s is still %s, from %s.", k, now.Text, now.At())
	default:
		r.line("%s is no longer set in %s.", k, s.User)
	}
	r.tellFaults(s)
	r.object(jsonDone{Time: r.Now(), Kind: "done"})
	return nil
}

// tellFaults tells of what cannot be used.
func (r *request) tellFaults(s *settings.Settings) {
	for _, f := range s.Faults {
		r.note("Ignored: %s\n", f.Error())
	}
}

// jsonPath is a line of kind "path".
type jsonPath struct {
	Kind    string `json:"kind"`
	Path    string `json:"path"`
	Project string `json:"project,omitempty"`
	Trusted bool   `json:"trusted"` // the project's file, as it is
}

func (r *request) configPath() error {
	s := r.settings()
	r.line("%s", s.User)
	if s.Project != "" {
		r.remind("The project's file is %s.\n", s.Project)
	}
	r.object(jsonPath{"path", s.User, s.Project, s.Trusted()})
	r.object(jsonDone{Time: r.Now(), Kind: "done"})
	return nil
}

func (r *request) configTrust() error {
	s := r.settings()
	if s.Project == "" {
		return usage(r.command, "there is no %s in this folder or its project", settings.ProjectFile)
	}
	for _, f := range s.Faults {
		if f.From == settings.Project {
			return faulty(&settings.Settings{Faults: []settings.Fault{f}})
		}
	}
	if err := r.Places.Trust(s); err != nil {
		return err
	}
	r.line("%s counts as it is now, also with --yes:", s.Project)
	for _, k := range s.Keys() {
		if v, ok := s.In(settings.Project, k); ok {
			r.line("  %s = %s", k, v.Text)
		}
	}
	r.object(jsonPath{"path", s.User, s.Project, true})
	r.object(jsonDone{Time: r.Now(), Kind: "done"})
	return nil
}
