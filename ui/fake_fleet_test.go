package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// fakeFleet is the part of the hand-made engine that lives with machines.
type fakeFleet struct {
	survey    []steps.Surveyed // handed on in order
	surveyErr error
	hold      map[string]chan struct{} // what is held until its channel is closed, by "verb id"
	fail      map[string]error         // what fails, by "verb id" or "verb"
	linkFor   func(id string) *fakeLink
	checks    []steps.Check
	leftovers []steps.Swept
	notebook  *fakeNotebook
	stamp     string

	fmu    sync.Mutex
	done   []string // what was asked for: "stop s-1", in order
	links  []*fakeLink
	opens  []*fakeTunnelOf
	states map[string]string // what Look says, by setup ID
}

func (f *fakeEngine) did(format string, args ...any) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.done = append(f.done, fmt.Sprintf(format, args...))
}

// asked is what was asked for so far.
func (f *fakeEngine) asked() []string {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	return append([]string(nil), f.done...)
}

// act is one call that changes a machine: it is written down, held if the
// test says so, and fails if the test says so.
func (f *fakeEngine) act(ctx context.Context, verb, id string, emit func(steps.Event)) error {
	f.did("%s %s", verb, id)
	if emit != nil {
		emit(steps.Event{Time: fakeNow, Setup: id, Kind: steps.Doing, Text: verb + " of " + id + " began"})
	}
	if held := f.hold[verb+" "+id]; held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if err := f.fail[verb+" "+id]; err != nil {
		return err
	}
	return f.fail[verb]
}

// becomes sets what the ledger and the cloud say of a machine's state.
func (f *fakeEngine) becomes(id, state string) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.states == nil {
		f.states = map[string]string{}
	}
	f.states[id] = state
}

func (f *fakeEngine) Look(_ context.Context, all []steps.Setup) []steps.Setup {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	for i := range all {
		if state, ok := f.states[all[i].ID]; ok {
			all[i].State = steps.State(state)
		}
	}
	return all
}

func (f *fakeEngine) Survey(ctx context.Context, profile string, each func(steps.Surveyed)) error {
	for i, s := range f.survey {
		s.Done, s.Of = i+1, len(f.survey)
		if held := f.hold["survey "+s.At.Region]; held != nil {
			select {
			case <-held:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		each(s)
	}
	return f.surveyErr
}

func (f *fakeEngine) Stamp() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stamp
}

func (f *fakeEngine) Adopt(ctx context.Context, m steps.Machine) (steps.Setup, error) {
	err := f.act(ctx, "adopt", m.ID, nil)
	if err == nil {
		f.set(func() { f.setups = append(f.setups, m.Setup) })
	}
	return m.Setup, err
}

func (f *fakeEngine) Stop(ctx context.Context, id string, emit func(steps.Event)) error {
	err := f.act(ctx, "stop", id, emit)
	if err == nil {
		f.becomes(id, "stopped")
	}
	return err
}

func (f *fakeEngine) Reboot(ctx context.Context, id string, emit func(steps.Event)) error {
	return f.act(ctx, "reboot", id, emit)
}

func (f *fakeEngine) Resize(ctx context.Context, id, kind string, emit func(steps.Event)) error {
	return f.act(ctx, "resize "+kind, id, emit)
}

func (f *fakeEngine) SetMode(ctx context.Context, id string, mode steps.Mode, noTLS bool) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("mode %s %v", mode, noTLS), id, nil)
}

func (f *fakeEngine) SetLimits(ctx context.Context, id string, idle, lifetime steps.Limit) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("limits %s %s", idle, lifetime), id, nil)
}

func (f *fakeEngine) SetWork(ctx context.Context, id string, rule steps.WorkRule) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("work %+v", rule), id, nil)
}

func (f *fakeEngine) UseGateway(ctx context.Context, id, gateway string) (steps.Setup, error) {
	return steps.Setup{ID: id}, f.act(ctx, fmt.Sprintf("gateway %q", gateway), id, nil)
}

func (f *fakeEngine) RestartServer(ctx context.Context, id string, emit func(steps.Event)) error {
	emit(steps.Event{Time: fakeNow, Kind: steps.Output, Text: "MemoryError: the last words of the server"})
	return f.act(ctx, "restart", id, emit)
}

func (f *fakeEngine) Connect(ctx context.Context, id string) (steps.Link, error) {
	if err := f.act(ctx, "connect", id, nil); err != nil {
		return nil, err
	}
	l := &fakeLink{health: fakeHealth()}
	if f.linkFor != nil {
		l = f.linkFor(id)
	}
	l.id, l.e = id, f
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.links = append(f.links, l)
	return l, nil
}

func (f *fakeEngine) Reopen(ctx context.Context, id string) (*steps.Opened, error) {
	if err := f.act(ctx, "reopen", id, nil); err != nil {
		return nil, err
	}
	return f.tunnelled(id), nil
}

// tunnelled is a URL with a tunnel that knows when it is closed.
func (f *fakeEngine) tunnelled(id string) *steps.Opened {
	o := *f.opened
	for _, s := range f.setups {
		if s.ID == id {
			o.Setup = s
		}
	}
	o.Setup.ID = id
	t := &fakeTunnelOf{id: id}
	o.Tunnel = t
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.opens = append(f.opens, t)
	return &o
}

