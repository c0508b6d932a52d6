package engine

import (
	"context"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// comeUp waits until the machine runs and its SSH port answers, for both at
// once: EC2 tells the address of a machine that is still pending.
func (r *run) comeUp(ctx context.Context, id string) (aws.Instance, error) {
	var k *knock
	defer func() { k.stop() }() // the last one
	try := func() {
		if r.s.PublicAddr != "" && (k == nil || k.addr != sshAddr(r.s)) {
			k.stop()
			k = r.knock(ctx)
		}
	}
	i, err := r.bringTelling(ctx, id, aws.StateRunning, func(i aws.Instance) {
		// One that stops may still answer at the address that it is about to lose.
		if i.State != aws.StatePending && i.State != aws.StateRunning {
			return
		}
		r.observe(i)
		try()
	})
	if err != nil {
		return i, err
	}
	if try(); k == nil {
		return i, noAddress(r.s)
	}
	return i, r.answers(ctx, k)
}

func noAddress(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Refused, Title: "The machine has no public address",
		Text: "The subnet gives its machines no public IPv4 address, so this computer cannot reach it.",
		Next: problem.Say("Turn on \"auto-assign public IPv4 address\" for the subnet in the VPC console, ").Act(naming(problem.Remove, s, "this setup")).Say(" and run the guide again."),
	}
}

// bring has the machine get to a state, and tells how it comes along.
func (r *run) bring(ctx context.Context, id string, want aws.State) (aws.Instance, error) {
	return r.bringTelling(ctx, id, want, func(aws.Instance) {})
}

// bringTelling is bring that also tells each look.
func (r *run) bringTelling(ctx context.Context, id string, want aws.State, each func(aws.Instance)) (aws.Instance, error) {
	last := aws.State("")
	waiting, cancel := context.WithTimeout(ctx, r.g.cfg.Patience)
	defer cancel()
	i, err := r.region.Bring(waiting, id, want, func(i aws.Instance) {
		if i.State != last {
			last = i.State
			r.doing("%s is %s", id, i.State)
		}
		each(i)
	})
	if err != nil {
		return i, err
	}
	r.observe(i)
	return i, r.save()
}

// knock is a wait for the SSH server at one address.
type knock struct {
	addr   string
	failed chan tried // the newest failure, where it was not taken yet
	open   *soon[struct{}]
}

// tried is a try that failed.
type tried struct{ why error }

// knock begins to wait for the machine's SSH server.
func (r *run) knock(ctx context.Context) *knock {
	k := &knock{addr: sshAddr(r.s), failed: make(chan tried, 1)}
	k.open = beside(ctx, r, func(ctx context.Context) (struct{}, error) {
		ctx, cancel := context.WithTimeout(ctx, r.g.cfg.Patience)
		defer cancel()
		return struct{}{}, remote.WaitPort(ctx, k.addr, r.greeted, func(err error) {
			select {
			case <-k.failed: // an older one
			default:
			}
			k.failed <- tried{err}
		})
	})
	return k
}

// stop ends a wait that there may be.
func (k *knock) stop() {
	if k != nil {
		k.open.stop()
	}
}

// lookAfter is after how many failed tries it is looked whether the machine
// still runs: somebody may have stopped it elsewhere.
const lookAfter = 5

// waitSSH waits until the port answers; a machine takes some 20 seconds from
// running to there.
func (r *run) waitSSH(ctx context.Context) error {
	k := r.knock(ctx)
	defer k.stop()
	return r.answers(ctx, k)
}

// answers waits until the SSH server answers that was knocked at.
func (r *run) answers(ctx context.Context, k *knock) error {
	w := r.patient("the SSH server at " + k.addr)
	r.doing("Waiting for %s", w.what)
	defer timing.Wait(ctx, timing.Machine)()
	var lastErr error
	last, tries := "", 0
	for {
		select {
		case failed := <-k.failed:
			lastErr = failed.why
		case <-k.open.done:
			if k.open.err != nil && ctx.Err() == nil && lastErr != nil {
				return w.gaveUp(ctx, lastErr)
			}
			return k.open.err
		}
		if tries++; tries%lookAfter == 0 {
			if err := r.stillOn(ctx); err != nil {
				return err
			}
		}
		t := steps.Explain(lastErr).Title
		if t != last {
			last = t
			r.retrying("Not yet: %s", t)
		}
		w.still(t)
	}
}

// stillOn is an error where EC2 says that the machine does not run any more.
func (r *run) stillOn(ctx context.Context) error {
	if i, err := r.instance(ctx); err == nil && !steps.State(i.State).On() {
		return notRunning(r.s, steps.State(i.State))
	}
	return nil
}

// beginPrice begins to look up the price, which nothing waits for.
func (r *run) beginPrice(ctx context.Context) {
	if r.s.Cost.Known || r.price != nil {
		return
	}
	at, kind := r.s.Answers.Region, r.s.Answers.Type
	r.price = beside(timing.Aside(ctx), r, func(ctx context.Context) (steps.Prices, error) {
		ctx, cancel := context.WithTimeout(ctx, pricePatience)
		defer cancel()
		return r.g.prices(ctx, r.region, at, kind)
	})
}

// pricePatience is how long a price may take: a run that has come to its end
// waits for it.
const pricePatience = 15 * time.Second

// awaitPrice waits for the price that was begun to be looked up.
func (r *run) awaitPrice(ctx context.Context) error {
	if r.price == nil {
		return nil
	}
	defer timing.Wait(ctx, timing.AWS)()
	_, _ = r.price.wait(ctx) // an unknown price is told, and stops nothing
	return r.takePrice()
}

// takePrice writes the price down that was begun to be looked up, where it is
// known by now.
func (r *run) takePrice() error {
	if r.price == nil || !r.price.ready() {
		return nil
	}
	p, err := r.price.value, r.price.err
	r.price = nil
	if err != nil {
		r.doing("The price is unknown: %s", steps.Explain(err).Title)
		return nil
	}
	r.s.Cost = steps.CostOf(p, r.s.Answers.Type, r.s.Answers.DiskGB)
	return r.save()
}
