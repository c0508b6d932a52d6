// Package timing tells where the time of a run goes: how long each of its steps
// takes, and who is waited for meanwhile. Whoever waits says so where it waits;
// the meter comes along in the context.
package timing

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Whom is who is waited for.
type Whom int

// Who can be waited for. Where several are at once, the time is counted once,
// for the first of them in this order: what a person or EC2 holds up cannot be
// faster on the machine.
const (
	Person  Whom = iota // an answer to a question
	AWS                 // an answer of AWS's, or a state that EC2 brings about
	Machine             // the machine: its port, a login, a command, its server
	many
)

// Step is how long a step took. Time that nobody was waited for is ours.
type Step struct {
	Name   string
	Wall   time.Duration
	waited [many]time.Duration
}

// Waited is how long the step waited for somebody.
func (s Step) Waited(whom Whom) time.Duration { return s.waited[whom] }

// Ours is the time that was spent here.
func (s Step) Ours() time.Duration {
	left := s.Wall
	for _, d := range s.waited {
		left -= d
	}
	return left
}

// Sum is all steps together.
func Sum(all []Step) (sum Step) {
	for _, s := range all {
		sum.Wall += s.Wall
		for whom, d := range s.waited {
			sum.waited[whom] += d
		}
	}
	return sum
}

// Meter measures one run. It is safe for concurrent use.
type Meter struct {
	now func() time.Time

	mu    sync.Mutex
	at    time.Time // up to when the time is accounted for
	open  [many]int // waits that have begun and not ended
	steps []Step
	step  int // the one at work, of steps
}

// New makes a Meter that goes by a clock.
func New(now func() time.Time) *Meter { return &Meter{now: now} }

// Steps are the steps so far, in the order in which they began.
func (m *Meter) Steps() []Step {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pass()
	return slices.Clone(m.steps)
}

// pass accounts for the time since the last change.
func (m *Meter) pass() {
	now := m.now()
	passed := max(now.Sub(m.at), 0)
	m.at = now
	if len(m.steps) == 0 {
		return
	}
	s := &m.steps[m.step]
	s.Wall += passed
	if whom := slices.IndexFunc(m.open[:], func(n int) bool { return n > 0 }); whom >= 0 {
		s.waited[whom] += passed
	}
}

func (m *Meter) begin(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pass()
	m.step = slices.IndexFunc(m.steps, func(s Step) bool { return s.Name == name })
	if m.step < 0 {
		m.steps = append(m.steps, Step{Name: name})
		m.step = len(m.steps) - 1
	}
}

func (m *Meter) wait(whom Whom, more int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pass()
	m.open[whom] += more
}

// key is where a context has its meter.
type key struct{}

// With is ctx with a meter.
func With(ctx context.Context, m *Meter) context.Context { return context.WithValue(ctx, key{}, m) }

// Aside is ctx for what nothing waits for: it is not measured.
func Aside(ctx context.Context) context.Context { return With(ctx, nil) }

func of(ctx context.Context) *Meter {
	m, _ := ctx.Value(key{}).(*Meter)
	return m
}

// Begin has the context's meter, if there is one, count the time from now on
// for the step of that name. A step that begins again is continued.
func Begin(ctx context.Context, name string) {
	if m := of(ctx); m != nil {
		m.begin(name)
	}
}

// Wait tells the context's meter, if there is one, that somebody is waited for
// until the function that it returns is called.
func Wait(ctx context.Context, whom Whom) (over func()) {
	m := of(ctx)
	if m == nil {
		return func() {}
	}
	m.wait(whom, 1)
	return sync.OnceFunc(func() { m.wait(whom, -1) })
}
