package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// fakeEngine is the guide as the commands see it, with answers made by hand; the
// real one runs in the scripts.
type fakeEngine struct {
	steps.Engine
	setups  []steps.Setup
	last    steps.Answers
	review  steps.Review
	key     steps.KeyOption
	work    func(ctx context.Context, emit func(steps.Event)) (*steps.Opened, error)
	begun   *steps.Answers
	removed string
	secured string
	fleet
}

func (e *fakeEngine) Sandboxed() bool { return false }
func (e *fakeEngine) Profiles() ([]steps.Profile, error) {
	return []steps.Profile{{Name: "other"}}, e.errs["profiles"]
}

func (e *fakeEngine) Last(context.Context) (steps.Answers, bool)    { return e.last, e.last.Type != "" }
func (e *fakeEngine) Setups(context.Context) ([]steps.Setup, error) { return e.setups, nil }
func (e *fakeEngine) Look(_ context.Context, all []steps.Setup) []steps.Setup {
	all = slices.Clone(all)
	for i := range all {
		if e.gone != "" && all[i].Resources.InstanceID != "" {
			all[i].State = steps.State(e.gone)
		}
	}
	return all
}

func (e *fakeEngine) SignIn(_ context.Context, profile string) (steps.Account, error) {
	if err := e.errs["sign in"]; err != nil {
		return steps.Account{}, err
	}
	return steps.Account{Profile: profile, Home: "eu-north-1", Regions: []steps.Region{
		{Name: "eu-north-1", Enabled: true}, {Name: "us-east-1", Enabled: true}, {Name: "af-south-1"},
	}}, nil
}

func (e *fakeEngine) Types(_ context.Context, at steps.Place) ([]steps.InstanceType, error) {
	if at.Region == "us-east-1" {
		return []steps.InstanceType{{Name: "t2.micro"}}, nil
	}
	return []steps.InstanceType{{Name: "m7i.large", Arch: "amd64"}, {Name: "t3.micro", Arch: "amd64", FreeTier: true}}, nil
}

func (e *fakeEngine) InspectKey(_ context.Context, _ steps.Place, path string) (steps.KeyOption, error) {
	e.key.Answer = steps.KeyAnswer{Source: steps.KeyFile, Path: path}
	return e.key, nil
}

func (e *fakeEngine) ProtectKey(path string) error {
	e.secured, e.key = path, steps.KeyOption{}
	return nil
}

func (e *fakeEngine) Review(_ context.Context, a steps.Answers) (steps.Review, error) {
	e.review.Answers = a
	return e.review, a.Valid()
}

func (e *fakeEngine) Begin(_ context.Context, a steps.Answers) (steps.Setup, error) {
	e.begun = &a
	return steps.Setup{ID: "id", Answers: a}, nil
}

func (e *fakeEngine) Work(ctx context.Context, id string, emit func(steps.Event)) (*steps.Opened, error) {
	e.called("work %s", id)
	return e.work(ctx, emit)
}

func (e *fakeEngine) Remove(_ context.Context, id string, emit func(steps.Event)) error {
	e.removed = id
	emit(steps.Event{Step: steps.StepRemove, Kind: steps.Finished, Text: "all gone"})
	return e.errs["remove"]
}

// tunnel remembers whether it was closed.
type tunnel struct {
	mu     sync.Mutex
	closed bool
}

func (t *tunnel) LocalPort() int { return 8888 }
func (t *tunnel) State() string  { return "up" }
func (t *tunnel) Close() error   { t.mu.Lock(); defer t.mu.Unlock(); t.closed = true; return nil }

// screen is a stream that tells when a text has come by.
type screen struct {
	mu   sync.Mutex
	all  bytes.Buffer
	text string
	seen func()
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.all.Write(b)
	if s.seen != nil && strings.Contains(s.all.String(), s.text) {
		s.seen()
	}
	return n, err
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

type run struct {
	engine   *fakeEngine
	sandbox  *fakeEngine // of the other world; an empty one when nil
	awake    bool        // the sandbox runs
	in       string
	terminal bool
	console  func(context.Context) (steps.Terminal, func() error, error)
	browsed  string
	out, err screen
	output   io.Writer // in place of out
	errput   io.Writer // in place of err
	asker    *asker    // of the engine
	width    int       // of the terminal; 0 is none
	env      map[string]string
}

func (r *run) do(ctx context.Context, args ...string) int {
	p := &Program{
		In: strings.NewReader(r.in), Out: &r.out, Err: &r.err,
		Getenv: func(name string) string { return r.env[name] }, Now: func() time.Time { return time.Unix(1, 0).UTC() },
		Terminal: r.terminal, OutTerminal: r.terminal, Console: r.console,
		SandboxRuns: func(context.Context) bool { return r.awake },
		Browse: func(url string) (<-chan struct{}, error) {
			r.browsed = url
			led := make(chan struct{})
			close(led)
			return led, nil
		},
		Guide: func(sandbox bool, ask steps.Asker) (steps.Engine, error) {
			r.asker, _ = ask.(*asker)
			if sandbox && r.sandbox != nil {
				return r.sandbox, nil
			}
			if sandbox {
				return &fakeEngine{}, nil
			}
			return r.engine, nil
		},
	}
	if r.width > 0 {
		p.Size = func() (int, int) { return r.width, 24 }
	}
	if f, ok := r.output.(*os.File); ok && isTerminal(f) {
		p.Size = func() (int, int) { return terminalSize(f) }
		p.Silence = func() func() { return silenced(f) }
	}
	if r.errput != nil {
		p.Err = r.errput
	}
	if r.output != nil {
		p.Out = r.output
	}
	return p.Run(ctx, args)
}

func opens(t *tunnel) func(context.Context, func(steps.Event)) (*steps.Opened, error) {
	return func(_ context.Context, emit func(steps.Event)) (*steps.Opened, error) {
		emit(steps.Event{Step: steps.StepInstall, Kind: steps.Started})
		emit(steps.Event{Step: steps.StepInstall, Kind: steps.Output, Text: "50 %", Partial: true})
		emit(steps.Event{Step: steps.StepInstall, Kind: steps.Output, Text: "100 % \x22done\x22 <&>"})
		o := &steps.Opened{URL: "http://localhost:8888/?token=t", Proof: "42", Setup: steps.Setup{ID: "id"}}
		if t != nil {
			o.Tunnel = t
		}
		return o, nil
	}
}
