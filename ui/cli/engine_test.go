package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

// made is an engine made by hand, as the commands see it; the real one runs in
// the scripts. All its machines have one link.
func made(has stepstest.Has, work ...func(context.Context, func(steps.Event)) (*steps.Opened, error)) *stepstest.Engine {
	has.NewID, has.Profiles = "id", []steps.Profile{{Name: "other"}}
	has.Account = steps.Account{Home: "eu-north-1", Regions: []steps.Region{
		{Name: "eu-north-1", Enabled: true}, {Name: "us-east-1", Enabled: true}, {Name: "af-south-1"},
	}}
	has.Types = []steps.InstanceType{{Name: "m7i.large", Arch: "amd64"}, {Name: "t3.large", Arch: "amd64"}, {Name: "t3.micro", Arch: "amd64", FreeTier: true}}
	has.TypesIn = map[string][]steps.InstanceType{"us-east-1": {{Name: "t2.micro"}}}
	e := &stepstest.Engine{Has: has, Framed: true, AnyOrder: true, Shared: &stepstest.Link{Ended: true, Partial: "half a li", Size: 2048}}
	if len(work) > 0 {
		e.Run = work[0]
	}
	return e
}

// linked says how the machines of an engine are.
func linked(e *stepstest.Engine, is steps.Health) *stepstest.Engine {
	e.Shared.Is = is
	return e
}

// asked is all that was asked of an engine.
func asked(e *stepstest.Engine) string { return strings.Join(e.Asked(), "; ") }

// begun are the answers that were begun last, or nil.
func begun(e *stepstest.Engine) *steps.Answers {
	all := e.Begun()
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// protected is the key file that was protected last, or nothing.
func protected(e *stepstest.Engine) string {
	all := e.Protected()
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// become has all machines found in a state.
func become(e *stepstest.Engine, state steps.State) {
	for _, s := range e.Has.Setups {
		if s.Resources.InstanceID != "" {
			e.Becomes(s.ID, state)
		}
	}
}

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
	engine   *stepstest.Engine
	sandbox  *stepstest.Engine // of the other world; an empty one when nil
	awake    bool              // the sandbox runs
	in       string
	terminal bool
	captured bool // the output is not the terminal
	console  func(context.Context) (steps.Terminal, func() error, error)
	browsed  string
	out, err screen
	output   io.Writer // in place of out
	errput   io.Writer // in place of err
	asker    *asker    // of the engine
	width    int       // of the terminal; 0 is none
	env      map[string]string
	places   settings.Places // of the settings; none where empty
	clock    *await.Clock    // nil stands still
}

func (r *run) now() time.Time {
	if r.clock != nil {
		return r.clock.Now()
	}
	return time.Unix(1, 0).UTC()
}

func (r *run) do(ctx context.Context, args ...string) int {
	p := &Program{
		In: strings.NewReader(r.in), Out: &r.out, Err: &r.err,
		Getenv: func(name string) string { return r.env[name] }, Now: r.now, Places: r.places,
		Terminal: r.terminal, OutTerminal: r.terminal && !r.captured, Console: r.console,
		SandboxRuns: func(context.Context) bool { return r.awake },
		Browse: func(url string) (<-chan struct{}, error) {
			r.browsed = url
			led := make(chan struct{})
			close(led)
			return led, nil
		},
		Engine: func(sandbox bool, ask steps.Asker) (steps.Engine, error) {
			r.asker, _ = ask.(*asker)
			if sandbox && r.sandbox != nil {
				return r.sandbox, nil
			}
			if sandbox {
				return made(stepstest.Has{}), nil
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

func opens(t *stepstest.Tunnel) func(context.Context, func(steps.Event)) (*steps.Opened, error) {
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
