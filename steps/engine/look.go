package engine

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// lookPatience bounds a look at all machines: a list that is late is of no use.
const lookPatience = 10 * time.Second

// justAsked is how long a machine is so new that a look waits for it.
const justAsked = time.Minute

// looksAtOnce bounds how many machines are looked up at the same time.
const looksAtOnce = 8

// Look asks the cloud how the setups' machines are now, and answers the setups
// with what it said: the state, and StateGone for a machine that is no more. Where
// it could not be asked, Unseen has the reason and the rest is as last seen.
// The ledger stays as it is.
func (g *Guide) Look(ctx context.Context, all []steps.Setup) []steps.Setup {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	out := make([]steps.Setup, len(all))
	var looks errgroup.Group
	looks.SetLimit(looksAtOnce)
	for i, s := range all {
		looks.Go(func() error {
			out[i] = g.look(ctx, s)
			return nil
		})
	}
	_ = looks.Wait() // each setup tells its own failure
	return out
}

func (g *Guide) look(ctx context.Context, s steps.Setup) steps.Setup {
	if s.Resources.ClientToken == "" {
		return s // never launched
	}
	c, err := g.account(ctx, s.Answers.Profile)
	if err == nil {
		err = g.sameAccount(ctx, &s, c)
	}
	if err != nil {
		s.Unseen = steps.Explain(err).Title
		return s
	}
	r := c.In(s.Answers.Region)
	// By tag, because that answers at once where an ID that EC2 does not know
	// is waited for: it may be a new one.
	found, err := r.Find(ctx, map[string]string{TagSetup: s.ID})
	if err != nil {
		s.Unseen = steps.Explain(err).Title
		return s
	}
	if id := s.Resources.InstanceID; id != "" && machineOf(&s, found).ID == "" && g.cfg.Now().Sub(asked(&s)) < justAsked {
		if i, err := r.Instance(ctx, id); err == nil { // which waits some seconds for a new one
			found = append(found, i)
		}
	}
	if found, err = g.missed(ctx, r, []steps.Setup{s}, found); err != nil {
		s.Unseen = steps.Explain(err).Title
		return s
	}
	g.take(&s, found)
	return s
}

// take brings a setup up to date with what its region shows, and returns its
// instance. One that is not shown yet says so in Unseen.
func (g *Guide) take(s *steps.Setup, found []aws.Instance) aws.Instance {
	i := machineOf(s, found)
	switch {
	case i.ID != "" && i.State != aws.StateTerminated:
		g.observe(s, i)
	case s.Resources.InstanceID == "":
	case i.ID == "" && g.young(s):
		s.Unseen = unshownTitle
	default:
		vanished(s, g.cfg.Now())
		g.traceState(s)
	}
	return i
}

// vanished notes that the instance is no more.
func vanished(s *steps.Setup, now time.Time) {
	applyInstance(s, aws.Instance{State: aws.StateTerminated, PrivateIP: s.PrivateIP, PublicDNS: s.PublicAddr}, now)
	s.State = steps.StateGone
}
