package steps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// How a sweep is bounded: a region that is late, and how many are asked at the
// same time.
const (
	sweepWithin = 30 * time.Second
	sweepAtOnce = 20
)

// The kinds of a leftover, as aws.Owned names them.
const (
	kindInstance = "instance"
	kindVolume   = "volume"
	kindGroup    = "security group"
	kindKeyPair  = "key pair"
)

// Sweep looks through all enabled regions of all accounts that the ledger
// names, and of the profile's, for what carries a setup's tag and belongs to
// no setup of this computer's ledger. each is called once a region, one call
// at a time. An account that cannot be asked is an answer too, with no region.
func (g *Guide) Sweep(ctx context.Context, profile string, each func(Swept)) error {
	setups, err := g.ledger.all()
	if err != nil {
		return err
	}
	living := map[string]bool{}
	profiles := []string{profile}
	for _, s := range setups {
		living[s.ID] = true
		profiles = append(profiles, s.Answers.Profile)
	}
	slices.Sort(profiles)
	answers := g.accountsOf(ctx, slices.Compact(profiles))
	var (
		mu   sync.Mutex
		done int
		wg   sync.WaitGroup
	)
	tell := func(s Swept) {
		mu.Lock()
		defer mu.Unlock()
		done++
		s.Done, s.Of = done, len(answers)
		each(s)
	}
	turns := make(chan struct{}, sweepAtOnce)
	for _, a := range answers {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			s := Swept{At: a.at, Err: a.err}
			if a.err == nil {
				s.Leftovers, s.Err = g.leftovers(ctx, a.at, a.region, living)
			}
			tell(s)
		})
	}
	wg.Wait()
	return ctx.Err()
}

// spot is one enabled region of an account, or an account that cannot be asked.
type spot struct {
	at     Place
	region CloudRegion
	err    error
}

// accountsOf opens the profiles' accounts side by side and lists their enabled
// regions; an account that two profiles lead to comes once.
func (g *Guide) accountsOf(ctx context.Context, profiles []string) []spot {
	found, numbers := make([][]spot, len(profiles)), make([]string, len(profiles))
	var wg sync.WaitGroup
	for i, profile := range profiles {
		wg.Go(func() {
			var err error
			if found[i], numbers[i], err = g.spots(ctx, profile); err != nil {
				found[i] = []spot{{at: Place{Profile: profile}, err: err}}
			}
		})
	}
	wg.Wait()
	var all []spot
	seen := map[string]bool{}
	for i, f := range found {
		if numbers[i] != "" && seen[numbers[i]] {
			continue
		}
		seen[numbers[i]] = true
		all = append(all, f...)
	}
	return all
}

func (g *Guide) spots(ctx context.Context, profile string) (all []spot, number string, err error) {
	c, err := g.account(ctx, profile)
	if err != nil {
		return nil, "", err
	}
	who, err := c.Identity(ctx)
	if err != nil {
		return nil, "", err
	}
	regions, err := c.Regions(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, r := range regions {
		if r.Enabled {
			all = append(all, spot{at: Place{profile, r.Name}, region: c.In(r.Name)})
		}
	}
	return all, who.Account, nil
}

func (g *Guide) leftovers(ctx context.Context, at Place, r CloudRegion, living map[string]bool) ([]Leftover, error) {
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	owned, err := r.Owned(ctx)
	if err != nil {
		return nil, err
	}
	left := unowned(owned, living)
	if len(left) == 0 {
		return nil, nil
	}
	var types []string
	costs := false
	for _, o := range left {
		costs = costs || o.Kind == kindInstance || o.Kind == kindVolume
		if o.Kind == kindInstance && !slices.Contains(types, o.Type) {
			types = append(types, o.Type)
		}
	}
	var p Prices
	if costs {
		// A missing price is no failure: the cost is then unknown.
		p, _ = r.Prices(ctx, types...)
	}
	var list []Leftover
	for _, o := range left {
		list = append(list, leftover(at, o, owned, p))
	}
	slices.SortStableFunc(list, func(a, b Leftover) int { return cmp.Compare(clearOrder(a.Kind), clearOrder(b.Kind)) })
	return list, nil
}

// unowned picks what belongs to no living setup: not what is ending already,
// and not a volume that goes with its instance.
func unowned(owned []aws.Owned, living map[string]bool) []aws.Owned {
	goes := map[string]bool{} // instances that are listed, or end by themselves
	ending := func(o aws.Owned) bool { return o.State == "shutting-down" || o.State == "terminated" }
	theirs := func(o aws.Owned) bool { return o.Tags[TagSetup] != "" && !living[o.Tags[TagSetup]] }
	for _, o := range owned {
		if o.Kind == kindInstance && (ending(o) || theirs(o)) {
			goes[o.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(owned), func(o aws.Owned) bool {
		return !theirs(o) || o.Kind == kindInstance && ending(o) || o.Kind == kindVolume && goes[o.UsedBy]
	})
}

// leftover describes one thing; owned has the volumes of an instance.
func leftover(at Place, o aws.Owned, owned []aws.Owned, p Prices) Leftover {
	l := Leftover{
		At: at, Kind: o.Kind, ID: o.ID, Name: remote.Clean(o.Name),
		SetupID: remote.Clean(o.Tags[TagSetup]), Setup: remote.Clean(o.Tags[TagName]),
		Created: o.Created, CostKnown: true,
	}
	switch o.Kind {
	case kindInstance:
		l.Running = o.State != "stopped"
		l.Detail = o.Type + ", " + o.State
		if l.Running && !o.Created.IsZero() {
			l.Detail += ", made " + o.Created.Local().Format("2006-01-02 15:04")
		}
		disk := 0
		for _, v := range owned {
			if v.Kind == kindVolume && v.UsedBy == o.ID {
				disk += v.DiskGB
			}
		}
		l.MonthCost = p.GP3 * float64(disk)
		l.CostKnown = p.GP3 > 0 && disk > 0
		if l.Running {
			l.MonthCost += (p.Hour[o.Type] + p.IPv4) * hoursPerMonth
			l.CostKnown = l.CostKnown && p.Hour[o.Type] > 0 && p.IPv4 > 0
		}
	case kindVolume:
		l.Detail = fmt.Sprintf("%d GB", o.DiskGB)
		if o.UsedBy != "" {
			l.Detail += ", in use by " + o.UsedBy
		}
		l.MonthCost, l.CostKnown = p.GP3*float64(o.DiskGB), p.GP3 > 0
	}
	if !l.CostKnown {
		l.MonthCost = 0
	}
	return l
}
