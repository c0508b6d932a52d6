package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// fleet is what the hand-made engine answers about its machines.
type fleet struct {
	mu     sync.Mutex
	calls  []string
	errs   map[string]error // by method
	gone   string           // the state that Look finds, when it is not the ledger's
	survey []steps.Surveyed
	again  []steps.Surveyed // what comes once more
	swept  []steps.Swept
	checks []steps.Check
	link   link
	opened map[string]*steps.Opened // by setup
	local  *localNotebook
}

// called keeps what was asked of the engine.
func (f *fleet) called(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fleet) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls, "; ")
}

// did emits an event of a method and answers its error.
func (f *fleet) did(method, id string, emit func(steps.Event)) error {
	f.called("%s %s", method, id)
	emit(steps.Event{Setup: id, Step: steps.StepID(method), Kind: steps.Started})
	if err := f.errs[method]; err != nil {
		emit(steps.Event{Setup: id, Step: steps.StepID(method), Kind: steps.Failed, Err: err})
		return err
	}
	emit(steps.Event{Setup: id, Step: steps.StepID(method), Kind: steps.Finished, Text: method + " done"})
	return nil
}

func (e *fakeEngine) Survey(_ context.Context, profile string, each func(steps.Surveyed)) error {
	e.called("survey %s", profile)
	regions := map[steps.Place][]steps.Surveyed{} // of one, the answers come in order
	for _, s := range e.survey {
		regions[s.At] = append(regions[s.At], s)
	}
	var wg sync.WaitGroup
	for _, answers := range regions {
		wg.Go(func() {
			for _, s := range answers {
				each(s)
			}
		})
	}
	wg.Wait()
	for _, s := range e.again {
		each(s)
	}
	return e.errs["survey"]
}

func (e *fakeEngine) Adopt(_ context.Context, m steps.Machine) (steps.Setup, error) {
	e.called("adopt %s", m.ID)
	return m.Setup, e.errs["adopt"]
}

func (e *fakeEngine) Stop(_ context.Context, id string, emit func(steps.Event)) error {
	if err := e.errs["stop "+id]; err != nil {
		return err
	}
	return e.did("stop", id, emit)
}

func (e *fakeEngine) Reboot(_ context.Context, id string, emit func(steps.Event)) error {
	return e.did("reboot", id, emit)
}

func (e *fakeEngine) Resize(_ context.Context, id, kind string, emit func(steps.Event)) error {
	return e.did("resize", id+" "+kind, emit)
}

func (e *fakeEngine) setup(id string) steps.Setup {
	return e.setups[slices.IndexFunc(e.setups, func(s steps.Setup) bool { return s.ID == id })]
}

func (e *fakeEngine) SetMode(_ context.Context, id string, mode steps.Mode, noTLS bool) (steps.Setup, error) {
	e.called("mode %s %s %v", id, mode, noTLS)
	s := e.setup(id)
	s.Answers.Mode, s.Answers.NoTLS = mode, noTLS
	return s, e.errs["mode"]
}

func (e *fakeEngine) SetLimits(_ context.Context, id string, idle, life steps.Limit) (steps.Setup, error) {
	e.called("limits %s %s/%s", id, idle, life)
	s := e.setup(id)
	s.Answers.IdleStop, s.Answers.Lifetime = idle, life
	return s, e.errs["limits"]
}

func (e *fakeEngine) SetWork(_ context.Context, id string, rule steps.WorkRule) (steps.Setup, error) {
	e.called("rule %s %d%q", id, rule.Percent, rule.Ignore)
	i := slices.IndexFunc(e.setups, func(s steps.Setup) bool { return s.ID == id })
	e.setups[i].Answers.Work = rule
	return e.setups[i], e.errs["rule"]
}

func (e *fakeEngine) UseGateway(_ context.Context, id, gateway string) (steps.Setup, error) {
	e.called("gateway %s %s", id, gateway)
	return e.setup(id), e.errs["gateway"]
}

func (e *fakeEngine) Connect(context.Context, string) (steps.Link, error) {
	return &e.link, e.errs["connect"]
}

func (e *fakeEngine) Reopen(_ context.Context, id string) (*steps.Opened, error) {
	e.called("reopen %s", id)
	if err := e.errs["reopen "+id]; err != nil {
		return nil, err
	}
	return e.opened[id], nil
}

func (e *fakeEngine) Notebook(_ context.Context, id string, emit func(steps.Event)) (steps.LocalNotebook, error) {
	return e.local, e.did("notebook", id, emit)
}

func (e *fakeEngine) Doctor(_ context.Context, profile, id string, each func(steps.Check)) error {
	e.called("doctor %s/%s", profile, id)
	for _, c := range e.checks {
		each(c)
	}
	return e.errs["doctor"]
}

func (e *fakeEngine) FixCheck(_ context.Context, id, check string, emit func(steps.Event)) error {
	return e.did("fix", id+" "+check, emit)
}

func (e *fakeEngine) Sweep(_ context.Context, profile string, each func(steps.Swept)) error {
	e.called("sweep %s", profile)
	for _, s := range e.swept {
		each(s)
	}
	return e.errs["sweep"]
}

