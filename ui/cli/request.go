package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// commandSpec is what a command that works on machines says of itself. What all of
// them have in common, commandSpec.command adds.
type commandSpec struct {
	use, short, long, example string
	aliases                   []string
	// least and most bound the number of arguments; most below zero is no
	// bound. want says what to give when the number is wrong.
	least, most int
	want        string
	// complete completes an argument; nil completes setups' names.
	complete func(ctx context.Context, r *request, word string) ([]string, cobra.ShellCompDirective)
	run      func(ctx context.Context, r *request) error
}

// request is one run of such a command.
type request struct {
	*Program
	command string // "stop"
	worlds  []bool // the ledgers to look into: AWS is false, the sandbox true
	args    []string
	asJSON  bool
	yes     bool // the person said yes to everything beforehand
	// quiet leaves out questions that only something nice to know needs.
	quiet bool
	// hostKey is the fingerprint of a host key that the person named beforehand.
	hostKey string
	lines   *jsonLines
	// unread is why the AWS profiles could not be read, if anybody asked for them.
	unread error
	// engines are those in use: an account that was signed in stays so.
	engines map[bool]steps.Engine
}

// command makes the cobra command. The request is filled in before it runs.
func (v commandSpec) command(p *Program, sandbox *bool) (*cobra.Command, *request) {
	r := &request{Program: p, lines: newJSONLines(p.Out), engines: map[bool]steps.Engine{}}
	fill := func(cmd *cobra.Command, args []string) {
		r.command, r.worlds, r.args = commandName(cmd), worlds(cmd, *sandbox), args
	}
	cmd := &cobra.Command{
		Use: v.use, Aliases: v.aliases, Short: v.short, Long: v.long + "\n\n" + exitHelp, Example: v.example,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < v.least || v.most >= 0 && len(args) > v.most {
				return v.wrongNumber(commandName(cmd), args, worlds(cmd, *sandbox))
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			fill(cmd, args)
			if v.most >= 0 && len(args) >= v.most {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			if v.complete == nil {
				return p.names(cmd.Context(), r.worlds, args...), cobra.ShellCompDirectiveNoFileComp
			}
			return v.complete(cmd.Context(), r, word)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			fill(cmd, args)
			return v.run(cmd.Context(), r)
		},
	}
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "print JSON, one object per line")
	p.helpFor(cmd, &r.asJSON)
	return cmd, r
}

// commandName is a command as it is typed after the program's name: "image save".
func commandName(cmd *cobra.Command) string {
	_, words, _ := strings.Cut(cmd.CommandPath(), " ")
	return cmp.Or(words, cmd.Name())
}

func (v commandSpec) wrongNumber(command string, args []string, worlds []bool) error {
	if v.most == 0 {
		return usage(command, "the command %s does not accept %q", command, args[0])
	}
	both := bothWorlds()
	return usage(command, "%s", strings.NewReplacer(list(both), list(worlds), imageList(both), imageList(worlds)).Replace(v.want))
}

// oneName is for the commands that take one setup and nothing else.
const oneName = "name one setup: " + name + " ls lists them"

// line prints a line for a person.
func (r *request) line(format string, args ...any) {
	if !r.asJSON {
		_, _ = fmt.Fprintf(r.Out, format+"\n", args...)
	}
}

// remind tells a person what a script reads in its own lines.
func (r *request) remind(format string, args ...any) {
	if !r.asJSON {
		r.note(format, args...)
	}
}

// object prints a line for a script.
func (r *request) object(v any) {
	if r.asJSON {
		r.lines.print(v)
	}
}

// done prints the last line of a success.
func (r *request) done(s steps.Setup, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text != "" {
		r.line("%s", text)
	}
	r.object(jsonDone{Time: r.Now(), Kind: "done", Sandbox: s.Sandbox, Setup: s.ID, Name: s.Answers.Name, Text: text})
}

// mustAsk is an error where the command has something to ask and nobody is there.
func (r *request) mustAsk(instead string) error {
	if r.yes || r.Terminal {
		return nil
	}
	return usage(r.command, "there is no terminal to ask on: %s", instead)
}

