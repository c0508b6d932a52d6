package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

type upOptions struct {
	profile, region, image, kind string
	disk                         int
	subnet, project              string
	key, mode, installer, name   string
	ui                           string
	noTLS                        bool
	plan                         string
	idle, life                   limitFlag
	tag                          tagFlag

	yes, dryRun, plain, json, noTunnel, timings bool
	// bare is a run without a command: nobody asked for a machine to start.
	bare bool

	// given reports whether a flag was on the command line. What was not given
	// comes from the plan, from the setup of that name, or from the defaults.
	given func(flag string) bool
}

func newUpOptions() *upOptions {
	return &upOptions{given: func(string) bool { return false }}
}

func (p *Program) upCommand(sandbox *bool) *cobra.Command {
	o := newUpOptions()
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Go through the guide and end at a URL",
		Long: `Goes through the guide without a screen: launches the machine, installs Jupyter, starts it, runs a cell in it, and prints the URL. In a terminal it shows the steps as they go, with the URL in a box at the end, and keeps the whole log in a file; elsewhere, and with --plain, it prints lines, the URL as the last one.

A new machine starts from what is set (see jupyter-ec2 config), and then from the answers of the one that was made last, which the review shows; with --yes or --json, or where the output is no terminal, only what is set counts, whatever was made before.

A run that was interrupted continues where it stopped when the same command is given again; nothing is created twice. In ssh mode the tunnel stays up until Ctrl-C, which is a success once the URL was printed.

With --json, each line is an object: events of the steps (time, setup, step, kind, text), and as the last line one of kind "ready" with the url, or of kind "failed" with the problem.

With --timings, a table at the end says how long each step took (the review from the command line to your yes), and how much of that it waited for AWS, for the machine and for your answers; the rest was spent here. What is waited for at the same time is counted once: for you before AWS, and for AWS before the machine. With --json it is a line of kind "timings" before the last one: seconds, aws, machine, you and ours, of all and of each of the steps.

` + exitHelp,
		Example: `# Ask once, then work
jupyter-ec2 up
# For a script, in the sandbox
jupyter-ec2 up --sandbox --yes --json --no-tunnel
# Another machine, reached over HTTPS
jupyter-ec2 up --name big --type t3.large --disk 30 --mode http
# With a key made by EC2, and installed with pip, as the guide does it
jupyter-ec2 up --key create --installer pip
# In a network of your own
jupyter-ec2 up --subnet subnet-0123456789abcdef0
# With the folder that you work in, kept alike on both sides
jupyter-ec2 up --project .
# See where the time goes
jupyter-ec2 up --sandbox --yes --timings
# From an image of yours: what is installed on it is there
jupyter-ec2 up --name second --image lab
# What the wizard saved
jupyter-ec2 up --plan plan.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags().Changed
			return p.up(cmd.Context(), *sandbox, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.profile, "profile", "", "use this profile from the AWS config files")
	f.StringVar(&o.region, "region", "", "launch in this region (the profile's own)")
	f.StringVar(&o.image, "image", steps.DefaultRelease, "launch this Ubuntu release ("+strings.Join(steps.ReleaseVersions(), ", ")+"), or an image: one of yours by its name, or any by its ID, ami-…")
	f.StringVar(&o.kind, "type", "", "launch this instance type (t2.micro, or a free-tier type where there is none)")
	f.IntVar(&o.disk, "disk", steps.DefaultDiskGB, "create a disk of this many GB")
	f.StringVar(&o.subnet, "subnet", "", "launch into this subnet, subnet-…, which leads to the internet (one of the default network)")
	f.StringVar(&o.project, "project", "", "bring this folder to the machine, and keep both alike (none)")
	f.StringVar(&o.key, "key", string(steps.KeyMadeHere), "use this private key file, or: import (new key, made here), create (made by EC2), agent")
	f.StringVar(&o.mode, "mode", string(steps.ModeSSH), "reach the server this way: ssh, http or gateway")
	f.StringVar(&o.installer, "installer", string(steps.InstallerUV), "install with uv, or with pip as the guide does")
	f.StringVar(&o.ui, "ui", string(steps.UILab), "have the URL lead to this page: lab (JupyterLab) or tree (the notebook, as in the guide)")
	f.StringVar(&o.name, "name", steps.DefaultName, "name the setup")
	f.BoolVar(&o.noTLS, "no-tls", false, "serve plain HTTP in http and gateway mode, as the guide does")
	f.Var(&o.idle, "idle-stop", "stop the machine after this much idle time, or never (60m)")
	f.Var(&o.life, "lifetime", "stop the machine after running for this long, or never (12h)")
	f.Var(&o.tag, "tag", "put this tag on everything that is created; can be given again")
	f.StringVar(&o.plan, "plan", "", "use the answers of a plan that the wizard saved")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.dryRun, "dry-run", false, "show the review and create nothing")
	f.BoolVar(&o.plain, "plain", false, "print lines, as without a terminal, and do not draw the steps")
	f.BoolVar(&o.json, "json", false, "print events as JSON, one object per line")
	f.BoolVar(&o.noTunnel, "no-tunnel", false, "do not hold a tunnel in ssh mode: print the URL and exit")
	f.BoolVar(&o.timings, "timings", false, "print how long each step took, and for whom it waited")
	p.helpFor(cmd, &o.json)
	// The flags exist: they are defined above.
	for flag, values := range map[string]func(context.Context, completing) ([]string, error){
		"profile": profileWords, "region": regionWords, "type": typeWords, "image": imageWords,
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, p.completer(sandbox, values))
	}
	for flag, words := range map[string][]string{
		"mode": {"ssh", "http", "gateway"}, "installer": {"uv", "pip"}, "ui": uiWords(),
		"idle-stop": limitWords(), "lifetime": limitWords(),
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// up runs the guide from the first answer to the URL.
func (p *Program) up(ctx context.Context, sandbox bool, o *upOptions) error {
	if o.plain && o.json {
		return usage("up", "--plain and --json cannot be used together")
	}
	if err := faulty(p.settings()); err != nil {
		return err
	}
	meter := timing.New(p.Now)
	ctx = timing.With(ctx, meter)
	timing.Begin(ctx, string(steps.StepReview))
	ask := &asker{p: p, yes: o.yes}
	engine, err := p.Engine(sandbox, ask)
	if err != nil {
		return err
	}
	a := &answering{Program: p, engine: engine, ask: ask, o: o}
	answers, existing, err := a.answers(ctx)
	if err != nil {
		return err
	}
	out := p.upPrinter(ctx, o, answers.Name, sandbox, meter)
	defer out.end()
	// What is launched already needs no review: nothing new is bought.
	if existing.Resources.InstanceID == "" || o.dryRun {
		review, err := engine.Review(ctx, answers)
		if err != nil {
			return typeMeant(ctx, engine, answers, err)
		}
		if yes, err := p.reviewed(ctx, out, review, ask, o); err != nil || !yes {
			return err
		}
	} else if o.bare {
		if err := resumed(ctx, ask, existing); err != nil {
			return err
		}
	}
	setup, err := engine.Begin(ctx, answers)
	if err != nil {
		return err
	}
	opened, err := p.work(ctx, engine, setup.ID, out)
	if err != nil {
		return err
	}
	return p.arrived(ctx, engine, out, opened, !o.noTunnel)
}

// upPrinter is who shows a run: in a terminal that can, the steps as they go.
func (p *Program) upPrinter(ctx context.Context, o *upOptions, setup string, sandbox bool, m *timing.Meter) printer {
	var told *timings
	if o.timings {
		told = newTimings(m)
	}
	switch {
	case o.json:
		return &jsonPrinter{jsonLines: newJSONLines(p.Out), now: p.Now, sandbox: sandbox, timings: told}
	case o.plain || p.paper().width == 0:
		return &plainPrinter{w: p.Out, now: p.Now, sandbox: sandbox, timings: told}
	}
	log := p.openLog(setup, sandbox)
	log.timings = newTimings(m) // always: a log is for what is asked later
	l := p.live(ctx, log)
	l.timings = told
	return l
}

// reviewed shows the review and reports whether to continue.
func (p *Program) reviewed(ctx context.Context, out printer, r steps.Review, ask *asker, o *upOptions) (bool, error) {
	out.review(r)
	if len(r.Problems) > 0 {
		return false, &problemError{r.Problems}
	}
	if o.dryRun {
		return false, nil
	}
	ok, err := ask.confirm(ctx, "Create this?")
	if err == nil && !ok {
		err = &problemError{[]problem.Problem{{
			Kind: problem.Interrupted, Title: "Nothing was created", Text: "You did not say yes.",
			Next: problem.Say("Change what you like with flags (see " + name + " up --help) and run it again."),
		}}}
	}
	return ok, err
}

// resumed asks before a machine that exists is worked on, which starts it.
func resumed(ctx context.Context, ask *asker, s steps.Setup) error {
	question := fmt.Sprintf("Continue with %s? Its machine is started if it is stopped.", s.Answers.Name)
	ok, err := ask.confirm(ctx, question)
	if err == nil && !ok {
		return declined("Nothing was changed", "See your machines: "+list([]bool{s.Sandbox})+". Another one: "+name+" up --name NAME"+inSandbox(s)+".")
	}
	return err
}

// work runs the working steps and remembers which one failed.
func (p *Program) work(ctx context.Context, engine steps.Engine, setupID string, out printer) (*steps.Opened, error) {
	var current steps.StepID
	opened, err := engine.Work(ctx, setupID, func(e steps.Event) {
		current = e.Step
		out.event(e)
	})
	if err != nil {
		return nil, &stepError{current, err}
	}
	return opened, nil
}
