package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// sweepWithin bounds how long a region may take to say what it has.
const sweepWithin = 30 * time.Second

// The kinds of a leftover, as aws.Owned names them.
const (
	kindInstance = "instance"
	kindVolume   = "volume"
	kindGroup    = "security group"
	kindKeyPair  = "key pair"
	kindImage    = "image"
	kindSnapshot = "snapshot"
)

// Sweep looks through all enabled regions of all accounts that the ledger
// names, and of the profile's, for what carries a setup's tag and belongs to
// no setup of this computer's ledger. each is called once a region, one call
// at a time. An account that cannot be asked is an answer too, with no region.
func (g *Guide) Sweep(ctx context.Context, profile string, each func(steps.Swept)) error {
	setups, err := g.ledger.all()
	if err != nil {
		return err
	}
	living := map[string]bool{}
	for _, s := range setups {
		living[s.ID] = true
	}
	setups = slices.DeleteFunc(setups, func(s steps.Setup) bool { return s.Bad != nil })
	t := &tally[steps.Swept]{each: each, count: func(s *steps.Swept, done, of int) { s.Done, s.Of = done, of }}
	g.everywhere(ctx, profile, setups, t.more, func(a *accountSetups, region string) {
		s := steps.Swept{At: steps.Place{Profile: a.profile, Region: region}}
		s.Leftovers, s.Err = g.leftovers(ctx, s.At, a.cloud.In(region), living)
		if a.trouble() != nil { // which is told once
			s.Err, s.Silent = nil, true
		}
		t.answer(s)
	}, func(a *accountSetups, err error) {
		t.answer(steps.Swept{At: steps.Place{Profile: a.profile}, Err: err})
	})
	return ctx.Err()
}

func (g *Guide) leftovers(ctx context.Context, at steps.Place, r CloudRegion, living map[string]bool) ([]steps.Leftover, error) {
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
	costs, stored := false, false
	for _, o := range left {
		costs = costs || o.Kind == kindInstance || o.Kind == kindVolume
		stored = stored || o.Kind == kindImage || o.Kind == kindSnapshot
		if o.Kind == kindInstance && !slices.Contains(types, o.Type) {
			types = append(types, o.Type)
		}
	}
	var p steps.Prices
	if costs {
		// A missing price is no failure: the cost is then unknown.
		p, _ = g.prices(ctx, r, at.Region, types...)
	}
	perGB := 0.0
	if stored {
		perGB, _ = r.SnapshotPrice(ctx) // likewise
	}
	var list []steps.Leftover
	for _, o := range left {
		l := leftover(at, o, owned, p)
		if o.Kind == kindImage || o.Kind == kindSnapshot {
			l.MonthCost, l.CostKnown = perGB*float64(o.DiskGB), perGB > 0
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b steps.Leftover) int { return cmp.Compare(clearOrder(a.Kind), clearOrder(b.Kind)) })
	return list, nil
}

// unowned picks what belongs to no living setup: not what is ending already,
// and not a volume that goes with its instance.
func unowned(owned []aws.Owned, living map[string]bool) []aws.Owned {
	goes := map[string]bool{} // instances that are listed, or end by themselves
	ending := func(o aws.Owned) bool { return aws.State(o.State).Ended() }
	// A snapshot without its image is of no use to anybody, whoever's it was.
	theirs := func(o aws.Owned) bool {
		return madeHere(o) && (!living[o.Tags[TagSetup]] || o.Kind == kindSnapshot)
	}
	used := map[string]bool{} // snapshots that images are made of, or will be
	for _, o := range owned {
		if o.Kind == kindInstance && (ending(o) || theirs(o)) {
			goes[o.ID] = true
		}
		for _, id := range o.Uses {
			used[id] = true
		}
		if o.Kind == kindSnapshot && o.State != "completed" && o.State != "error" {
			used[o.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(owned), func(o aws.Owned) bool {
		return !theirs(o) || o.Kind == kindInstance && ending(o) || o.Kind == kindVolume && goes[o.UsedBy] || o.Kind == kindSnapshot && used[o.ID]
	})
}

// madeHere reports whether this program made a thing: backups copy the tags of
// a machine and its volumes, but for the one that only an image of this
// program's and its snapshots have.
func madeHere(o aws.Owned) bool {
	ofImage := o.Kind == kindImage || o.Kind == kindSnapshot
	return o.Tags[TagSetup] != "" && (!ofImage || o.Tags[aws.TagImage] != "")
}

// leftover describes one thing; owned has the volumes of an instance.
func leftover(at steps.Place, o aws.Owned, owned []aws.Owned, p steps.Prices) steps.Leftover {
	l := steps.Leftover{
		At: at, Kind: o.Kind, ID: o.ID, Name: safe.Clean(o.Name),
		SetupID: safe.Clean(o.Tags[TagSetup]), Setup: safe.Clean(o.Tags[TagName]),
		Created: o.Created, CostKnown: true,
	}
	switch o.Kind {
	case kindInstance:
		l.Running = isRunning(o)
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
			l.MonthCost += (p.Hour[o.Type] + p.IPv4) * steps.HoursPerMonth
			l.CostKnown = l.CostKnown && p.Hour[o.Type] > 0 && p.IPv4 > 0
		}
	case kindImage:
		l.Kept, l.Name = true, safe.Clean(cmp.Or(o.Tags[aws.TagImage], o.Name))
		l.Detail = fmt.Sprintf("at most %d GB, %s", o.DiskGB, o.State)
	case kindSnapshot:
		l.Detail = fmt.Sprintf("at most %d GB, of an image that is gone", o.DiskGB)
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

// isRunning reports whether somebody may be using an instance.
func isRunning(o aws.Owned) bool { return aws.State(o.State) != aws.StateStopped }
