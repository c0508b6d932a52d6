package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// clearOrder is the order in which leftovers go: a group is free only once its
// instances have ended.
func clearOrder(kind string) int {
	return slices.Index(allKinds(), kind)
}

// allKinds are the kinds of a leftover in the order in which they go.
func allKinds() []string {
	return []string{kindInstance, kindVolume, kindGroup, kindKeyPair, kindImage, kindSnapshot}
}

// Clear removes leftovers that a person agreed to: in each region the
// instances first, then what they used. Each is checked again right before:
// what has lost its tag since, or belongs to a setup of this ledger by now,
// stays. A failure is told, the others continue, and all of them are the error.
func (g *Guide) Clear(ctx context.Context, what []steps.Leftover, emit func(steps.Event)) error {
	places := map[steps.Place][]steps.Leftover{}
	for _, l := range what {
		places[l.At] = append(places[l.At], l)
	}
	var (
		mu   sync.Mutex
		errs []error
		wg   sync.WaitGroup
	)
	say := func(e steps.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Err != nil {
			errs = append(errs, e.Err)
		}
		emit(e)
	}
	for at, list := range places {
		wg.Go(func() {
			c := &clearing{g: g, at: at, emit: say}
			c.run(ctx, list)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// clearing removes leftovers of one region.
type clearing struct {
	g      *Guide
	at     steps.Place
	region CloudRegion
	emit   func(steps.Event)
}

func (c *clearing) run(ctx context.Context, list []steps.Leftover) {
	var err error
	if c.region, err = c.g.region(ctx, c.at); err != nil {
		c.failed(steps.Leftover{At: c.at, Kind: "region", ID: c.at.Region}, err)
		return
	}
	for _, kind := range allKinds() {
		of := slices.DeleteFunc(slices.Clone(list), func(l steps.Leftover) bool { return l.Kind != kind })
		if len(of) > 0 {
			c.remove(ctx, of)
		}
	}
}

// remove removes leftovers of one kind: each is asked for first, and waited for
// after, so that machines end side by side.
func (c *clearing) remove(ctx context.Context, list []steps.Leftover) {
	owned, err := c.region.Owned(ctx)
	var waits []steps.Leftover
	for _, l := range list {
		if err != nil {
			c.failed(l, err)
			continue
		}
		switch gone, err := c.one(ctx, l, owned); {
		case err != nil:
			c.failed(l, err)
		case gone:
			c.say(l, steps.Finished, "no longer exists, or is not tagged as ours: nothing was removed")
		case l.Kind == kindInstance:
			waits = append(waits, l)
		default:
			c.say(l, steps.Finished, "is removed")
		}
	}
	waiting, cancel := context.WithTimeout(ctx, c.g.cfg.Patience)
	defer cancel()
	for _, l := range waits {
		if _, err := c.region.Bring(waiting, l.ID, aws.StateTerminated, nil); err != nil {
			c.failed(l, err)
			continue
		}
		if err := c.g.hostKeys().Forget(l.ID); err != nil {
			c.failed(l, err)
			continue
		}
		c.say(l, steps.Finished, "is terminated")
	}
}

// one removes one leftover, if it is still one. gone says that nothing of the
// kind carries our tag any more.
func (c *clearing) one(ctx context.Context, l steps.Leftover, owned []aws.Owned) (gone bool, err error) {
	at := slices.IndexFunc(owned, func(o aws.Owned) bool { return o.Kind == l.Kind && o.ID == l.ID })
	if at < 0 || !madeHere(owned[at]) {
		return true, nil
	}
	if err := c.unclaimed(l, owned[at].Tags[TagSetup]); err != nil && l.Kind != kindSnapshot {
		return false, err
	}
	if l.Kind == kindInstance && !l.Running && isRunning(owned[at]) {
		return false, startedSince(l)
	}
	c.say(l, steps.Doing, "is being removed")
	within, cancel := context.WithTimeout(ctx, c.g.cfg.Patience)
	defer cancel()
	switch l.Kind {
	case kindInstance:
		return false, c.region.Terminate(ctx, l.ID)
	case kindVolume:
		return false, c.region.DeleteVolume(within, l.ID)
	case kindGroup:
		return false, c.region.DeleteGroup(within, l.ID)
	case kindImage:
		return false, removeImage(within, c.region, l.ID, owned[at].Uses)
	case kindSnapshot:
		return false, c.region.DeleteSnapshot(within, l.ID)
	default:
		return false, c.region.DeleteKeyPair(within, l.ID)
	}
}

// unclaimed says why a leftover is none any more: there is a setup in the
// ledger that it belongs to by now.
func (c *clearing) unclaimed(l steps.Leftover, setupID string) error {
	if !validID(setupID) {
		return nil // no setup of any ledger has such an ID
	}
	s, err := c.g.ledger.load(setupID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return &problem.Error{
		Kind: problem.Failed, Title: "It belongs to a setup of this computer",
		Text: fmt.Sprintf("The %s %s was left alone: a setup of this computer owns it now.", l.Kind, l.ID),
		Next: problem.Do(problem.Sweep).Say(", or ").Act(naming(problem.Remove, s, "the setup")).Say("."),
	}
}

// startedSince is a machine that was stopped when its removal was agreed to.
func startedSince(l steps.Leftover) error {
	return &problem.Error{
		Kind: problem.Failed, Title: "It has been started since",
		Text: fmt.Sprintf("The instance %s was stopped when it was listed, and is running now: it was left alone.", l.ID),
		Next: problem.Do(problem.Sweep).Say("; another computer may be using it."),
	}
}

func (c *clearing) say(l steps.Leftover, kind steps.EventKind, what string) {
	c.send(l, steps.Event{Kind: kind, Text: fmt.Sprintf("%s: %s %s %s", l.At.Region, l.Kind, cmp.Or(l.Name, l.ID), what)})
}

func (c *clearing) failed(l steps.Leftover, err error) {
	text := fmt.Sprintf("%s: %s %s: %s", l.At.Region, l.Kind, cmp.Or(l.Name, l.ID), steps.Explain(err).Title)
	c.send(l, steps.Event{Kind: steps.Failed, Text: text, Err: fmt.Errorf("removing %s %s in %s: %w", l.Kind, l.ID, l.At.Region, err)})
}

// send tells of a leftover, under the setup that it once belonged to.
func (c *clearing) send(l steps.Leftover, e steps.Event) {
	t := teller{g: c.g, setup: l.SetupID, step: steps.StepSweep, emit: c.emit}
	t.send(e)
}
