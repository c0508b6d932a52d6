package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// answering turns flags into answers.
type answering struct {
	*Program
	engine steps.Engine
	ask    *asker
	o      *upOptions
	// image is the name of the image to launch from, which its region tells.
	image string
	// origins are where answers come from that no flag gave.
	origins []steps.Origin
}

// answers gathers them: flags first, then the plan, or the setup of that name, or
// what a new machine starts from, then the account's own defaults. The setup is the zero one where there is
// none of that name yet.
func (a *answering) answers(ctx context.Context) (steps.Answers, steps.Setup, error) {
	base, existing, err := a.base(ctx)
	if err != nil {
		return base, existing, err
	}
	a.flags(&base)
	if err := plausible(base); err != nil {
		return base, existing, err
	}
	// What is wrong with the values is told first: more than one try is one too many.
	if !a.o.yes && !a.o.dryRun && !a.Terminal {
		return base, existing, usage("up", "there is no terminal to ask on: add --yes to continue without being asked")
	}
	if from := wording.Origins(base, a.origins); from != "" {
		a.note("Set %s.\n", from)
	}
	account, err := a.engine.SignIn(ctx, base.Profile)
	if err != nil {
		return base, existing, err
	}
	base.Region = cmp.Or(base.Region, account.Home)
	if err := regionUsable(account.Regions, base.Region); err != nil {
		return base, existing, err
	}
	at := steps.Place{Profile: base.Profile, Region: base.Region}
	if err := a.ownImage(ctx, at, &base); err != nil {
		return base, existing, err
	}
	if base.Type == "" {
		types, err := a.engine.Types(ctx, at)
		if err != nil {
			return base, existing, err
		}
		base.Type = steps.DefaultTypeFor(types)
	}
	if base.Key.Source == "" || a.o.given("key") {
		base.Key, err = a.key(ctx, at)
	}
	return base, existing, err
}

// plausible checks what was given, before an account is asked for the rest.
func plausible(base steps.Answers) error {
	base.Region = cmp.Or(base.Region, "later")
	base.Type = cmp.Or(base.Type, "later")
	base.Key = steps.KeyAnswer{Source: steps.KeyMadeHere}
	if err := base.Valid(); err != nil {
		return usage("up", "%w", err)
	}
	return nil
}

// base is what the answers start from.
func (a *answering) base(ctx context.Context) (steps.Answers, steps.Setup, error) {
	base := steps.Answers{
		Name: steps.DefaultName, Release: steps.DefaultRelease, DiskGB: steps.DefaultDiskGB,
		Mode: steps.ModeSSH, Installer: steps.InstallerUV, UI: steps.UILab,
	}
	if a.o.plan != "" {
		plan, err := readPlan(a.o.plan)
		if err != nil {
			return base, steps.Setup{}, err
		}
		base = plan
	}
	if a.o.given("name") {
		base.Name = a.o.name
	}
	setups, err := a.engine.Setups(ctx)
	if err != nil {
		return base, steps.Setup{}, err
	}
	i := slices.IndexFunc(setups, func(s steps.Setup) bool { return s.Answers.Name == base.Name })
	if i >= 0 && setups[i].Bad != nil {
		return base, steps.Setup{}, badRecord(setups[i])
	}
	if i >= 0 {
		if a.o.plan == "" {
			base = setups[i].Wanted()
		}
		return base, setups[i], nil
	}
	if a.o.plan != "" {
		return base, steps.Setup{}, nil
	}
	base, err = a.start(ctx, base)
	return base, steps.Setup{}, err
}

// flags puts what was given on the command line over the base.
func (a *answering) flags(base *steps.Answers) {
	o := a.o
	for flag, set := range map[string]func(){
		"profile":   func() { base.Profile = o.profile },
		"region":    func() { base.Region = o.region },
		"image":     func() { a.flagImage(base) },
		"type":      func() { base.Type = o.kind },
		"disk":      func() { base.DiskGB = o.disk },
		"subnet":    func() { base.Subnet = o.subnet },
		"project":   func() { base.Project = wholePath(o.project) },
		"mode":      func() { base.Mode = steps.Mode(o.mode) },
		"installer": func() { base.Installer = steps.Installer(o.installer) },
		"ui":        func() { base.UI = steps.UI(o.ui) },
		"no-tls":    func() { base.NoTLS = o.noTLS },
		"idle-stop": func() { base.IdleStop = o.idle.limit },
		"lifetime":  func() { base.Lifetime = o.life.limit },
		"tag":       func() { base.Tags = o.tag.over(base.Tags) },
	} {
		if o.given(flag) {
			set()
		}
	}
}

