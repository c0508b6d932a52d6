package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// run is steps at work on a target, whose lock is held while it lives, and what
// they have come to.
type run struct {
	*target
	before *steps.Answers // those in effect while the machine is made to follow others; nil once it does
	client *remote.Client // since connect
	facts  jupyter.Facts  // since install
	opened *steps.Opened  // since open

	besides  sync.WaitGroup      // work beside the steps
	stops    []func()            // end it
	resolved *soon[aws.Image]    // the image to launch, where it was begun to be looked up
	price    *soon[steps.Prices] // likewise
	dug      *soon[localTunnel]
}

// workOnce is Work for as long as the cloud runs.
func (g *Guide) workOnce(ctx context.Context, setupID string, emit func(steps.Event)) (*steps.Opened, error) {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, err := g.newRun(ctx, setupID, "", emit)
	if err != nil {
		return nil, err
	}
	defer r.hangUp()
	ctx, cancel := g.whileCloud(ctx)
	defer cancel()
	r.pursue()
	if r.s.Resources.Removing { // else a new machine would be launched
		return nil, beingRemoved(r.s)
	}
	for _, id := range steps.Works() {
		if err := r.do(ctx, id, r.work(id)); err != nil {
			return nil, err
		}
	}
	return r.opened, nil
}

// work returns what a step of [steps.Works] does.
func (r *run) work(id steps.StepID) func(context.Context) (string, error) {
	switch id {
	case steps.StepLaunch:
		return func(ctx context.Context) (string, error) {
			if err := r.agreeOnProject(ctx); err != nil {
				return "", err
			}
			return r.launch(ctx)
		}
	case steps.StepConnect:
		return r.connect
	case steps.StepInstall:
		return r.install
	case steps.StepServe:
		return func(ctx context.Context) (string, error) {
			if err := r.bringProject(ctx); err != nil {
				return "", err
			}
			if err := r.bringPackages(ctx); err != nil {
				return "", err
			}
			return r.serve(ctx)
		}
	case steps.StepOpen:
		return r.open
	default:
		return func(context.Context) (string, error) { return "", fmt.Errorf("the step %q has no work", id) }
	}
}

// newRun begins a run over a setup of the ledger.
func (g *Guide) newRun(ctx context.Context, setupID string, step steps.StepID, emit func(steps.Event)) (*run, error) {
	t, err := g.target(ctx, setupID, step, emit)
	if err != nil {
		return nil, err
	}
	var one sync.Mutex // what is done beside the steps has something to say too
	emit = t.emit
	t.emit = func(e steps.Event) {
		one.Lock()
		defer one.Unlock()
		emit(e)
	}
	t.greeted = new(remote.Greeted)
	return &run{target: t}, nil
}

// do runs one step between its Started and its Finished or Failed.
func (r *run) do(ctx context.Context, id steps.StepID, step func(context.Context) (string, error)) error {
	r.step = id
	timing.Begin(ctx, string(id))
	r.say(steps.Started, steps.PageFor(id).Title)
	result, err := step(ctx)
	if err != nil {
		err = stoppedBy(ctx, err)
		if errors.Is(err, errCloudDied) {
			r.retrying("%s: it is restarted, and this continues", steps.Explain(err).Title)
			return err
		}
		r.failed(err)
		return err
	}
	if err := r.takePrice(); err != nil {
		r.failed(err)
		return err
	}
	r.s.Done[id] = r.g.cfg.Now().UTC()
	if id == steps.StepServe {
		r.before = nil // the server runs as it was asked for
	}
	if err := r.save(); err != nil {
		r.failed(err)
		return err
	}
	r.say(steps.Finished, result)
	return nil
}

// pursue has the work go by the answers that are wanted.
func (r *run) pursue() {
	if r.s.Next != nil {
		before := r.s.Answers
		r.before, r.s.Answers, r.s.Next = &before, *r.s.Next, nil
	}
}

// save writes the setup down. What it is made to follow is intent until its
// server runs so.
func (r *run) save() error {
	s := *r.s
	if r.before != nil {
		s.Answers, s.Next = *r.before, &r.s.Answers
	}
	return r.g.ledger.save(&s)
}

// byHand says what a person would have typed for a step.
func (r *run) byHand(id steps.StepID) {
	for _, l := range steps.Manual(id, r.s.Answers, r.s) {
		r.say(steps.ByHand, l)
	}
}

// hangUp ends the connection of the steps, and what was begun beside them; a
// tunnel has a connection of its own.
func (r *run) hangUp() {
	for _, stop := range r.stops {
		stop()
	}
	defer func() {
		r.besides.Wait()
		r.greeted.Close()
		if r.dug != nil && r.dug.err == nil {
			_ = r.dug.value.Close() // nobody came to use it
		}
	}()
	if r.client != nil {
		_ = r.client.Close() // nothing is lost: jobs and servers outlive it
	}
}
