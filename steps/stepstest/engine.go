// Package stepstest is for tests of front ends: an engine made by hand, which
// launches nothing and answers what a test says.
package stepstest

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Engine is an engine made by hand. Its fields are set before it is used, and
// by Change from then on.
type Engine struct {
	Has Has
	// Hold holds a call until its channel is closed, by "verb id"; of a survey
	// it holds the answer of one region.
	Hold map[string]chan struct{}
	// Fail is what fails, by "verb id" or "verb". Work fails after all of its
	// script.
	Fail map[string]error
	// Run does Work in place of Has.Script.
	Run func(ctx context.Context, emit func(steps.Event)) (*steps.Opened, error)
	// Link makes the links of Connect; Shared is the only one, where one will do.
	Link   func(id string) *Link
	Shared *Link
	// AnyOrder has a survey's regions answer in any order, as real ones do.
	AnyOrder bool
	// Framed has what is done with a machine tell its beginning and its end, as
	// the real engine does.
	Framed bool
	// Delay slows the guide's calls down, for who watches.
	Delay time.Duration
	// Ask, unless nil, is asked about a host key where AskHostKey says so.
	Ask        steps.Asker
	AskHostKey bool

	mu        sync.Mutex
	asked     []string
	states    map[string]steps.State // what Look finds, by setup
	signIns   int
	forgot    int
	begun     []steps.Answers
	reviewed  []steps.Answers
	protected []string
	removed   []string
	worked    []string
	links     []*Link
	tunnels   []*Tunnel
}

// Has is what an Engine answers.
type Has struct {
	Sandbox   bool
	Profiles  []steps.Profile
	Account   steps.Account
	Types     []steps.InstanceType
	TypesIn   map[string][]steps.InstanceType // of regions that have others
	Prices    steps.Prices
	Keys      []steps.KeyOption
	Key       steps.KeyOption // that a person named
	Review    steps.Review
	Setups    []steps.Setup
	NewID     string // of a setup that begins; "s-1" when empty
	Last      steps.Answers
	Script    []steps.Event            // what Work says
	Opened    *steps.Opened            // what Work and Reopen come to
	OpenedOf  map[string]*steps.Opened // of setups that have another URL
	Survey    []steps.Surveyed
	Again     []steps.Surveyed // what comes once more
	Checks    []steps.Check
	Leftovers []steps.Swept
	Images    []steps.Image
	Contents  steps.ImageContents
	Notebook  *Notebook
	Stamp     string
	// Synced is what a project's sync comes to, and SyncStates what is told while one
	// is kept alike; SyncDiff, SyncLeft and SyncFiles are what is told of one.
	Synced     steps.Synced
	SyncStates []steps.SyncState
	SyncDiff   []steps.SyncChange
	SyncLeft   []steps.SyncUnknown
	SyncFiles  []steps.SyncFile
	Packages   steps.Packages // a project's
	// ImageAnswers are beside those that the images come in.
	ImageAnswers []steps.ImagesFound
}

var _ steps.Engine = (*Engine)(nil)

// Change changes the engine while a task may still read it.
func (e *Engine) Change(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

// read reads a field while a test may change it.
func read[T any](e *Engine, field *T) T {
	e.mu.Lock()
	defer e.mu.Unlock()
	return *field
}

// Fails has something fail from now on, or no longer where err is nil.
func (e *Engine) Fails(what string, err error) {
	e.Change(func() {
		if e.Fail == nil {
			e.Fail = map[string]error{}
		}
		e.Fail[what] = err
	})
}

func (e *Engine) failing(verb, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.Fail[verb+" "+id]; err != nil {
		return err
	}
	return e.Fail[verb]
}

// Becomes says how Look finds a setup's machine.
func (e *Engine) Becomes(id string, state steps.State) {
	e.Change(func() {
		if e.states == nil {
			e.states = map[string]steps.State{}
		}
		e.states[id] = state
	})
}

// Asked is what was done with machines so far: "stop s-1", in order.
func (e *Engine) Asked() []string { return append([]string(nil), read(e, &e.asked)...) }

// Forget forgets what was asked.
func (e *Engine) Forget() { e.Change(func() { e.asked = nil }) }

// Begun are the answers of the setups that were begun.
func (e *Engine) Begun() []steps.Answers { return read(e, &e.begun) }

// Reviewed are the answers that were reviewed.
func (e *Engine) Reviewed() []steps.Answers { return read(e, &e.reviewed) }

// Protected are the key files that were protected.
func (e *Engine) Protected() []string { return read(e, &e.protected) }

// Removed are the setups that were removed.
func (e *Engine) Removed() []string { return read(e, &e.removed) }

// Worked are the setups that were worked on.
func (e *Engine) Worked() []string { return read(e, &e.worked) }

// Links are the links that were made.
func (e *Engine) Links() []*Link { return read(e, &e.links) }

// Told is how many lines those are told who follow a log now, over all links.
func (e *Engine) Told() (n int) {
	for _, l := range e.Links() {
		n += l.told()
	}
	return n
}

// Tunnels are the tunnels that were opened.
func (e *Engine) Tunnels() []*Tunnel { return read(e, &e.tunnels) }

// note writes down what was asked; empty words are left out.
func (e *Engine) note(words ...string) {
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	e.Change(func() { e.asked = append(e.asked, text) })
}

func (e *Engine) held(ctx context.Context, what string) error {
	held := read(e, &e.Hold)[what]
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// act is one call about a machine: it is written down, held if the test says
// so, and fails if the test says so.
func (e *Engine) act(ctx context.Context, verb, id string, more ...string) error {
	e.note(append([]string{verb, id}, more...)...)
	if err := e.held(ctx, verb+" "+id); err != nil {
		return err
	}
	return e.failing(verb, id)
}

// tell is act for what says how it comes along.
func (e *Engine) tell(ctx context.Context, emit func(steps.Event), verb, id string, more ...string) error {
	say := func(kind steps.EventKind, text string, err error) {
		if kind != steps.Doing && !e.Framed {
			return
		}
		emit(steps.Event{Time: Now(), Setup: id, Step: steps.StepID(verb), Kind: kind, Text: text, Err: err})
	}
	say(steps.Started, "", nil)
	say(steps.Doing, verb+" of "+id+" began", nil)
	if err := e.act(ctx, verb, id, more...); err != nil {
		say(steps.Failed, "", err)
		return err
	}
	say(steps.Finished, verb+" done", nil)
	return nil
}

// wait takes as long as Delay says, so many times.
func (e *Engine) wait(ctx context.Context, times float64) error {
	delay := read(e, &e.Delay)
	if delay == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(float64(delay) * times))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