func readPlan(path string) (plan steps.Answers, err error) {
	f, err := os.Open(path)
	if err != nil {
		return plan, usage("up", "the plan cannot be opened: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole, err := filepath.Abs(path)
	if err != nil {
		return plan, usage("up", "the plan cannot be opened: %w", err)
	}
	return steps.ReadPlan(f, filepath.Dir(whole))
}

// wholePath is a folder as it is found from anywhere; empty stays empty.
func wholePath(dir string) string {
	if dir == "" {
		return ""
	}
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir // which the answers' own check refuses
}

func regionUsable(regions []steps.Region, want string) error {
	i := slices.IndexFunc(regions, func(r steps.Region) bool { return r.Name == want })
	switch {
	case i < 0:
		var all []string
		for _, r := range regions {
			all = append(all, r.Name)
		}
		return &usageError{
			text: fmt.Sprintf("there is no region %q: use one such as us-east-1", want),
			next: meant(wording.Nearest(want, all), "See "+name+" up --help."),
		}
	case !regions[i].Enabled:
		return &problemError{[]problem.Problem{{
			Kind: problem.Refused, Title: "The region is not enabled",
			Text: "Your account has not opted in to " + want + ".",
			Next: problem.Say("Enable it in the AWS console (Account, AWS Regions), or choose another with --region."),
		}}}
	}
	return nil
}

// key turns --key into an answer. A name of the program's own (import, create,
// agent) can still be a file's: write ./import.
func (a *answering) key(ctx context.Context, at steps.Place) (steps.KeyAnswer, error) {
	switch source := steps.KeySource(cmp.Or(a.o.key, string(steps.KeyMadeHere))); source {
	case steps.KeyMadeHere, steps.KeyMadeByEC2:
		return steps.KeyAnswer{Source: source}, nil
	case steps.KeyAgent:
		return a.agentKey(ctx, at)
	case steps.KeyFile: // as any other word is
	}
	option, err := a.engine.InspectKey(ctx, at, a.o.key)
	if err == nil && (option.TooOpen || option.Garbled) {
		if option.TooOpen {
			err = a.protect(ctx, option.Answer.Path)
		} else {
			err = a.straighten(ctx, option.Answer.Path)
		}
		if err == nil {
			option, err = a.engine.InspectKey(ctx, at, a.o.key)
		}
	}
	if err != nil {
		return steps.KeyAnswer{}, err
	}
	if option.Problem != "" {
		return option.Answer, keyProblem(option.Problem)
	}
	return option.Answer, nil
}

func (a *answering) agentKey(ctx context.Context, at steps.Place) (steps.KeyAnswer, error) {
	options, err := a.engine.Keys(ctx, at)
	if err != nil {
		return steps.KeyAnswer{}, err
	}
	for _, o := range options {
		if o.Answer.Source == steps.KeyAgent && o.Problem == "" {
			return o.Answer, nil
		}
	}
	return steps.KeyAnswer{}, &problemError{[]problem.Problem{{
		Kind: problem.Answers, Title: "ssh-agent holds no key that can be used",
		Text: "No ssh-agent answers, or it holds no ed25519 or RSA key.",
		Next: problem.Say("Start it and add a key (ssh-add), or leave out --key: a new key is then made."),
	}}}
}

// protect makes a key file readable by its owner only, as the guide has it.
func (a *answering) protect(ctx context.Context, path string) error {
	ok := false
	if !a.o.dryRun { // which changes nothing, here neither
		var err error
		if ok, err = a.ask.confirm(ctx, fmt.Sprintf("Others can read %s. Protect it (%s)?", path, problem.Here().Protects())); err != nil {
			return err
		}
	}
	if !ok {
		return &problemError{[]problem.Problem{{
			Kind: problem.Answers, Title: "Others can read the key",
			Text: "Other users of this computer can read " + path + ", and OpenSSH refuses such a key.",
			Next: problem.ProtectFile(path).Say(" (or say yes to the question)."),
		}}}
	}
	if err := a.engine.ProtectKey(path); err != nil {
		return fmt.Errorf("protect the key: %w", err)
	}
	a.note("%s is now readable by you only (%s).\n", path, problem.Here().Protects())
	return nil
}

// straighten offers to write a key file as ssh reads it. The program itself
// can use it as it is.
func (a *answering) straighten(ctx context.Context, path string) error {
	if a.o.dryRun {
		return nil
	}
	ok, err := a.ask.confirm(ctx, fmt.Sprintf("ssh cannot read %s as it was saved (UTF-16, a byte order mark or Windows line ends). Write it as ssh reads it?", path))
	if err != nil || !ok {
		return err
	}
	if err := a.engine.ProtectKey(path); err != nil {
		return fmt.Errorf("write the key as ssh reads it: %w", err)
	}
	a.note("ssh can read %s now.\n", path)
	return nil
}

func keyProblem(text string) error {
	return &problemError{[]problem.Problem{{
		Kind: problem.Answers, Title: "This key cannot be used", Text: text,
		Next: problem.Say("Name another private key with --key, or leave it away: a new key is then made."),
	}}}
}

// problemError is problems that were found before anything was done.
type problemError struct{ problems []problem.Problem }

func (e *problemError) Error() string { return e.problems[0].Title }

// Problem is the first one, with the others added to its text.
func (e *problemError) Problem() problem.Problem {
	p := e.problems[0]
	for _, more := range e.problems[1:] {
		p.Text += "\n  Also: " + more.Title + ". " + more.Text
	}
	p.Raw = ""
	return p
}