func (f *fakeEngine) Notebook(ctx context.Context, id string, emit func(steps.Event)) (steps.LocalNotebook, error) {
	if err := f.act(ctx, "notebook", id, emit); err != nil {
		return nil, err
	}
	f.notebook = &fakeNotebook{done: make(chan struct{})}
	return f.notebook, nil
}

func (f *fakeEngine) Doctor(ctx context.Context, _, id string, each func(steps.Check)) error {
	err := f.act(ctx, "doctor", id, nil)
	for _, c := range f.checks {
		each(c)
	}
	return err
}

func (f *fakeEngine) FixCheck(ctx context.Context, id, check string, emit func(steps.Event)) error {
	return f.act(ctx, "fix "+check, id, emit)
}

func (f *fakeEngine) Sweep(ctx context.Context, _ string, each func(steps.Swept)) error {
	for i, s := range f.leftovers {
		s.Done, s.Of = i+1, len(f.leftovers)
		each(s)
	}
	return f.act(ctx, "sweep", "", nil)
}

func (f *fakeEngine) Clear(ctx context.Context, what []steps.Leftover, emit func(steps.Event)) error {
	ids := ""
	for _, l := range what {
		ids += " " + l.ID
	}
	return f.act(ctx, "clear", ids[1:], emit)
}

// fakeTunnelOf is a setup's tunnel.
type fakeTunnelOf struct {
	id     string
	mu     sync.Mutex
	closed int
}

func (t *fakeTunnelOf) LocalPort() int { return 8889 }
func (t *fakeTunnelOf) State() string  { return "up" }
func (t *fakeTunnelOf) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed++
	return nil
}

func (t *fakeTunnelOf) isClosed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

type fakeNotebook struct {
	once sync.Once
	done chan struct{}
}

func (n *fakeNotebook) URL() string           { return "http://localhost:8890/?token=77aa" }
func (n *fakeNotebook) Done() <-chan struct{} { return n.done }
func (n *fakeNotebook) Close() error          { n.once.Do(func() { close(n.done) }); return nil }

// fakeLink is a connection made by hand.
type fakeLink struct {
	id    string
	e     *fakeEngine
	lines map[steps.LogKind][]string

	mu        sync.Mutex
	health    steps.Health
	healthErr error
	asked     int
	closed    bool
	copyHeld  chan struct{}
	cutOff    func() // called when a held copy is cut off, before it returns
	following map[steps.LogKind]int
	shell     func(steps.Terminal) error
	folders   map[string][]string
}

func (l *fakeLink) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *fakeLink) Health(context.Context) (steps.Health, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.health, l.healthErr
}

func (l *fakeLink) Follow(ctx context.Context, log steps.LogKind, _ int, out func(string, bool)) error {
	l.set(func() {
		if l.following == nil {
			l.following = map[steps.LogKind]int{}
		}
		l.following[log]++
	})
	defer l.set(func() { l.following[log]-- })
	lines := l.lines[log]
	if l.lines == nil {
		lines = []string{fmt.Sprintf("[I 09:30:21 ServerApp] %s log of %s", log, l.id)}
	}
	for _, line := range lines {
		out(line, false)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *fakeLink) Tail(context.Context, steps.LogKind, int) ([]string, error) { return nil, nil }

func (l *fakeLink) Extend(ctx context.Context, by time.Duration) (steps.Health, error) {
	err := l.e.act(ctx, "extend "+by.String(), l.id, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.health.StopAt = l.health.At.Add(by)
	}
	return l.health, err
}

func (l *fakeLink) Run(context.Context, string, io.Reader, io.Writer, io.Writer) (int, error) {
	return 0, errors.New("no screen runs a script")
}

func (l *fakeLink) Shell(_ context.Context, t steps.Terminal) error {
	if l.shell == nil {
		return errors.New("no shell")
	}
	return l.shell(t)
}

func (l *fakeLink) copy(ctx context.Context, verb, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	o.Progress(steps.CopyProgress{File: from, Bytes: 1_500_000, Of: 6_000_000, OfAll: 1})
	if l.copyHeld != nil {
		select {
		case <-l.copyHeld:
		case <-ctx.Done():
			if l.cutOff != nil {
				l.cutOff()
			}
			return steps.Copied{}, ctx.Err()
		}
	}
	return steps.Copied{Files: 1, Bytes: 6_000_000}, l.e.act(ctx, verb+" "+from+" "+to, l.id, nil)
}

func (l *fakeLink) List(_ context.Context, folder string) ([]string, error) {
	names, ok := l.folders[folder]
	if !ok {
		return nil, errors.New("there is no " + folder)
	}
	return names, nil
}

func (l *fakeLink) Put(ctx context.Context, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copy(ctx, "put", from, to, o)
}

func (l *fakeLink) Get(ctx context.Context, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copy(ctx, "get", from, to, o)
}

func (l *fakeLink) State() string { return "up" }

func (l *fakeLink) Close() error {
	l.set(func() { l.closed = true })
	return nil
}

func (l *fakeLink) isClosed() (is bool) {
	l.set(func() { is = l.closed })
	return is
}
