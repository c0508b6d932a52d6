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
	w, err := g.newWork(ctx, setupID, emit)
	if err != nil {
		return err
	}
	w.s.Resources.Removing = true
	if err := w.save(); err != nil {
		return err
	}
	w.step = steps.StepRemove
	w.say(steps.Started, "Remove "+w.s.Answers.Name)
	if err := w.remove(ctx); err != nil {
		w.send(steps.Event{Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
		return err
	}
	if id := w.s.Answers.Gateway; id != "" {
		g.shutOut(ctx, id)
	}
	w.say(steps.Finished, w.s.Answers.Name+" is removed"+w.onAWS("; it no longer costs anything"))
	return nil
}

func (w *work) remove(ctx context.Context) error {
	if err := w.removeInstances(ctx); err != nil {
		return err
	}
	if err := w.removeGroups(ctx); err != nil {
		return err
	}
	if err := w.removeKeyPair(ctx); err != nil {
		return err
	}
	if r := w.s.Resources; r.InstanceID != "" {
		if err := w.g.hostKeys().Forget(r.InstanceID); err != nil {
			return err
		}
	}
	w.g.keepLast(w.s)
	return w.g.ledger.forget(w.s.ID)
}

// removeInstances goes by the tag as well as by the ledger: after kill -9
// there may be an instance the ledger has not heard of.
func (w *work) removeInstances(ctx context.Context) error {
	found, err := w.everLaunched(ctx)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, i := range found {
		ids[i.ID] = true
	}
	if id := w.s.Resources.InstanceID; id != "" && !ids[id] {
		i, err := w.instance(ctx)
		switch {
		case err == nil && i.State == aws.StateTerminated:
			w.doing("%s is terminated", id)
		case isUnshown(err):
			w.retrying("EC2 does not show %s yet: it is asked to terminate it until it does", id)
			ids[id] = true
		case err != nil:
			return err
		default:
			ids[i.ID] = true
		}
	}
	waiting, cancel := context.WithTimeout(ctx, w.g.cfg.Patience)
	defer cancel()
	for id := range ids {
		w.doing("Terminating %s and its disk", id)
		// A group or an address is free only once its instance has ended.
		if _, err := w.region.Bring(waiting, id, aws.StateTerminated, func(i aws.Instance) { w.see(i) }); err != nil {
			return err
		}
		w.doing("%s is terminated", id)
	}
	return nil
}

// everLaunched finds the setup's instances by the tag. A launch whose answer was
// never written down may have made one that EC2 does not list for a moment; it
// is looked for again and again before the setup is forgotten. One that is not
// listed for longer keeps its security group from being deleted.
func (w *work) everLaunched(ctx context.Context) ([]aws.Instance, error) {
	r := w.s.Resources
	unknown := r.ClientToken != "" && r.InstanceID == ""
	deadline := w.g.cfg.Now().Add(w.g.cfg.Patience / 20)
	for {
		found, err := w.region.Find(ctx, map[string]string{TagSetup: w.s.ID})
		if err != nil || len(found) > 0 || !unknown || w.g.cfg.Now().After(deadline) {
			return found, err
		}
		if err := remote.Pause(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func (w *work) removeGroups(ctx context.Context) error {
	groups, err := w.region.GroupsByTag(ctx, map[string]string{TagSetup: w.s.ID})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.g.cfg.Patience)
	defer cancel()
	for _, id := range groups {
		w.doing("Deleting security group %s", id)
		if err := w.region.DeleteGroup(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) removeKeyPair(ctx context.Context) error {
	r := w.s.Resources
	if r.KeyPairOurs {
		pairs, err := w.region.KeyPairs(ctx)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if p.Tags[TagSetup] != w.s.ID {
				continue
			}
			w.doing("Deleting key pair %s", p.Name)
			if err := w.deleteKeyPair(ctx, p.ID); err != nil {
				return err
			}
		}
	}
	if r.KeyFileOurs {
		w.doing("Deleting the key file %s, which is no longer used", r.KeyPath)
		if err := os.Remove(r.KeyPath); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("deleting the key file: %w", err)
		}
	}
	return nil
}
