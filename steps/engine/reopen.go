package engine

import (
	"context"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Reopen returns the URL of a setup whose server runs. Where the machine was
// started again since it was served, the steps are gone through after all: its
// addresses are others now.
func (g *Guide) Reopen(ctx context.Context, setupID string) (*steps.Opened, error) {
	w, err := g.newWork(ctx, setupID, func(steps.Event) {})
	if err != nil {
		return nil, err
	}
	w.step = steps.StepOpen
	s := w.s
	if s.Resources.InstanceID == "" {
		return nil, unfinished(s)
	}
	i, err := w.instance(ctx)
	if err != nil {
		return nil, err
	}
	if i.State != aws.StateRunning {
		return nil, notRunning(s, steps.State(i.State))
	}
	w.see(i)
	if !s.Finished(steps.StepOpen) || s.Done[steps.StepServe].Before(s.LaunchedAt) || s.ServerPort == 0 {
		return g.Work(ctx, setupID, func(steps.Event) {})
	}
	if s.Answers.Mode != steps.ModeSSH {
		w.followMe(ctx) // a tunnel does so by itself
	}
	return w.reopen(ctx)
}

func (w *work) reopen(ctx context.Context) (*steps.Opened, error) {
	token, err := w.token(ctx)
	if err != nil {
		return nil, err
	}
	w.facts.Loopback = w.s.Loopback
	if w.s.Answers.Mode == steps.ModeSSH {
		if err := w.g.ownPort(ctx, w.s, func() error { return w.g.keepPort(w.s) }); err != nil {
			return nil, err
		}
	}
	o := &steps.Opened{}
	ep, err := w.endpoint(ctx, token, o)
	if err != nil {
		_ = o.Close() // the first error is the one to tell
		return nil, err
	}
	w.describe(o, ep.URL, token)
	return o, nil
}

// Connect makes a link to a running machine.
func (g *Guide) Connect(ctx context.Context, setupID string) (steps.Link, error) {
	w, err := g.newWork(ctx, setupID, func(steps.Event) {})
	if err != nil {
		return nil, err
	}
	w.step = steps.StepConnect
	if w.s.Resources.InstanceID == "" {
		return nil, unfinished(w.s)
	}
	l := &link{w: w, turn: make(chan struct{}, 1)}
	// The first connection is made here, so that a machine that cannot be
	// reached is told at once.
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	if _, err := l.client(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// connectPatience bounds the making of one connection.
const connectPatience = 30 * time.Second
