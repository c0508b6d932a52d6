package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// newborn is how long a machine that EC2 does not show may yet turn up. EC2
// lists what it has terminated for about an hour, so that within that time
// nothing but "terminated" means that a machine is gone.
const newborn = time.Hour

// asked is when the setup's machine was asked for.
func asked(s *steps.Setup) time.Time {
	for _, t := range []time.Time{s.LaunchAsked, s.FirstStart, s.LaunchedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return s.Created
}

// young reports whether the setup's machine may be there without EC2 showing it.
func (g *Guide) young(s *steps.Setup) bool { return g.cfg.Now().Sub(asked(s)) < newborn }

// instance looks for the setup's machine by its ID, and by the setup's tag where
// EC2 does not know the ID. One that is certainly gone is "terminated"; one that
// EC2 does not show, but that may be there, is an error.
func (g *Guide) instance(ctx context.Context, r CloudRegion, s *steps.Setup) (aws.Instance, error) {
	id := s.Resources.InstanceID
	found, err := r.Known(ctx, id)
	if err != nil {
		return aws.Instance{}, err
	}
	if len(found) == 0 {
		if found, err = r.Find(ctx, map[string]string{TagSetup: s.ID}); err != nil {
			return aws.Instance{}, err
		}
	}
	switch i := machineOf(s, found); {
	case i.ID != "":
		return i, nil
	case len(found) > 0: // it has lost its tag
		return found[0], nil
	case g.young(s):
		return aws.Instance{}, unshown(s)
	}
	return aws.Instance{ID: id, State: aws.StateTerminated}, nil
}

func (t *target) instance(ctx context.Context) (aws.Instance, error) {
	return t.g.instance(ctx, t.region, t.s)
}

// errUnshown is the cause of what unshown tells.
var errUnshown = errors.New("EC2 does not list the instance")

func isUnshown(err error) bool { return errors.Is(err, errUnshown) }

const unshownTitle = "EC2 does not show the machine yet"

// unshown is a machine that EC2 does not show, and that may be there.
func unshown(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Failed, Title: unshownTitle,
		Text: fmt.Sprintf("%s (%s) was launched, but EC2 does not list it. A new machine may take a while to be listed, and may already cost money.", s.Answers.Name, s.Resources.InstanceID),
		Next: problem.Do(problem.Retry).Say(" in a minute: it looks for the machine again and launches no second one."), Err: errUnshown,
	}
}

// missed looks again for those of a region's setups whose machine was not
// listed, and that are too young to be taken for gone.
func (g *Guide) missed(ctx context.Context, r CloudRegion, setups []steps.Setup, found []aws.Instance) ([]aws.Instance, error) {
	var ids []string
	for i := range setups {
		s := &setups[i]
		if s.Resources.InstanceID != "" && g.young(s) && machineOf(s, found).ID == "" {
			ids = append(ids, s.Resources.InstanceID)
		}
	}
	more, err := r.Known(ctx, ids...)
	return slices.Concat(found, more), err
}
