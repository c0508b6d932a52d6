package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// Options is everything the wizard needs of the outside.
type Options struct {
	Engine steps.Engine
	// Asker is the one that was given to the engine.
	Asker *Asker
	In    io.Reader // the terminal; nil means the process's own
	Out   io.Writer
	Env   []string // "NAME=value", as os.Environ; for NO_COLOR, TERM and the like
	// Theme is what the screen is drawn for; empty means what the terminal says.
	Theme theme.Choice
	// Start is what a new machine starts from, before the last machine's answers.
	// It is called for each one; nil is nothing.
	Start func() steps.Start
	// Open opens a URL in the browser; nil when there is none.
	Open func(url string) error
	// SaveDir is where plans and logs are saved; empty means the folder the
	// program runs in.
	SaveDir string
	// Version is shown in the help.
	Version string
	Now     func() time.Time // nil means time.Now
}

// Outcome is how the wizard was left.
type Outcome struct {
	// Setup is the setup that was worked on last; zero when there was none.
	Setup steps.Setup
	// Opened is the end of the guide when it was reached; its tunnel is closed.
	Opened *steps.Opened
	// LeftRunning says that a machine of this setup exists and costs money.
	LeftRunning bool
	// Interrupted says that work was going on and was cut off.
	Interrupted bool
	// Removed says that the setup and all of it were removed.
	Removed bool
	// Left are all setups of this computer of which something is there: those
	// whose machines run, and behind them those that are stopped, or whose
	// removal is not finished.
	Left []steps.Setup
	// Cleared are those that were removed since the program was started.
	Cleared []steps.Setup
}

// lettingGo is how long Run waits after the last key for work that was cut
// off to let go of its setup. The ledger is safe without it.
const lettingGo = 3 * time.Second

// cleaningUp is how much of that is for what was cut off, before its
// connections are closed.
const cleaningUp = 2 * time.Second

// Run shows the wizard until the person leaves it. Work that still runs is
// cancelled, and a tunnel is closed; machines are left as they are.
func Run(ctx context.Context, o Options) (Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Now == nil {
		o.Now = time.Now
	}
	var program *tea.Program
	m := newModel(ctx, o, func(msg tea.Msg) { program.Send(msg) })
	program = tea.NewProgram(m, o.programOptions(ctx)...)
	if o.Asker != nil {
		o.Asker.bind(program.Send)
	}
	_, err := program.Run()
	cancel()
	m.Tasks.Wait(time.Second)
	m.letGo(cleaningUp, lettingGo)
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, tea.ErrInterrupted) {
		err = context.Canceled
	}
	if err != nil {
		err = fmt.Errorf("the terminal program: %w", err)
	}
	return m.outcome, err
}

func (o Options) programOptions(ctx context.Context) []tea.ProgramOption {
	options := []tea.ProgramOption{tea.WithContext(ctx)}
	if o.In != nil {
		options = append(options, tea.WithInput(o.In))
	}
	if o.Out != nil {
		options = append(options, tea.WithOutput(o.Out))
	}
	if o.Env != nil {
		options = append(options, tea.WithEnvironment(o.environment()))
	}
	return options
}

// letGo waits for what was cut off, and closes all tunnels, connections and
// notebooks: also those made while the person left, which no screen was told
// of. What takes longer than patience is left to the end of the process; clean is
// how much of that is for what was cut off.
func (m *model) letGo(clean, patience time.Duration) {
	things := append(slices.Clone(m.Ends.Unused()), m.machines.WhatIsOpen()...)
	var ends, all sync.WaitGroup
	for _, end := range m.Ends.UnderWay() {
		ends.Go(func() {
			<-end.Gone
			if end.Left != nil {
				_ = end.Left.Close() // the program ends: there is nothing to do about it
			}
		})
	}
	closed := make(chan struct{})
	go func() {
		// First, so that a copy that was cut off can still take back what lies
		// half copied on the machine.
		ended := make(chan struct{})
		go func() { ends.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(clean):
		}
		for _, c := range things {
			all.Go(func() { _ = c.Close() }) // likewise
		}
		all.Wait()
		ends.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(patience):
	}
}

// environment is what the terminal program sees of it. It would keep to
// NO_COLOR where the person chose colours all the same.
func (o Options) environment() []string {
	if !o.Theme.Overrides() {
		return o.Env
	}
	return slices.DeleteFunc(slices.Clone(o.Env), func(e string) bool { return strings.HasPrefix(e, "NO_COLOR=") })
}
