package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// launch brings the instance to where its SSH port answers. Everything it
// creates is written into the ledger before: its name, tag or ClientToken
// comes from the setup's ID, so that a run after kill -9 finds it again.
func (w *work) launch(ctx context.Context) (string, error) {
	if w.s.Resources.ClientToken == "" { // else it may be in another one by now
		w.settleAccount(ctx)
	}
	if err := w.settleKey(ctx); err != nil {
		return "", err
	}
	if err := w.settleGroup(ctx); err != nil {
		return "", err
	}
	i, err := w.settleInstance(ctx)
	if err != nil {
		return "", err
	}
	if i, err = w.waitRunning(ctx, i); err != nil {
		return "", err
	}
	w.settleAccount(ctx)
	if err := w.settleCost(ctx); err != nil {
		return "", err
	}
	if err := w.waitSSH(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is running at %s", i.ID, w.s.PublicAddr), nil
}

// settleGroup makes sure that the group lets in this computer and nobody else,
// but for the notebooks that use this machine's gateway.
func (w *work) settleGroup(ctx context.Context) error {
	address, err := w.account.MyAddress(ctx)
	if err != nil {
		return err
	}
	if err := w.ensureGroup(ctx, address); err != nil {
		return err
	}
	if w.s.Resources.InstanceID == "" {
		w.byHand(steps.StepLaunch)
	}
	w.doing("Security group %s lets in %s", w.s.Resources.GroupID, opens(w.s.Answers.Mode, address))
	return w.save()
}

// ensureGroup makes the group and its rules, and writes nothing down.
func (w *work) ensureGroup(ctx context.Context, address string) error {
	network, err := w.region.Network(ctx, "")
	if err != nil {
		return err
	}
	also, err := w.g.users(w.s)
	if err != nil {
		return err
	}
	id, err := w.region.EnsureGroup(ctx, aws.GroupSpec{
		Name: w.s.Resources.GroupName, Description: "jupyter-ec2 " + w.s.Answers.Name, VPC: network.VPC,
		CIDR: cidr(address), Ports: w.s.Answers.Mode.Ports(), Also: also, Tags: w.tags(),
	})
	if err != nil {
		return err
	}
	w.s.Subnet, w.s.Resources.GroupID, w.s.MyAddress = network.Subnet, id, address
	return nil
}

// settleInstance finds the setup's instance, starts it when it is stopped, or
// launches it.
func (w *work) settleInstance(ctx context.Context) (aws.Instance, error) {
	i, err := w.existing(ctx)
	if err != nil {
		return i, err
	}
	switch i.State {
	case "":
		if i, err = w.runInstance(ctx); err == nil && i.State.Ended() {
			// The launch that was asked for again is one that has ended since.
			if err = w.mourn(); err == nil {
				i, err = w.runInstance(ctx)
			}
		}
		return i, err
	case aws.StateStopping:
		w.doing("%s is stopping; it is started again as soon as it has stopped", i.ID)
	case aws.StateStopped:
		w.doing("%s is stopped; starting it", i.ID)
	default:
		w.doing("%s exists and is %s", i.ID, i.State)
	}
	return i, nil
}

// existing finds the instance by its ID, or by the setup's tag where the
// program died between the launch and writing its ID down. A State of "" means
// that there is none.
func (w *work) existing(ctx context.Context) (aws.Instance, error) {
	r := &w.s.Resources
	if r.InstanceID == "" {
		if r.ClientToken == "" {
			return aws.Instance{}, nil
		}
		found, err := w.region.Find(ctx, map[string]string{TagSetup: w.s.ID})
		found = slices.DeleteFunc(found, func(i aws.Instance) bool { return i.State == aws.StateShuttingDown })
		if err != nil || len(found) == 0 {
			// Nothing to be seen may also mean not yet: then the ClientToken
			// makes the next launch the same one.
			return aws.Instance{}, err
		}
		r.InstanceID = found[0].ID
		return found[0], w.save()
	}
	i, err := w.instance(ctx)
	switch {
	case isUnshown(err) && r.ClientToken != "":
		w.retrying("EC2 does not show %s yet: the same launch is asked for again", r.InstanceID)
		return aws.Instance{}, nil
	case err != nil:
		return i, err
	case i.State.Ended():
		return aws.Instance{}, w.mourn()
	case i.ID != r.InstanceID:
		r.InstanceID = i.ID
		return i, w.save()
	}
	return i, nil
}

// mourn forgets an instance that is gone, so that another one may be launched.
func (w *work) mourn() error {
	r := &w.s.Resources
	w.doing("%s is gone (terminated elsewhere); a new one is launched", r.InstanceID)
	w.s.Done, w.before = map[steps.StepID]time.Time{}, nil
	r.InstanceID, r.ClientToken, r.ImageID = "", "", ""
	w.s.LaunchAsked, w.s.FirstStart, w.s.LaunchedAt, w.s.StoppedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	w.s.RanBefore, w.s.RanUnseen = 0, false
	return w.save()
}

func (w *work) runInstance(ctx context.Context) (aws.Instance, error) {
	r, a := &w.s.Resources, w.s.Answers
	kind, err := w.region.Type(ctx, a.Type)
	if err != nil {
		return aws.Instance{}, err
	}
	image, err := w.image(ctx, kind.Arch)
	if err != nil {
		return aws.Instance{}, err
	}
	first := r.ClientToken == ""
	if first {
		if err := w.namesake(ctx); err != nil {
			return aws.Instance{}, err
		}
		r.Launches++
		r.ClientToken = fmt.Sprintf("jupyter-ec2-%s-%d", w.s.ID, r.Launches)
		r.ImageID = image.ID
		w.s.LaunchAsked = w.g.cfg.Now().UTC()
		if err := w.save(); err != nil {
			return aws.Instance{}, err
		}
	}
	w.doing("Launching %s with %s (%s)", a.Type, image.ID, cmp.Or(image.Name, "Ubuntu "+a.Release))
	i, err := w.region.Launch(ctx, aws.LaunchSpec{
		ClientToken: r.ClientToken, Image: image, Type: a.Type, KeyName: r.KeyPairName,
		GroupIDs: []string{r.GroupID}, Subnet: w.s.Subnet, DiskGB: a.DiskGB, Tags: w.tags(),
	})
	if err != nil {
		return i, w.refusedLaunch(err, first)
	}
	r.InstanceID = i.ID
	w.see(i)
	w.doing("EC2 answers: %s, %s", i.ID, i.State)
	return i, w.save()
}

// namesake is an error where a machine of this name may be one whose record
// cannot be used and does not tell its name: the machine's tags do.
func (w *work) namesake(ctx context.Context) error {
	all, err := w.g.ledger.all()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Bad == nil || s.Answers.Name != "" || !validID(s.ID) {
			continue
		}
		found, err := w.region.Find(ctx, map[string]string{TagSetup: s.ID, TagName: w.s.Answers.Name})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			_, err := w.g.ledger.load(s.ID)
			return err
		}
	}
	return nil
}

