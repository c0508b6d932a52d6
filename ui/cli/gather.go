package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// gathering is the list of all machines as it comes together: from the ledgers
// first, then from each region that answers, and from the machines themselves.
type gathering struct {
	*request
	region string // that alone is of interest; empty: all are
	hosts  bool   // the machines are asked how they are

	mu     sync.Mutex
	worlds []*gathered
	turns  chan struct{} // holds a token for each machine that is asked
	asked  sync.WaitGroup
	said   map[string]hostSaid // by setup
	asking int                 // machines that have not answered yet
	left   *hearing            // beside what the worlds hold
}

// gathered is what one world has told so far.
type gathered struct {
	world
	seen     map[string]bool
	places   map[string]int // in found: a region may come again, with more
	found    []machine
	silent   []noAnswer
	heard    map[steps.Place]bool // the regions that answered
	done, of int
	over     bool
	err      error // of a survey that failed as a whole
}

// hostSaid is what a machine said of itself, or why it did not.
type hostSaid struct {
	health *steps.Health
	unwell error
}

// The machines are asked how they are for that long, and so many at a time.
const (
	healthPatience = 4 * time.Second
	healthAtOnce   = 32
)

// gather reads the ledgers. A setup of theirs is never missing from the list: it
// is a bill. Where no region tells of it, it comes as it was last seen.
func (r *request) gather(ctx context.Context, profile, region string, hosts bool) (*gathering, error) {
	worlds, err := r.inhabited(ctx, profile)
	if err != nil {
		return nil, err
	}
	g := &gathering{request: r, region: region, hosts: hosts, turns: make(chan struct{}, healthAtOnce), said: map[string]hostSaid{}, left: r.hearing(worlds, region)}
	for _, w := range worlds {
		g.worlds = append(g.worlds, &gathered{world: w, seen: map[string]bool{}, places: map[string]int{}, heard: map[steps.Place]bool{}})
	}
	return g, nil
}

// ask asks all regions of all accounts of all worlds at once, and each machine
// as soon as its region has told of it.
func (g *gathering) ask(ctx context.Context) error {
	var surveys sync.WaitGroup
	for _, w := range g.worlds {
		surveys.Go(func() {
			err := w.engine.Survey(ctx, w.profile, func(s steps.Surveyed) { g.answered(ctx, w, s) })
			g.mu.Lock()
			defer g.mu.Unlock()
			w.over, w.err = true, err
		})
	}
	surveys.Wait()
	g.asked.Wait()
	return ctx.Err()
}

// answered takes what a region told.
func (g *gathering) answered(ctx context.Context, w *gathered, s steps.Surveyed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.done, w.of = s.Done, s.Of
	told := func(q noAnswer) bool { return q.at == s.At } // it comes again, with more
	if s.Err != nil && !slices.ContainsFunc(w.silent, told) {
		w.silent = append(w.silent, noAnswer{s.At, w.sandbox, s.Err})
	}
	if s.Heard() {
		w.heard[s.At] = true
	}
	for _, m := range s.Machines {
		again := w.seen[m.ID]
		w.seen[m.ID] = true
		m.Sandbox = w.sandbox
		key := s.At.Profile + " " + s.At.Region + " " + m.ID
		if i, ok := w.places[key]; ok {
			w.found[i].Machine = m
			continue
		}
		w.places[key] = len(w.found)
		w.found = append(w.found, machine{Machine: m})
		if g.hosts && !again && g.wanted(m) {
			g.askHost(ctx, w.engine, m.Setup)
		}
	}
}

// wanted reports whether a machine of the ledger is to be asked how it is.
func (g *gathering) wanted(m steps.Machine) bool {
	return !m.Elsewhere && m.Bad == nil && m.State.Up() && m.Unseen == "" && (g.region == "" || m.Answers.Region == g.region)
}

// askHost asks a machine how it is. One that does not answer in time is shown
// without, and keeps no other from it.
func (g *gathering) askHost(ctx context.Context, engine steps.Engine, s steps.Setup) {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	g.asking++
	g.asked.Go(func() {
		defer cancel()
		var said hostSaid
		select {
		case g.turns <- struct{}{}:
			said.health, said.unwell = askOne(ctx, engine, s.ID)
			<-g.turns
		case <-ctx.Done():
			said.unwell = ctx.Err()
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.asking--
		g.said[s.ID] = said
	})
}

// machines is the list as it is now, in its order.
func (g *gathering) machines() []machine {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []machine
	for _, w := range g.worlds {
		here := slices.Clone(w.found)
		for _, s := range w.setups {
			if w.seen[s.ID] {
				continue
			}
			m := machine{Machine: steps.Machine{Setup: s}}
			if s.Resources.InstanceID != "" {
				m.Unseen, m.waits = w.unseenWhy(s), !w.over
			}
			here = append(here, m)
		}
		slices.SortStableFunc(here, func(a, b machine) int {
			return cmp.Or(compareBool(a.Elsewhere, b.Elsewhere), a.Created.Compare(b.Created), cmp.Compare(a.Answers.Name, b.Answers.Name), cmp.Compare(a.ID, b.ID))
		})
		all = append(all, here...)
	}
	for i := range all {
		if said, ok := g.said[all[i].ID]; ok && g.wanted(all[i].Machine) {
			all[i].health, all[i].unwell = said.health, said.unwell
		}
	}
	if g.region == "" {
		return all
	}
	return slices.DeleteFunc(all, func(m machine) bool { return m.Answers.Region != g.region && m.Bad == nil })
}

// hearing says who answered.
func (g *gathering) hearing() *hearing {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := *g.left
	for _, w := range g.worlds {
		for at := range w.heard {
			h.took(at, w.sandbox, true, nil)
		}
		for _, s := range w.silent {
			h.took(s.at, s.sandbox, false, s.err)
		}
	}
	return &h
}

// failed is a survey that failed as a whole; what the ledger holds is listed all
// the same.
func (g *gathering) failed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []error
	for _, w := range g.worlds {
		all = append(all, w.err)
	}
	return errors.Join(all...)
}

// unseenWhy says why no region told of a setup.
func (w *gathered) unseenWhy(s steps.Setup) string {
	for _, q := range w.silent {
		if q.at.Profile == s.Answers.Profile && (q.at.Region == "" || q.at.Region == s.Answers.Region) {
			return steps.Explain(q.err).Title
		}
	}
	switch {
	case !w.over:
		return "it was not asked"
	case w.err != nil:
		return steps.Explain(w.err).Title
	}
	return "its account was not asked"
}
