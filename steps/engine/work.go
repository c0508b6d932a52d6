package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// work is one run of the guide's working steps over one setup. The setup's
// lock is held while it lives.
type work struct {
	g      *Guide
	s      *steps.Setup
	region CloudRegion
	emit   func(steps.Event)
	step   steps.StepID

	account Cloud
	before  *steps.Answers // those in effect while the machine is made to follow others; nil once it does
	client  *remote.Client // since connect
	facts   jupyter.Facts  // since install
	opened  *steps.Opened  // since open
}

// workOnce is Work for as long as the cloud runs.
func (g *Guide) workOnce(ctx context.Context, setupID string, emit func(steps.Event)) (*steps.Opened, error) {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	w, err := g.newWork(ctx, setupID, emit)
	if err != nil {
		return nil, err
	}
	defer w.hangUp()
	ctx, cancel := g.whileCloud(ctx)
	defer cancel()
	w.pursue()
	if w.s.Resources.Removing { // else a new machine would be launched
		return nil, beingRemoved(w.s)
	}
	for _, step := range []struct {
		id  steps.StepID
		run func(context.Context) (string, error)
	}{
		{steps.StepLaunch, w.launch},
		{steps.StepConnect, w.connect},
		{steps.StepInstall, w.install},
		{steps.StepServe, w.serve},
		{steps.StepOpen, w.open},
	} {
		if err := w.do(ctx, step.id, step.run); err != nil {
			return nil, err
		}
	}
	return w.opened, nil
}

func (g *Guide) newWork(ctx context.Context, setupID string, emit func(steps.Event)) (*work, error) {
	s, err := g.ledger.load(setupID)
	if err != nil {
		return nil, err
	}
	account, err := g.account(ctx, s.Answers.Profile)
	if err != nil {
		return nil, err
	}
	if err := g.sameAccount(ctx, s, account); err != nil {
		return nil, err
	}
	return &work{g: g, s: s, account: account, region: account.In(s.Answers.Region), emit: emit}, nil
}

// do runs one step between its Started and its Finished or Failed.
func (w *work) do(ctx context.Context, id steps.StepID, run func(context.Context) (string, error)) error {
	w.step = id
	w.say(steps.Started, steps.PageFor(id).Title)
	result, err := run(ctx)
	if err != nil {
		err = stoppedBy(ctx, err)
		if errors.Is(err, errCloudDied) {
			w.retrying("%s: it is restarted, and this continues", steps.Explain(err).Title)
			return err
		}
		w.send(steps.Event{Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
		return err
	}
	w.s.Done[id] = w.g.cfg.Now().UTC()
	if id == steps.StepServe {
		w.before = nil // the server runs as it was asked for
	}
	if err := w.save(); err != nil {
		w.send(steps.Event{Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
		return err
	}
	w.say(steps.Finished, result)
	return nil
}

// pursue has the work go by the answers that are wanted.
func (w *work) pursue() {
	if w.s.Next != nil {
		before := w.s.Answers
		w.before, w.s.Answers, w.s.Next = &before, *w.s.Next, nil
	}
}

// save writes the setup down. What it is made to follow is intent until its
// server runs so.
func (w *work) save() error {
	s := *w.s
	if w.before != nil {
		s.Answers, s.Next = *w.before, &w.s.Answers
	}
	return w.g.ledger.save(&s)
}

func (w *work) send(e steps.Event) {
	e.Time, e.Setup, e.Step = w.g.cfg.Now(), w.s.ID, w.step
	if e.Kind != steps.Output { // which is safe already, and keeps its spaces
		e.Text = safe.Scrub(safe.Clean(e.Text))
	}
	w.g.traceEvent(e)
	w.emit(e)
}

func (w *work) say(k steps.EventKind, text string) { w.send(steps.Event{Kind: k, Text: text}) }

func (w *work) doing(format string, args ...any) { w.say(steps.Doing, fmt.Sprintf(format, args...)) }

func (w *work) retrying(format string, args ...any) {
	w.say(steps.Retrying, fmt.Sprintf(format, args...))
}

// output takes what the host prints.
func (w *work) output(text string, partial bool) {
	w.send(steps.Event{Kind: steps.Output, Text: text, Partial: partial})
}

// byHand says what a person would have typed for a step.
func (w *work) byHand(id steps.StepID) {
	for _, l := range steps.Manual(id, w.s.Answers, w.s) {
		w.say(steps.ByHand, l)
	}
}

// onAWS is a text about money, which nothing costs in the sandbox.
func (w *work) onAWS(text string) string {
	if w.g.cfg.Sandbox {
		return ""
	}
	return text
}

// hangUp ends the connection of the steps; a tunnel has its own.
func (w *work) hangUp() {
	if w.client != nil {
		_ = w.client.Close() // nothing is lost: jobs and servers outlive it
	}
}

func (w *work) tags() map[string]string {
	return map[string]string{TagSetup: w.s.ID, TagName: w.s.Answers.Name, "Name": "jupyter-ec2 " + w.s.Answers.Name}
}

// see takes over what the cloud says of the instance now.
func (w *work) see(i aws.Instance) {
	saw(w.s, i, w.g.cfg.Now())
	w.s.SSHPort = w.g.cfg.SSHPort(i)
	w.g.traceState(w.s)
}
