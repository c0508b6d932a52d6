package engine

import (
	"context"
	"errors"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ImageContents asks a running machine what an image of it would hold.
func (g *Guide) ImageContents(ctx context.Context, setupID string, named ...string) (steps.ImageContents, error) {
	t, err := g.target(ctx, setupID, steps.StepImage, silent)
	if err != nil {
		return steps.ImageContents{}, err
	}
	i, err := t.instance(ctx)
	if err != nil {
		return steps.ImageContents{}, err
	}
	if i.State != aws.StateRunning {
		return steps.ImageContents{}, notRunning(t.s, steps.State(i.State))
	}
	t.observe(i)
	client, err := t.redial(ctx)
	if err != nil {
		return steps.ImageContents{}, err
	}
	defer func() { _ = client.Close() }() // the answer is here
	facts, err := jupyter.Probe(ctx, client)
	if err != nil {
		return steps.ImageContents{}, err
	}
	c, err := jupyter.ImageContents(ctx, client, facts, named...)
	if err != nil {
		return steps.ImageContents{}, err
	}
	out := steps.ImageContents{
		Own: listOf(c.Own, func(o jupyter.Own) steps.ImageEntry { return steps.ImageEntry(o) }),
		Named: listOf(c.Named, func(n jupyter.Named) steps.ImageNamed {
			return steps.ImageNamed{ImageEntry: steps.ImageEntry(n.Own), Said: n.Said, There: n.There, Allowed: n.Allowed}
		}),
		Unsearched: c.Unsearched, Home: facts.Home, Free: c.Free, CanLeaveOut: c.CanLeaveOut, DiskGB: t.s.Answers.DiskGB,
	}
	price, _ := t.region.SnapshotPrice(ctx) // without one the cost is unknown
	out.MonthCost, out.CostKnown = price*float64(out.DiskGB), price > 0 && out.DiskGB > 0
	return out, nil
}

// imageStopped says what state a person leaves the machine and the image in who
// stops while it is made; i is the image as far as EC2 has told of it.
func (r *run) imageStopped(ctx context.Context, i aws.Image, err error) error {
	var ended *problem.Error
	if !errors.Is(ctx.Err(), context.Canceled) || errors.As(context.Cause(ctx), &ended) {
		return err
	}
	stopped := steps.Interrupted(errors.Join(ctx.Err(), err))
	s := r.s.Saving
	switch {
	case s != nil:
		stopped.Text += " The server is down, and what was left out of the image is put aside on the machine."
		stopped.Next = problem.Say("Ask for the image again to finish it. Without it: ").Act(on(problem.Continue, r.s)).Say(", which puts the machine back.")
	case i.ID != "":
		stopped.Text += " What was left out of the image is back on the machine."
		stopped.Next = problem.Say("Ask for the image again to wait for it. If the server is down: ").Act(on(problem.Continue, r.s)).Say(".")
	}
	if i.ID != "" || s != nil && !s.Asked.IsZero() {
		stopped.Text += " EC2 may have made the image all the same, or be making it: it costs money until it is removed."
	}
	return stopped
}
