package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// surveyed is what the clouds answered when all machines were looked for.
type surveyed struct {
	machines []machine
	silent   []noAnswer
	// err is a survey that failed as a whole; what the ledger holds is in
	// machines all the same.
	err error
}

// noAnswer is a region, or a whole account, that did not answer.
type noAnswer struct {
	at      steps.Place
	sandbox bool
	err     error
}

// jsonUnseen is a line of kind "unseen": a region that did not answer.
type jsonUnseen struct {
	Kind    string       `json:"kind"`
	Profile string       `json:"profile,omitempty"`
	Region  string       `json:"region,omitempty"` // empty: the whole account
	Problem problem.Kind `json:"problem"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	Next    string       `json:"next"`
}

// survey asks all regions of all accounts of all worlds. A setup of the ledger
// is never missing: it is a bill. Where no region told of it, it comes as it
// was last seen.
func (r *request) survey(ctx context.Context, profile, region string) (surveyed, error) {
	worlds, err := r.inhabited(ctx, profile)
	if err != nil {
		return surveyed{}, err
	}
	var all surveyed
	for _, w := range worlds {
		all.add(ctx, w)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
	}
	if region != "" {
		all.machines = slices.DeleteFunc(all.machines, func(m machine) bool { return m.Answers.Region != region && m.Bad == nil })
		all.silent = slices.DeleteFunc(all.silent, func(s noAnswer) bool { return s.at.Region != "" && s.at.Region != region })
	}
	return all, nil
}

func (all *surveyed) add(ctx context.Context, w world) {
	var mu sync.Mutex
	seen := map[string]bool{}
	places := map[string]int{} // in found: a region may come again, with more
	var found []machine
	var silent []noAnswer
	err := w.engine.Survey(ctx, w.profile, func(s steps.Surveyed) {
		mu.Lock()
		defer mu.Unlock()
		if s.Err != nil {
			silent = append(silent, noAnswer{s.At, w.sandbox, s.Err})
		}
		for _, m := range s.Machines {
			seen[m.ID] = true
			m.Sandbox = w.sandbox
			key := s.At.Profile + " " + s.At.Region + " " + m.ID
			if i, again := places[key]; again {
				found[i].Machine = m
				continue
			}
			places[key] = len(found)
			found = append(found, machine{Machine: m})
		}
	})
	mu.Lock() // nothing comes any more; the race detector is told so
	defer mu.Unlock()
	for _, s := range w.setups {
		if !seen[s.ID] {
			if s.Resources.InstanceID != "" {
				s.Unseen = unseenWhy(s, silent, err)
			}
			found = append(found, machine{Machine: steps.Machine{Setup: s}})
		}
	}
	slices.SortStableFunc(found, func(a, b machine) int {
		return cmp.Or(compareBool(a.Elsewhere, b.Elsewhere), a.Created.Compare(b.Created), cmp.Compare(a.Answers.Name, b.Answers.Name), cmp.Compare(a.ID, b.ID))
	})
	all.machines = append(all.machines, found...)
	all.silent = append(all.silent, silent...)
	all.err = errors.Join(all.err, err)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// unseenWhy says why no region told of a setup.
func unseenWhy(s steps.Setup, silent []noAnswer, whole error) string {
	for _, q := range silent {
		if q.at.Profile == s.Answers.Profile && (q.at.Region == "" || q.at.Region == s.Answers.Region) {
			return steps.Explain(q.err).Title
		}
	}
	if whole != nil {
		return steps.Explain(whole).Title
	}
	return "its account was not asked"
}

// tellSilence notes the regions that did not answer. On a terminal, what
// several of an account's say is said once.
func (r *request) tellSilence(silent []noAnswer) {
	if r.asJSON {
		for _, s := range silent {
			p := steps.Explain(s.err)
			r.object(jsonUnseen{"unseen", s.at.Profile, s.at.Region, p.Kind, p.Title, p.Text, nextWords(p.Next)})
		}
		return
	}
	for _, alike := range sameWords(silent) {
		s := alike[0]
		where := cmp.Or(s.at.Region, "AWS")
		for i, other := range alike[1:] {
			where += map[bool]string{false: ", ", true: " and "}[i == len(alike)-2] + other.at.Region
		}
		if s.sandbox {
			where = "The sandbox"
		} else if s.at.Profile != "" {
			where += " (" + s.at.Profile + ")"
		}
		p := steps.Explain(s.err)
		r.note("%s did not answer: %s. %s\n  %s\n", where, p.Title, p.Text, nextWords(p.Next))
	}
}

// sameWords puts together what is said of an account's regions in the same
// words but for the region's name, which host names hold too. The regions are
// in their order by name.
func sameWords(silent []noAnswer) (groups [][]noAnswer) {
	type said struct {
		profile string
		sandbox bool
		words   string
	}
	at := map[said]int{}
	for _, s := range slices.SortedStableFunc(slices.Values(silent), func(a, b noAnswer) int { return cmp.Compare(a.at.Region, b.at.Region) }) {
		p := steps.Explain(s.err)
		words := p.Title + "\n" + p.Text + "\n" + nextWords(p.Next)
		if s.at.Region != "" {
			words = strings.ReplaceAll(words, s.at.Region, "REGION")
		}
		key := said{s.at.Profile, s.sandbox, words}
		i, again := at[key]
		if !again {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// The machines are asked how they are for that long, and so many at a time.
const (
	healthPatience = 4 * time.Second
	healthAtOnce   = 32
)

// askAll asks the running machines of the ledger how they are. One that does
// not answer in time is shown without.
func (r *request) askAll(ctx context.Context, all []machine) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	engines := map[bool]steps.Engine{}
	for _, sandbox := range r.worlds {
		engine, err := r.engineOf(sandbox)
		if err != nil {
			return err
		}
		engines[sandbox] = engine
	}
	var asked errgroup.Group
	asked.SetLimit(healthAtOnce)
	for i := range all {
		m := &all[i]
		if m.Elsewhere || m.Bad != nil || !m.State.Up() || m.Unseen != "" {
			continue
		}
		asked.Go(func() error {
			m.health, m.unwell = askOne(ctx, engines[m.Sandbox], m.ID)
			return nil // one that does not answer keeps no other from it
		})
	}
	return asked.Wait()
}

// askOne asks one machine how it is.
func askOne(ctx context.Context, engine steps.Engine, id string) (*steps.Health, error) {
	link, err := engine.Connect(ctx, id)
	if err != nil {
		return nil, err
	}
	h, err := link.Health(ctx)
	_ = link.Close() // what it said is here
	if err != nil {
		return nil, err
	}
	return &h, nil
}