// refusedLaunch takes the intent back where the first try was refused: nothing
// was launched, so the next one may ask for another type or a newer image. Of
// an earlier try nobody knows what came of it.
func (w *work) refusedLaunch(err error, first bool) error {
	var e *aws.Error
	if !first || !errors.As(err, &e) || !e.NothingDone() {
		return err
	}
	w.s.Resources.ClientToken, w.s.Resources.ImageID, w.s.LaunchAsked = "", "", time.Time{}
	return errors.Join(err, w.save())
}

// image is the one of the ledger where a launch was already tried: the same
// ClientToken with another image would be refused.
func (w *work) image(ctx context.Context, arch string) (aws.Image, error) {
	image, err := w.region.Image(ctx, w.s.Answers.Release, arch)
	if err == nil && w.s.Resources.ClientToken != "" && w.s.Resources.ImageID != "" {
		image.ID = w.s.Resources.ImageID
	}
	return image, err
}

func (w *work) waitRunning(ctx context.Context, i aws.Instance) (aws.Instance, error) {
	i, err := w.bring(ctx, i.ID, aws.StateRunning)
	if err != nil {
		return i, err
	}
	if w.s.PublicAddr == "" {
		return i, &problem.Error{
			Kind: problem.Refused, Title: "The machine has no public address",
			Text: "The subnet gives its machines no public IPv4 address, so this computer cannot reach it.",
			Next: problem.Say("Turn on \"auto-assign public IPv4 address\" for the subnet in the VPC console, ").Act(naming(problem.Remove, w.s, "this setup")).Say(" and run the guide again."),
		}
	}
	return i, nil
}

// bring has the machine get to a state, and tells how it comes along.
func (w *work) bring(ctx context.Context, id string, want aws.State) (aws.Instance, error) {
	last := aws.State("")
	waiting, cancel := context.WithTimeout(ctx, w.g.cfg.Patience)
	defer cancel()
	i, err := w.region.Bring(waiting, id, want, func(i aws.Instance) {
		if i.State != last {
			last = i.State
			w.doing("%s is %s", id, i.State)
		}
	})
	if err != nil {
		return i, err
	}
	w.see(i)
	return i, w.save()
}

// settleCost writes the price down with the setup, so that later screens know
// it without asking.
func (w *work) settleCost(ctx context.Context) error {
	if w.s.Cost.Known {
		return nil
	}
	p, err := w.region.Prices(ctx, w.s.Answers.Type)
	if err != nil {
		w.doing("The price is unknown: %s", steps.Explain(err).Title)
		return ctx.Err()
	}
	w.s.Cost = steps.CostOf(steps.Prices(p), w.s.Answers.Type, w.s.Answers.DiskGB)
	return w.save()
}

func (w *work) sshAddr() string { return net.JoinHostPort(w.s.PublicAddr, strconv.Itoa(w.s.SSHPort)) }

// lookAfter is after how many failed tries it is looked whether the machine
// still runs: somebody may have stopped it elsewhere.
const lookAfter = 5

// waitSSH waits until the port answers; a machine takes some 20 seconds from
// running to there.
func (w *work) waitSSH(ctx context.Context) error {
	w.doing("Waiting for the SSH server at %s", w.sshAddr())
	waiting, cancel := context.WithTimeout(ctx, w.g.cfg.Patience)
	defer cancel()
	var lastErr, stopped error
	last, tries := "", 0
	err := remote.WaitPort(waiting, w.sshAddr(), func(err error) {
		lastErr = err
		if tries++; tries%lookAfter == 0 {
			if i, err := w.instance(ctx); err == nil && !steps.State(i.State).On() {
				stopped = notRunning(w.s, steps.State(i.State))
				cancel()
				return
			}
		}
		if t := steps.Explain(err).Title; t != last {
			last = t
			w.retrying("Not yet: %s", t)
		}
	})
	switch {
	case stopped != nil:
		return stopped
	case err != nil && ctx.Err() == nil && lastErr != nil:
		return lastErr
	}
	return err
}
