package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const name = "jupyter-ec2"

// Program is everything the commands need of the outside.
type Program struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	// Browse opens a URL in a browser; led is closed when the browser has been there, or never will be.
	Browse func(url string) (led <-chan struct{}, err error)
	// Terminal reports whether there is somebody to ask: In and Err are a terminal.
	Terminal bool
	// OutTerminal reports whether Out is one: what a host prints is then made safe.
	OutTerminal bool
	// Size is the terminal's size now, in cells; nil where there is none.
	Size func() (width, height int)
	// Silence keeps what is typed off the terminal until it is called off; nil
	// where there is none.
	Silence func() (off func())
	// Secret reads a line from the terminal without showing it.
	Secret func(ctx context.Context) ([]byte, error)
	// Engine makes the engine of one world, AWS or the sandbox.
	Engine func(sandbox bool, ask steps.Asker) (steps.Engine, error)

	// Console puts the terminal into raw mode for a shell; restore puts it back.
	// Nil where there is none.
	Console func(ctx context.Context) (t steps.Terminal, restore func() error, err error)
	// SandboxRuns reports whether the sandbox runs; asking does not start it.
	SandboxRuns func(ctx context.Context) bool

	// Kept is the folder of what is kept for some minutes; "" where there is none.
	Kept string

	// Wizard runs the screen program.
	Wizard func(ctx context.Context, sandbox bool, choice theme.Choice) error

	// Places are where settings are looked for, beside the environment.
	Places settings.Places

	// trace is the debug log; it drops everything where none is asked for.
	trace  *slog.Logger
	traced *traceFile // of the trace, or nil

	// background counts what the engines do that no command waits for, such as
	// asking for prices again; linger is how long the end of one waits for it.
	background sync.WaitGroup
	linger     time.Duration

	lines *lineReader
	// known are the settings, once they are read; see settings.
	known settingsOnce
	// shown is what draws in the terminal, or nil.
	shown *liveRegion
}

// Main runs the program with this process's arguments and terminal, and
// answers its exit code.
func Main() int {
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		// A terminal that is closed ends the work in order too: what was
		// started here, such as a credential_process, is not left behind.
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	defer stop()
	// The first signal ends the work in order; a second one ends the program.
	context.AfterFunc(ctx, stop)
	p := &Program{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Browse: openBrowser,
		Terminal:    isTerminal(os.Stdin) && isTerminal(os.Stderr),
		OutTerminal: isTerminal(os.Stdout),
		Size:        func() (int, int) { return terminalSize(os.Stdout, os.Stderr) },
		Silence:     func() func() { return silenced(os.Stdin) },
		Secret:      func(ctx context.Context) ([]byte, error) { return readSecret(ctx, os.Stdin) },
	}
	p.linger = 2 * time.Second
	p.Kept = filepath.Join(stateDir("aws"), "types")
	p.Places = settingsPlaces()
	p.Engine, p.Wizard, p.SandboxRuns = p.wire, p.wizard, p.sandboxRuns
	if isTerminal(os.Stdin) && isTerminal(os.Stdout) {
		p.Console = func(ctx context.Context) (steps.Terminal, func() error, error) {
			return openConsole(ctx, os.Stdin, os.Stdout, os.Getenv("TERM"))
		}
	}
	lipgloss.EnableLegacyWindowsANSI(os.Stdout)
	lipgloss.EnableLegacyWindowsANSI(os.Stderr)
	code := p.Run(ctx, os.Args[1:])
	// Some file systems tell only now that they have no room.
	if err := os.Stdout.Close(); err != nil && code == exitDone {
		code = p.fail(ctx, &outputError{err}, false)
	}
	return code
}

// Run runs one command line and answers its exit code.
func (p *Program) Run(ctx context.Context, args []string) (code int) {
	p.trace = slog.New(slog.DiscardHandler)
	defer func() { p.endTrace(code) }()
	p.lines = newLineReader(p.In)
	defer p.lines.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !completes(args) {
		defer p.settle(ctx)
	}
	p.Out = &stdout{w: p.Out, broken: cancel}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	shellsCommand(root, args)
	root.AddCommand(p.manCommand())
	err := root.ExecuteContext(ctx)
	switch lost := p.unheard(); {
	case lost != nil && closedPipe(lost):
		return exitPipe
	case err == nil:
		err = lost
	}
	if err == nil {
		return exitDone
	}
	return p.fail(ctx, err, wantsJSON(args))
}

// completes reports whether a shell asks for completions.
func completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// settle gives what is under way in the background a moment to end: a short
// command would cut it off each time, and what it brings would never be kept.
func (p *Program) settle(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		p.background.Wait()
		close(ended)
	}()
	patience := time.NewTimer(p.linger)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
	case <-ctx.Done():
	}
}

// wantsJSON reports whether the output is for a script, also of a command line
// that could not be read. What follows -- is another program's.
func wantsJSON(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// fail prints an error in plain words, or as the last JSON line, and answers
// the exit code.
func (p *Program) fail(ctx context.Context, err error, asJSON bool) int {
	if errors.Is(err, errCutOff) {
		return exitInterrupted
	}
	if e, ok := errors.AsType[*commandExit](err); ok {
		return e.code
	}
	told := steps.Explain(err)
	// Whatever a signal broke, what happened is that the person stopped it. What was
	// typed wrong, in an editor say, no signal broke.
	if ctx.Err() != nil && told.Kind != problem.Answers && !errors.Is(err, steps.ErrDeclined) {
		told = steps.Explain(ctx.Err())
	}
	code := exitCode(told.Kind)
	p.trace.Error("failed", "problem", told.Kind, "title", told.Title, "step", failedStep(err))
	if asJSON {
		line := jsonFailed{
			Time: p.Now(), Kind: "failed", Step: failedStep(err), Exit: code,
			Problem: told.Kind, Title: told.Title, Text: told.Text, Next: nextWords(told.Next), Raw: told.Raw,
		}
		if json.NewEncoder(p.Out).Encode(line) == nil {
			return code
		}
	}
	out := p.paperOn(p.Err, isTerminal(p.Err))
	title := told.Title
	if out.width > 0 {
		title = out.paint(bad, bad.mark()+" "+title)
	}
	p.note("\n%s\n", title)
	if told.Text != told.Title {
		p.note("  %s\n", told.Text)
	}
	p.note("  %s\n", out.paint(heading, nextWords(told.Next)))
	return code
}
