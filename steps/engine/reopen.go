package engine

import (
	"context"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Reopen returns the URL of a setup whose server runs. Where the machine was
// started again since it was served, the steps are gone through after all: its
// addresses are others now.
func (g *Guide) Reopen(ctx context.Context, setupID string) (*steps.Opened, error) {
	t, err := g.target(ctx, setupID, steps.StepOpen, silent)
	if err != nil {
		return nil, err
	}
	s := t.s
	if s.Resources.InstanceID == "" {
		return nil, unfinished(s)
	}
	i, err := t.instance(ctx)
	if err != nil {
		return nil, err
	}
	if i.State != aws.StateRunning {
		return nil, notRunning(s, steps.State(i.State))
	}
	t.observe(i)
	if !s.Finished(steps.StepOpen) || s.Done[steps.StepServe].Before(s.LaunchedAt) || s.ServerPort == 0 {
		return g.Work(ctx, setupID, silent)
	}
	if s.Saving != nil { // its server is down
		return nil, imageBegun(s)
	}
	if s.Answers.Mode != steps.ModeSSH {
		t.followMe(ctx) // a tunnel does so on its own
	}
	return t.reopen(ctx)
}

// imageBegun is a machine that is not as it was, because of an image.
func imageBegun(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Server, Title: "An image of the machine was begun and not finished",
		Text: s.ImageBegun() + ".", Next: settled(s),
	}
}

// settled is what puts such a machine back.
func settled(s *steps.Setup) problem.Next {
	return problem.Say("Let the image finish where it is being made. Otherwise ").Act(on(problem.Continue, s)).Say(": that puts the machine back and starts its server.")
}

func (t *target) reopen(ctx context.Context) (*steps.Opened, error) {
	token, err := t.token(ctx, nil)
	if err != nil {
		return nil, err
	}
	if t.s.Answers.Mode == steps.ModeSSH {
		if err := t.g.ownPort(ctx, t.s, func() error { return t.g.keepPort(t.s) }); err != nil {
			return nil, err
		}
	}
	o := &steps.Opened{}
	ep, err := t.endpoint(ctx, token, o, t.tunnel)
	if err != nil {
		_ = o.Close() // the first error is the one to tell
		return nil, err
	}
	t.describe(o, ep.URL, token)
	return o, nil
}

// Connect makes a link to a running machine.
func (g *Guide) Connect(ctx context.Context, setupID string) (steps.Link, error) {
	t, err := g.target(ctx, setupID, steps.StepConnect, silent)
	if err != nil {
		return nil, err
	}
	if t.s.Resources.InstanceID == "" {
		return nil, unfinished(t.s)
	}
	l := &link{t: t, dialing: make(chan struct{}, 1)}
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