func (e *fakeEngine) Clear(_ context.Context, what []steps.Leftover, emit func(steps.Event)) error {
	var ids []string
	for _, l := range what {
		ids = append(ids, l.ID)
	}
	return e.did("clear", strings.Join(ids, ","), emit)
}

// link is a connection with answers made by hand.
type link struct {
	steps.Link
	health    steps.Health
	healthErr error
	hang      bool // Health waits until it is given up
	lines     []string
	following func() // called when all lines are out
	extended  time.Duration
	shell     func(context.Context, steps.Terminal) error
	ran       string
	exit      int
	copies    []string
	err       error // of the copies and the command

	mu     sync.Mutex
	closed int
}

func (l *link) Health(ctx context.Context) (steps.Health, error) {
	if l.hang {
		<-ctx.Done()
		return steps.Health{}, ctx.Err()
	}
	return l.health, l.healthErr
}

func (l *link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed++
	return nil
}

func (l *link) Tail(_ context.Context, log steps.LogKind, n int) ([]string, error) {
	all := []string{string(log)}
	return append(all, l.lines[max(len(l.lines)-n, 0):]...), l.err
}

func (l *link) Follow(ctx context.Context, _ steps.LogKind, _ int, out func(string, bool)) error {
	for _, line := range l.lines {
		out(line, false)
	}
	out("half a li", true)
	if l.following == nil {
		return l.err
	}
	l.following()
	<-ctx.Done()
	return ctx.Err()
}

func (l *link) Extend(_ context.Context, by time.Duration) (steps.Health, error) {
	l.extended = by
	h := l.health
	h.StopAt = h.At.Add(by)
	return h, l.err
}

func (l *link) Shell(ctx context.Context, t steps.Terminal) error { return l.shell(ctx, t) }

func (l *link) Run(_ context.Context, script string, in io.Reader, stdout, stderr io.Writer) (int, error) {
	l.ran = script
	_, _ = io.Copy(stdout, in)
	_, _ = io.WriteString(stdout, "\x1b]0;evil\ahello\nno end")
	_, _ = io.WriteString(stderr, "warned\n")
	return l.exit, l.err
}

func (l *link) Put(_ context.Context, local, path string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copied("put", local, path, o)
}

func (l *link) Get(_ context.Context, path, local string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copied("get", path, local, o)
}

func (l *link) copied(how, from, to string, o steps.CopyOptions) (steps.Copied, error) {
	l.copies = append(l.copies, fmt.Sprintf("%s %s %s %v", how, from, to, o.Recursive))
	o.Progress(steps.CopyProgress{File: from, Bytes: 512, Of: 2048, Files: 0, OfAll: 1})
	return steps.Copied{Files: 1, Bytes: 2048}, l.err
}

// localNotebook is a Jupyter on this computer.
type localNotebook struct {
	done   chan struct{}
	closed bool
}

func (n *localNotebook) URL() string           { return "http://localhost:8899/?token=n" }
func (n *localNotebook) Done() <-chan struct{} { return n.done }
func (n *localNotebook) Close() error          { n.closed = true; return nil }

// lab is a setup whose machine runs; others differ by name, ID and mode.
func lab(name, id string, mode steps.Mode) steps.Setup {
	return steps.Setup{
		ID: id, State: "running", LocalPort: 8888, TunnelPort: 8888, PublicAddr: "ec2.example.org", ServerPort: 8888,
		Answers:    steps.Answers{Name: name, Profile: "other", Region: "eu-north-1", Type: "t3.micro", Mode: mode},
		Resources:  steps.Resources{InstanceID: "i-" + id},
		Done:       map[steps.StepID]time.Time{steps.StepOpen: time.Unix(0, 0)},
		Created:    time.Unix(0, 0).UTC(),
		LaunchedAt: time.Unix(0, 0), FirstStart: time.Unix(0, 0),
		Cost: steps.Cost{Known: true, Type: 0.01, Disk: 0.002, IPv4: 0.005, Hour: 0.017},
	}
}

// openedOf is a setup's URL, in ssh mode with a tunnel.
func openedOf(s steps.Setup) (*steps.Opened, *tunnel) {
	o := &steps.Opened{Setup: s, URL: "http://localhost:8888/?token=" + s.ID}
	if s.Answers.Mode != steps.ModeSSH {
		return o, nil
	}
	t := &tunnel{}
	o.Tunnel = t
	return o, t
}

func broken(kind problem.Kind) error {
	return &problemError{[]problem.Problem{{Kind: kind, Title: "It broke", Text: "Really.", Next: problem.Say("Mend it.")}}}
}

// has fails for each text that is not there, and for each with a ! that is.
func has(t *testing.T, what, in string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		text, not := strings.CutPrefix(text, "!")
		if strings.Contains(in, text) == not {
			t.Errorf("%s: %q is there: %v\n%s", what, text, not, in)
		}
	}
}

// last is the last JSON line.
func last(t *testing.T, s string) map[string]any {
	t.Helper()
	all := lines(t, s)
	return all[len(all)-1]
}
