package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

const name = "jupyter-ec2"

// Program is everything the commands need of the outside.
type Program struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	Browse   func(url string) error
	// Terminal says whether there is somebody to ask: In and Err are a terminal.
	Terminal bool
	// Secret reads a line from the terminal without showing it.
	Secret func(ctx context.Context) ([]byte, error)
	// Guide makes the engine of one world, AWS or the sandbox.
	Guide func(sandbox bool, ask steps.Asker) (steps.Engine, error)

	// Wizard runs the screen program.
	Wizard func(ctx context.Context, sandbox bool) error

	lines *lineReader
}

// Main runs the program with this process's arguments and terminal, and
// answers its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal ends the work in order; a second one ends the program.
	context.AfterFunc(ctx, stop)
	p := &Program{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Browse: openBrowser,
		Terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		Secret:   func(ctx context.Context) ([]byte, error) { return readSecret(ctx, os.Stdin) },
	}
	p.Guide, p.Wizard = p.wire, p.wizard
	return p.Run(ctx, os.Args[1:])
}

// Run runs one command line and answers its exit code.
func (p *Program) Run(ctx context.Context, args []string) int {
	p.lines = newLineReader(p.In)
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	// Errors are printed here and not by fang, which would ask the terminal
	// for its background colour first.
	var code int
	err := fang.Execute(ctx, root, fang.WithVersion(version()),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	if err != nil {
		code = p.fail(ctx, err, slices.Contains(args, "--json"))
	}
	return code
}

// fail prints an error in plain words, or as the last JSON line, and answers
// the exit code.
func (p *Program) fail(ctx context.Context, err error, asJSON bool) int {
	if errors.Is(err, errCutOff) {
		return exitInterrupted
	}
	problem := steps.Explain(err)
	// Whatever a signal broke, what happened is that the person stopped it.
	if ctx.Err() != nil && !errors.Is(err, steps.ErrDeclined) {
		problem = steps.Explain(ctx.Err())
	}
	code := exitCode(problem.Kind)
	if asJSON {
		line := jsonFailed{
			Time: p.Now(), Kind: "failed", Step: failedStep(err), Exit: code,
			Problem: string(problem.Kind), Title: problem.Title, Text: problem.Text, Next: problem.Next, Raw: problem.Raw,
		}
		if json.NewEncoder(p.Out).Encode(line) == nil {
			return code
		}
	}
	_, _ = fmt.Fprintf(p.Err, "\n%s\n", problem.Title)
	if problem.Text != problem.Title {
		_, _ = fmt.Fprintf(p.Err, "  %s\n", problem.Text)
	}
	_, _ = fmt.Fprintf(p.Err, "  %s\n", problem.Next)
	return code
}
