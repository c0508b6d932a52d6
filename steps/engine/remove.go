package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Remove terminates the machine and removes all the setup created, in EC2 and
// on this computer. What is already gone is no error, so that a removal that
// was cut off is finished by the next.
func (g *Guide) Remove(ctx context.Context, setupID string, emit func(steps.Event)) error {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := g.newRun(ctx, setupID, steps.StepRemove, emit)
	if err != nil {
		return err
	}
	return r.during("Remove "+r.s.Answers.Name, func() (string, error) {
		let, err := r.lastBeforeRemoval(ctx)
		if err != nil {
			return "", err
		}
		defer let()
		r.s.Resources.Removing = true
		if err := r.save(); err != nil {
			return "", err
		}
		if err := r.remove(ctx); err != nil {
			return "", err
		}
		if id := r.s.Answers.Gateway; id != "" {
			g.shutOut(ctx, id)
		}
		return r.s.Answers.Name + " is removed" + r.onAWS("; it no longer costs anything"), nil
	})
}

func (r *run) remove(ctx context.Context) error {
	if err := r.removeInstances(ctx); err != nil {
		return err
	}
	if err := r.removeGroups(ctx); err != nil {
		return err
	}
	if err := r.removeKeyPair(ctx); err != nil {
		return err
	}
	if res := r.s.Resources; res.InstanceID != "" {
		if err := r.g.hostKeys().Forget(res.InstanceID); err != nil {
			return err
		}
	}
	r.g.keepLast(r.s)
	return r.g.ledger.forget(r.s.ID)
}

// removeInstances goes by the tag as well as by the ledger: after kill -9
// there may be an instance the ledger has not heard of.
func (r *run) removeInstances(ctx context.Context) error {
	found, err := r.everLaunched(ctx)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, i := range found {
		ids[i.ID] = true
	}
	if id := r.s.Resources.InstanceID; id != "" && !ids[id] {
		i, err := r.instance(ctx)
		switch {
		case err == nil && i.State == aws.StateTerminated:
			r.doing("%s is terminated", id)
		case isUnshown(err):
			r.retrying("EC2 does not show %s yet: it is asked to terminate it until it does", id)
			ids[id] = true
		case err != nil:
			return err
		default:
			ids[i.ID] = true
		}
	}
	waiting, cancel := context.WithTimeout(ctx, r.g.cfg.Patience)
	defer cancel()
	for id := range ids {
		r.doing("Terminating %s and its disk", id)
		// A group or an address is free only once its instance has ended.
		if _, err := r.region.Bring(waiting, id, aws.StateTerminated, func(i aws.Instance) { r.observe(i) }); err != nil {
			return err
		}
		r.doing("%s is terminated", id)
	}
	return nil
}

// everLaunched finds the setup's instances by the tag. A launch whose answer was
// never written down may have made one that EC2 does not list for a moment; it
// is looked for again and again, the last time after that moment, before the
// setup is forgotten. One that is not listed for longer keeps its security group
// from being deleted.
func (r *run) everLaunched(ctx context.Context) ([]aws.Instance, error) {
	res := r.s.Resources
	unknown := res.ClientToken != "" && res.InstanceID == ""
	deadline := r.g.cfg.Now().Add(r.g.cfg.Patience / 20)
	for {
		late := r.g.cfg.Now().After(deadline)
		found, err := r.region.Find(ctx, map[string]string{TagSetup: r.s.ID})
		if err != nil || len(found) > 0 || !unknown || late {
			return found, err
		}
		if err := remote.Pause(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func (r *run) removeGroups(ctx context.Context) error {
	groups, err := r.region.GroupsByTag(ctx, map[string]string{TagSetup: r.s.ID})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.g.cfg.Patience)
	defer cancel()
	for _, id := range groups {
		r.doing("Deleting security group %s", id)
		if err := r.region.DeleteGroup(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) removeKeyPair(ctx context.Context) error {
	res := r.s.Resources
	if res.KeyPairOurs {
		pairs, err := r.region.KeyPairs(ctx)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if p.Tags[TagSetup] != r.s.ID {
				continue
			}
			r.doing("Deleting key pair %s", p.Name)
			if err := r.deleteKeyPair(ctx, p.ID); err != nil {
				return err
			}
		}
	}
	if res.KeyFileOurs {
		r.doing("Deleting the key file %s, which is no longer used", res.KeyPath)
		if err := os.Remove(res.KeyPath); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("deleting the key file: %w", err)
		}
	}
	return nil
}
