package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// regionsAtOnce bounds how many regions are asked at the same time: more than
// AWS has, so that a list takes as long as its slowest region.
const regionsAtOnce = 64

// accountSetups is one AWS account and all that this computer's ledger has of
// it. Several profiles may lead to the same account; the first one is asked.
type accountSetups struct {
	profile string
	cloud   Cloud
	setups  []steps.Setup

	identified chan struct{} // closed when the next two are known
	number     string
	err        error // why the account cannot be asked
}

// trouble waits until it is known whether the account can be asked at all.
func (a *accountSetups) trouble() error {
	<-a.identified
	return a.err
}

// Survey looks at all enabled regions of the accounts, region by region.
func (g *Guide) Survey(ctx context.Context, profile string, each func(steps.Surveyed)) error {
	setups, err := g.ledger.all()
	if err != nil {
		return err
	}
	bad := map[string]steps.Setup{}
	for _, s := range setups {
		if s.Bad != nil {
			bad[s.ID] = s
		}
	}
	setups = slices.DeleteFunc(setups, func(s steps.Setup) bool { return s.Bad != nil })
	t := &tally[steps.Surveyed]{each: each, count: func(s *steps.Surveyed, done, of int) { s.Done, s.Of = done, of }}
	var prices sync.WaitGroup
	answered := make(chan struct{}) // closed when all regions have
	g.everywhere(ctx, profile, setups, t.more, func(a *accountSetups, region string) {
		out, in := g.surveyRegion(ctx, a, region, bad), a.cloud.In(region)
		missing := g.priceKept(ctx, in, region, &out)
		t.answer(out)
		if len(missing) == 0 {
			return
		}
		prices.Go(func() {
			makeWay(ctx, answered)
			if g.priceAsked(ctx, in, region, missing, &out) {
				t.again(out)
			}
		})
	}, func(a *accountSetups, err error) {
		t.answer(steps.Surveyed{At: steps.Place{Profile: a.profile}, Err: err})
	})
	close(answered)
	prices.Wait()
	return ctx.Err()
}

// priceAfter is how long the question for a price makes way for regions that
// have not answered yet: what is there is worth more than what it costs.
const priceAfter = time.Second

// makeWay waits for the regions' answers, but not for one that hangs.
func makeWay(ctx context.Context, answered <-chan struct{}) {
	late := time.NewTimer(priceAfter)
	defer late.Stop()
	select {
	case <-answered:
	case <-late.C:
	case <-ctx.Done():
	}
}

// Stamp is another one whenever the ledger or a tunnel has changed.
func (g *Guide) Stamp() string { return g.ledger.stamp() }

// tally hands on answers one at a time, and counts them.
type tally[T any] struct {
	each     func(T)
	count    func(answer *T, done, of int)
	mu       sync.Mutex
	done, of int
}

func (t *tally[T]) more(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of += n
}

func (t *tally[T]) answer(a T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.count(&a, t.done, t.of)
	t.each(a)
}

// again hands on more of an answer that was counted before.
func (t *tally[T]) again(a T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(&a, t.done, t.of)
	t.each(a)
}

// everywhere calls region for every enabled region of every account that the
// setups' profiles, and the profile given, lead to, and failed, once, for an
// account that cannot be asked or does not tell its regions. more is told how
// many answers are to come, before they come.
//
// The regions that every account has are asked at once, before it is known
// which others there are: that is a round trip of its own.
func (g *Guide) everywhere(ctx context.Context, profile string, setups []steps.Setup, more func(int), region func(*accountSetups, string), failed func(*accountSetups, error)) {
	var wg sync.WaitGroup
	var regions errgroup.Group
	regions.SetLimit(regionsAtOnce)
	for _, a := range g.accountsOf(ctx, profile, setups) {
		more(1) // the account's own answer, or its failure, until its regions are known
		wg.Go(func() {
			asked := map[string]bool{}
			ask := func(names []string) {
				names = slices.DeleteFunc(names, func(n string) bool { return asked[n] })
				more(len(names))
				for _, name := range names {
					asked[name] = true
					regions.Go(func() error { region(a, name); return nil })
				}
			}
			if a.cloud != nil {
				ask(a.known())
			}
			enabled, err := a.enabled(ctx)
			if err != nil {
				failed(a, err)
				return
			}
			more(-1)
			ask(enabled)
		})
	}
	wg.Wait()
	_ = regions.Wait() // each region tells its own failure
}

