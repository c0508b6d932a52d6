package engine

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

const (
	// refreshWithin bounds the question for prices that nobody waits for.
	refreshWithin = 30 * time.Second
	// refreshAgain is after how long it is put again where it was in vain.
	refreshAgain = time.Hour
)

// prices returns what types cost in a region, all of them where none is named.
// AWS takes seconds for that: what this computer has kept is taken at once and,
// where that is not from today, asked for again in the background, for the next
// time. Prices.Fetched tells how old they are.
func (g *Guide) prices(ctx context.Context, r CloudRegion, region string, types ...string) (steps.Prices, error) {
	if p, ok := g.keptPrices(region).of(types); ok {
		if g.cfg.Now().Sub(p.Fetched) >= steps.PriceFresh {
			g.refreshPrices(ctx, r, region, types)
		}
		return p, nil
	}
	return g.askPrices(ctx, r, region, types)
}

// askPrices asks AWS, and keeps what it answers.
func (g *Guide) askPrices(ctx context.Context, r CloudRegion, region string, types []string) (steps.Prices, error) {
	at := g.cfg.Now().UTC().Truncate(time.Second)
	had, err := r.Prices(ctx, types...)
	p := steps.Prices(had)
	p.Fetched = at
	if err == nil {
		g.keepPrices(region, p, len(types) == 0)
	}
	return p, err
}

// refreshPrices asks AWS without anybody waiting for it.
func (g *Guide) refreshPrices(ctx context.Context, r CloudRegion, region string, types []string) {
	what := region + " " + strings.Join(types, " ")
	now := g.cfg.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, ok := g.refreshed[what]; ok && now.Sub(last) < refreshAgain {
		return
	}
	g.refreshed[what] = now
	ctx, cancel := context.WithTimeout(timing.Aside(context.WithoutCancel(ctx)), refreshWithin)
	g.cfg.Background.Go(func() {
		defer cancel()
		_, _ = g.askPrices(ctx, r, region, types) // the old ones stay, and their age is told
	})
}

// keptPrices are what this computer has of a region's prices.
func (g *Guide) keptPrices(region string) keptPrices {
	k, _ := readPrices(g.pricesFile(region), region, g.cfg.Now()) // without a file that can be used, AWS is asked
	return k
}

// keepPrices adds prices to those that are kept. Where that fails, AWS is asked
// again the next time.
func (g *Guide) keepPrices(region string, p steps.Prices, all bool) {
	if !typeName(region) { // which names the file
		return
	}
	g.keeping.Lock()
	defer g.keeping.Unlock()
	b, err := json.Marshal(g.keptPrices(region).with(p, all))
	if err == nil {
		_ = replace(g.pricesFile(region), append(b, '\n'))
	}
}

// replace writes a file that only its owner can read, in one step, and does not
// wait for the disk: what a power cut leaves is no loss, and not used.
func replace(path string, content []byte) error {
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = private.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is in nobody's way
	}
	return err
}

func (g *Guide) pricesFile(region string) string { return g.ledger.file("prices", region+".json") }

// priceKept gives those machines their price that have none, or an old one, as
// far as prices are kept. It returns the types whose price is not known then.
func (g *Guide) priceKept(ctx context.Context, r CloudRegion, region string, out *steps.Surveyed) (missing []string) {
	kept := g.keptPrices(region)
	var old []string
	for _, m := range out.Machines {
		if !m.State.Exists() {
			continue
		}
		p, ok := kept.of([]string{m.Answers.Type})
		if ok {
			g.reckon(out, m.Answers.Type, p)
		}
		switch {
		case !ok && !m.Cost.Known:
			missing = append(missing, m.Answers.Type)
		case g.cfg.Now().Sub(latest(m.Cost.At, p.Fetched)) >= steps.PriceFresh:
			old = append(old, m.Answers.Type)
		}
	}
	if slices.Sort(old); len(old) > 0 {
		g.refreshPrices(ctx, r, region, slices.Compact(old))
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// priceAsked asks AWS for the prices that are missing, and reports whether they
// came.
func (g *Guide) priceAsked(ctx context.Context, r CloudRegion, region string, missing []string, out *steps.Surveyed) bool {
	p, err := g.prices(ctx, r, region, missing...)
	if err != nil {
		return false // they are shown without a price
	}
	out.Machines = slices.Clone(out.Machines)
	for _, name := range missing {
		g.reckon(out, name, p)
	}
	return true
}

// reckon gives the machines of a type their cost, where these prices are newer
// than what it was reckoned from.
func (g *Guide) reckon(out *steps.Surveyed, instanceType string, p steps.Prices) {
	for i := range out.Machines {
		m := &out.Machines[i]
		newer := p.Hour[instanceType] > 0 && p.Fetched.After(m.Cost.At)
		if m.Answers.Type != instanceType || !m.State.Exists() || m.Cost.Known && !newer {
			continue
		}
		if m.Elsewhere || m.Bad != nil {
			m.Cost = steps.CostOf(p, m.Answers.Type, 0) // the tags do not tell its disk
			m.Cost.DiskUnknown = true
			continue
		}
		m.Cost = steps.CostOf(p, m.Answers.Type, m.Answers.DiskGB)
		g.keepCost(m.Setup)
	}
}

// keepCost writes into the ledger what a setup's machine costs. While the setup
// is worked on, the work asks for it itself.
func (g *Guide) keepCost(with steps.Setup) {
	if !with.Cost.Known {
		return
	}
	unlock, err := g.ledger.lock(with.ID)
	if err != nil {
		return
	}
	defer unlock()
	s, err := g.ledger.load(with.ID)
	if err != nil || s.Answers.Type != with.Answers.Type || s.Answers.DiskGB != with.Answers.DiskGB || s.Cost.Known && !with.Cost.At.After(s.Cost.At) {
		return
	}
	s.Cost = with.Cost
	_ = g.ledger.save(s) // the next look does it again
}
