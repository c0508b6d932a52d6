package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

// settingsPlaces are where this person's settings are on this computer.
func settingsPlaces() settings.Places {
	places := settings.Places{
		User:    filepath.Join(xdg.ConfigHome, name, settings.UserFile),
		Trusted: filepath.Join(xdg.StateHome, name, "projects.json"),
	}
	places.Home, _ = os.UserHomeDir() // without one the search ends elsewhere
	places.Dir, _ = os.Getwd()        // in a folder that is gone there is no project
	return places
}

// settingsOnce are settings that are read when they are first needed.
type settingsOnce struct {
	once sync.Once
	all  *settings.Settings
}

// settings are what is set on this computer, in this folder and environment.
func (p *Program) settings() *settings.Settings {
	p.known.once.Do(func() { p.known.all = p.readSettings() })
	return p.known.all
}

// readSettings reads them again.
func (p *Program) readSettings() *settings.Settings {
	places := p.Places
	places.Getenv = p.Getenv
	return settings.Load(places)
}

// warnOfSettings tells of what cannot be used in the settings. What looks after
// machines works all the same; what makes new ones says so itself.
func (p *Program) warnOfSettings(cmd *cobra.Command) {
	if !cmd.HasParent() || cmd.Hidden {
		return
	}
	switch strings.Fields(commandName(cmd))[0] {
	case "up", "config", "completion", "help", "version":
		return
	}
	for _, f := range p.settings().Faults {
		p.note("Ignored: %s\n", f.Error())
	}
}

// faulty is the problem of settings that cannot be used, or nil.
func faulty(s *settings.Settings) error {
	if len(s.Faults) == 0 {
		return nil
	}
	var texts []string
	for _, f := range s.Faults {
		texts = append(texts, f.Error())
	}
	next := "Correct it: " + name + " config edit"
	switch first := s.Faults[0]; first.From {
	case settings.Project:
		next = "Correct that file, or work from another folder"
	case settings.Environment:
		next = "Set it again, or unset it: unset " + first.Where
	default:
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "A setting cannot be used", Text: strings.Join(texts, "\n  "),
		Next: problem.Say(next + "."), Err: s.Faults[0],
	}
}

// setProfile is the profile that is set for this program. In the sandbox it means
// nothing, as a subnet that is set does: it is one of an account of AWS. AWS's own
// variables count before a file.
func (p *Program) setProfile(all *settings.Settings, sandbox bool) string {
	set := all.Get(settings.Profile)
	if sandbox || set.From < settings.Environment && p.inAWSEnvironment() {
		return ""
	}
	return set.Text
}

// inAWSEnvironment reports whether the environment chooses the account.
func (p *Program) inAWSEnvironment() bool {
	return p.Getenv("AWS_PROFILE") != "" || p.Getenv("AWS_ACCESS_KEY_ID") != ""
}

// wizardStart is what a new machine starts from in the wizard. It is read each
// time: what is corrected meanwhile counts.
func (p *Program) wizardStart(sandbox bool) steps.Start {
	set := p.readSettings()
	start := steps.Start{Answers: set.Answers(), Origins: set.Origins(), Fault: faulty(set)}
	start.Answers.Profile = p.setProfile(set, sandbox)
	if sandbox {
		start.Answers.Subnet = ""
	}
	return start
}

// start is what a new machine starts from, beside flags: what is set, then what
// the last machine was like where a person sees it in the review, then what is
// built in.
func (a *answering) start(ctx context.Context, builtIn steps.Answers) (steps.Answers, error) {
	set := a.settings()
	if err := a.agreed(set); err != nil {
		return builtIn, err
	}
	usual, err := a.defaultProfile(a.engine)
	if err != nil {
		return builtIn, err
	}
	given := set.Answers()
	given.Name, given.Profile = builtIn.Name, a.setProfile(set, a.engine.Sandboxed())
	if a.engine.Sandboxed() {
		given.Subnet = ""
	}
	a.origins = set.Origins()
	if a.seen() {
		given = a.likeTheLast(ctx, given, usual)
	}
	if given.Profile == "" {
		given.Profile = usual
	}
	return given.Over(builtIn), nil
}

// seen reports whether a person sees the review and is asked. It is printed to
// the output, which may be a pipe while the question still has a terminal.
func (a *answering) seen() bool { return a.Terminal && a.OutTerminal && !a.o.yes && !a.o.json }

// likeTheLast has a new machine start from the answers of the last one where
// nothing is set. A script's do not depend on what was made before.
func (a *answering) likeTheLast(ctx context.Context, given steps.Answers, usual string) steps.Answers {
	last, ok := a.engine.Last(ctx)
	if !ok {
		return given
	}
	switch {
	case a.o.given("profile"):
		given.Profile = a.o.profile
	case given.Profile == "" && (a.inAWSEnvironment() || last.Profile == ""):
		given.Profile = usual
	}
	if a.o.given("region") { // what is of the last one's region is of no use in another
		given.Region = a.o.region
	}
	if given = given.Over(last); given.Key.Source == steps.KeyFile && !a.o.given("key") {
		a.o.key, given.Key = given.Key.Path, steps.KeyAnswer{} // which EC2 is asked about again
	}
	a.note("It starts from the answers of the machine that was made last. Flags change them; with --yes only what is set counts.\n")
	return given
}

// agreed is an error where a project's file would count that the person has not
// agreed to, and nobody sees the review.
func (a *answering) agreed(set *settings.Settings) error {
	untrusted := slices.DeleteFunc(set.Untrusted(), func(k settings.Key) bool { return a.o.given(string(k)) })
	if a.seen() || a.o.dryRun || len(untrusted) == 0 {
		return nil
	}
	var names []string
	for _, k := range untrusted {
		names = append(names, string(k))
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "You have not agreed to the project's file",
		Text: set.Project + " sets " + strings.Join(names, ", ") + ", and nobody sees the review here.",
		Next: problem.Say("Read it, and agree to it as it is: " + name + " config trust. Or run " + name + " up in a terminal, with its output not captured and without --yes and --json: the review shows it before anything is created."),
	}
}