// enabled are the regions that the account has turned on.
func (a *accountSetups) enabled(ctx context.Context) ([]string, error) {
	if a.cloud == nil {
		return nil, a.trouble()
	}
	list, err := a.cloud.Regions(ctx)
	if no := a.trouble(); no != nil {
		return nil, no
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range list {
		if r.Enabled {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

// known are the regions worth asking before anything is known of the account.
func (a *accountSetups) known() []string {
	var names []string
	for _, s := range a.setups {
		names = append(names, s.Answers.Region)
	}
	if aws.HasDefaultRegions(a.cloud.HomeRegion()) {
		names = append(names, aws.DefaultRegions()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// accountsOf opens the accounts, and finds out which profiles lead to the same.
func (g *Guide) accountsOf(ctx context.Context, profile string, setups []steps.Setup) []*accountSetups {
	profiles := []string{}
	for _, s := range setups {
		if !slices.Contains(profiles, s.Answers.Profile) {
			profiles = append(profiles, s.Answers.Profile)
		}
	}
	asked := slices.Contains(profiles, profile)
	if !asked {
		profiles = append(profiles, profile)
	}
	var all []*accountSetups
	for _, p := range profiles {
		a := g.identify(ctx, p)
		for _, s := range setups {
			if s.Answers.Profile == p {
				a.setups = append(a.setups, s)
			}
		}
		all = append(all, a)
	}
	if len(all) == 1 {
		return all
	}
	var distinct []*accountSetups
	for _, a := range all {
		same := -1
		if a.trouble() == nil {
			same = slices.IndexFunc(distinct, func(b *accountSetups) bool { return b.trouble() == nil && a.number == b.number })
		}
		switch {
		case same >= 0:
			distinct[same].setups = append(distinct[same].setups, a.setups...)
		case a.trouble() != nil && !asked && a.profile == profile && profile == "":
			// Nobody named the default account, and others answer.
		default:
			distinct = append(distinct, a)
		}
	}
	return distinct
}

// identify opens a profile's account and begins to ask whose it is.
func (g *Guide) identify(ctx context.Context, profile string) *accountSetups {
	a := &accountSetups{profile: profile, identified: make(chan struct{})}
	if a.cloud, a.err = g.account(ctx, profile); a.err != nil {
		close(a.identified)
		return a
	}
	go func() {
		defer close(a.identified)
		a.number, a.err = g.number(ctx, profile, a.cloud)
	}()
	return a
}

// surveyRegion asks one region for its machines and brings them together with
// the ledger's. Those of the bad ones, whose record cannot be used, are this
// computer's all the same.
func (g *Guide) surveyRegion(ctx context.Context, a *accountSetups, region string, bad map[string]steps.Setup) steps.Surveyed {
	out := steps.Surveyed{At: steps.Place{Profile: a.profile, Region: region}}
	in := a.cloud.In(region)
	found, err := in.Ours(ctx)
	here := slices.DeleteFunc(slices.Clone(a.setups), func(s steps.Setup) bool { return s.Answers.Region != region })
	if err == nil {
		found, err = g.missed(ctx, in, here, found)
	}
	// An account that cannot be asked says so once, and not for each region.
	trouble := a.trouble()
	if out.Err = err; trouble != nil {
		out.Err, out.Silent, err = nil, true, trouble
	}
	met := map[string]bool{} // instances
	for _, s := range here {
		m := steps.Machine{Setup: s, Account: cmp.Or(s.AccountNumber, a.number)}
		unseen := err
		if unseen == nil && m.Account != a.number {
			unseen = otherAccount(&s, a.number)
		}
		if unseen != nil {
			m.Unseen = steps.Explain(unseen).Title
		} else {
			met[g.meet(&m.Setup, found)] = true
		}
		out.Machines = append(out.Machines, m)
	}
	for _, i := range found {
		if met[i.ID] || i.State.Ended() || trouble != nil {
			continue
		}
		m := steps.Machine{Setup: g.fromTags(i, out.At), Elsewhere: true, Account: a.number}
		if s, ok := bad[m.ID]; ok {
			m.Elsewhere, m.Bad, m.Answers.Name = false, s.Bad, cmp.Or(s.Answers.Name, m.Answers.Name)
		}
		same := func(id string) bool { return id == m.ID }
		if slices.ContainsFunc(a.setups, func(s steps.Setup) bool { return same(s.ID) }) ||
			slices.ContainsFunc(out.Machines, func(o steps.Machine) bool { return same(o.ID) }) {
			m.ID += "/" + i.ID // a copy with the tags of another: it costs all the same
		}
		out.Machines = append(out.Machines, m)
	}
	return out
}

// machineOf picks a setup's instance among those that are found: the ledger's
// own, else one that is not on its way out. One without an ID is none.
func machineOf(s *steps.Setup, found []aws.Instance) aws.Instance {
	var best aws.Instance
	for _, i := range found {
		switch {
		case i.Tags[TagSetup] != s.ID:
		case i.ID == s.Resources.InstanceID:
			return i
		case best.ID == "" || best.State == aws.StateShuttingDown:
			best = i
		}
	}
	return best
}

// meet brings a setup of the ledger up to date with what its region lists, and
// answers the ID of its instance.
func (g *Guide) meet(s *steps.Setup, found []aws.Instance) string {
	before := *s
	i := g.take(s, found)
	if before.State != s.State || !before.LaunchedAt.Equal(s.LaunchedAt) {
		g.note(before, i)
	}
	return i.ID
}

// note writes into the ledger what was seen of a setup's instance, or that it
// is gone, so that the time it ran is not forgotten. A setup that is being
// worked on, or was since the look began, is left alone: the work sees it too.
func (g *Guide) note(before steps.Setup, i aws.Instance) {
	unlock, err := g.ledger.lock(before.ID)
	if err != nil {
		return
	}
	defer unlock()
	s, err := g.ledger.load(before.ID)
	if err != nil || s.Resources != before.Resources || !s.LaunchedAt.Equal(before.LaunchedAt) {
		return
	}
	if i.ID == "" || i.State == aws.StateTerminated {
		vanished(s, g.cfg.Now())
		g.traceState(s)
	} else {
		g.observe(s, i)
	}
	_ = g.ledger.save(s) // the next look sees it again
}