// asker is who answers the steps' questions and the command's own.
func (r *request) asker() *asker {
	return &asker{p: r.Program, yes: r.yes, quiet: r.quiet, hostKey: r.hostKey}
}

// engineOf returns the engine of one world, the same one each time: nobody is
// asked for an MFA code twice.
func (r *request) engineOf(sandbox bool) (steps.Engine, error) {
	if engine, ok := r.engines[sandbox]; ok {
		return engine, nil
	}
	engine, err := r.Engine(sandbox, r.asker())
	if err == nil {
		r.engines[sandbox] = engine
	}
	return engine, err
}

// taken is one setup that the command works on, with the engine of its world.
type taken struct {
	*request
	engine steps.Engine
	setup  steps.Setup
	brief  bool // a person is told only what does not go as it should
}

// take finds a setup by name or ID.
func (r *request) take(ctx context.Context, want string) (*taken, error) {
	setup, err := r.find(ctx, r.worlds, want, r.command)
	if err != nil {
		return nil, err
	}
	engine, err := r.engineOf(setup.Sandbox)
	if err != nil {
		return nil, err
	}
	return &taken{request: r, engine: engine, setup: setup}, nil
}

// look takes a setup and asks how its machine is now.
func (r *request) look(ctx context.Context, want string) (*taken, error) {
	t, err := r.take(ctx, want)
	if err != nil {
		return nil, err
	}
	t.setup = t.engine.Look(ctx, []steps.Setup{t.setup})[0]
	return t, nil
}

// reach takes a setup whose machine has to be running.
func (r *request) reach(ctx context.Context, want string) (*taken, error) {
	t, err := r.look(ctx, want)
	if err != nil {
		return nil, err
	}
	return t, t.mustRun()
}

// connect makes a link to a setup's running machine.
func (r *request) connect(ctx context.Context, want string) (*taken, steps.Link, error) {
	t, err := r.reach(ctx, want)
	if err != nil {
		return nil, nil, err
	}
	link, err := t.engine.Connect(ctx, t.setup.ID)
	return t, link, err
}

// mustRun says what to do about a machine that does not run. One that could
// not be checked is tried.
func (t *taken) mustRun() error {
	s := t.setup
	p := problem.Problem{Kind: problem.Unreachable, Title: "The machine is not running"}
	p.Text = fmt.Sprintf("The machine of %s is %s.", s.Answers.Name, s.State)
	on := func(verb problem.Verb, what string) problem.Action {
		return problem.Action{Verb: verb, Name: s.Answers.Name, Sandbox: s.Sandbox, What: what}
	}
	switch {
	case s.Resources.InstanceID == "":
		p.Title, p.Text = "The machine was never launched", s.Answers.Name+" has no machine yet."
		p.Next = problem.Act(on(problem.Launch, "")).Say(".")
	case s.Unseen != "" || s.State.On():
		return nil
	case s.State.Off():
		p.Next = problem.Act(on(problem.Start, "")).Say(".")
	default:
		p.Next = problem.Act(on(problem.Launch, "a new one")).Say(", or ").Act(on(problem.Remove, "what is left")).Say(".")
	}
	return &problemError{[]problem.Problem{p}}
}

// asCommand is a command on this setup as a person types it.
func (t *taken) asCommand(command string) string { return asCommand(command, t.setup) }

func asCommand(command string, s steps.Setup) string {
	return name + " " + command + " " + s.Answers.Name + inSandbox(s)
}

// work runs a method of the engine that says what it does, and remembers which
// step failed.
func (t *taken) work(do func(emit func(steps.Event)) error) error {
	out, current := t.printer(), steps.StepID("")
	err := do(func(e steps.Event) {
		current = e.Step
		if t.brief && !t.asJSON && e.Kind != steps.Retrying && e.Kind != steps.Failed {
			return
		}
		out.event(e)
	})
	if err != nil && current != "" {
		return &stepError{current, err}
	}
	return err
}

// printer prints the setup's events and its URL.
func (t *taken) printer() printer {
	if t.asJSON {
		return &jsonPrinter{jsonLines: t.lines, now: t.Now, sandbox: t.setup.Sandbox}
	}
	return &plainPrinter{w: t.Out, paper: t.paper(), now: t.Now, sandbox: t.setup.Sandbox}
}
