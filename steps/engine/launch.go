package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// launch brings the instance to where its SSH port answers. Everything it
// creates is written into the ledger before: its name, tag or ClientToken
// comes from the setup's ID, so that a run after kill -9 finds it again.
//
// What does not need another's answer is asked for at the same time.
func (r *run) launch(ctx context.Context) (string, error) {
	if r.s.Resources.ClientToken == "" { // else it may be in another one by now
		r.noteAccount(ctx)
	}
	if err := r.names(); err != nil {
		return "", err
	}
	group, err := r.beginGroup(ctx)
	if err != nil {
		return "", err
	}
	if r.s.Resources.InstanceID == "" {
		r.resolved = beside(ctx, r, r.resolve)
	}
	r.beginPrice(ctx)
	if err := r.ensureKey(ctx); err != nil {
		return "", err
	}
	if err := r.takeGroup(ctx, group); err != nil {
		return "", err
	}
	i, err := r.ensureInstance(ctx)
	if err != nil {
		return "", err
	}
	if err := r.pinGivenKey(); err != nil {
		return "", err
	}
	if i, err = r.comeUp(ctx, i.ID); err != nil {
		return "", err
	}
	r.noteAccount(ctx)
	return fmt.Sprintf("%s is running at %s", i.ID, r.s.PublicAddr), nil
}

// group is a security group that lets in this computer.
type group struct {
	id, address string
	network     aws.Network
}

// beginGroup begins to make sure that the group lets in this computer and
// nobody else, but for the notebooks that use this machine's gateway.
func (r *run) beginGroup(ctx context.Context) (*soon[group], error) {
	spec, err := r.groupSpec()
	if err != nil {
		return nil, err
	}
	account, region, at := r.account, r.region, r.where()
	return beside(ctx, r, func(ctx context.Context) (made group, err error) {
		both, asking := errgroup.WithContext(ctx)
		both.Go(func() (err error) { made.address, err = account.MyAddress(asking); return err })
		both.Go(func() (err error) { made.network, err = region.Network(asking, at); return err })
		if err := both.Wait(); err != nil {
			return made, err
		}
		spec.VPC, spec.CIDR = made.network.VPC, cidr(made.address)
		made.id, err = region.EnsureGroup(ctx, spec)
		return made, err
	}), nil
}

// letThisComputerIn makes sure that the group lets in this computer.
func (r *run) letThisComputerIn(ctx context.Context) error {
	begun, err := r.beginGroup(ctx)
	if err != nil {
		return err
	}
	return r.takeGroup(ctx, begun)
}

// takeGroup takes over the group that was begun.
func (r *run) takeGroup(ctx context.Context, begun *soon[group]) error {
	made, err := begun.wait(ctx)
	if err != nil {
		return err
	}
	r.took(made)
	if r.s.Resources.InstanceID == "" {
		r.byHand(steps.StepLaunch)
	}
	r.doing("Security group %s lets in %s", r.s.Resources.GroupID, opens(r.s.Answers.Mode, made.address))
	return r.save()
}

func (t *target) took(g group) {
	t.network, t.s.Resources.GroupID, t.s.MyAddress = g.network, g.id, g.address
}

func (t *target) where() aws.NetworkSpec { return whereIs(t.s) }

// whereIs is the network that the setup's machine is in, or is to be in. Of one
// that another computer launched the answers do not tell.
func whereIs(s *steps.Setup) aws.NetworkSpec {
	if s.Resources.Adopted {
		return aws.NetworkSpec{Subnet: s.Subnet}
	}
	return aws.NetworkSpec{Subnet: s.Answers.Subnet}
}

// ensureGroup makes the group and its rules, and writes nothing down.
func (t *target) ensureGroup(ctx context.Context, address string) error {
	spec, err := t.groupSpec()
	if err != nil {
		return err
	}
	network, err := t.region.Network(ctx, t.where())
	if err != nil {
		return err
	}
	spec.VPC, spec.CIDR = network.VPC, cidr(address)
	id, err := t.region.EnsureGroup(ctx, spec)
	if err != nil {
		return err
	}
	t.took(group{id, address, network})
	return nil
}

// groupSpec is the setup's group, but for its network and this computer's address.
func (t *target) groupSpec() (aws.GroupSpec, error) {
	also, err := t.g.users(t.s)
	return aws.GroupSpec{
		Name: t.s.Resources.GroupName, Description: "jupyter-ec2 " + t.s.Answers.Name,
		Ports: t.s.Answers.Mode.Ports(), Also: also, Tags: t.tags(),
	}, err
}

// ensureInstance finds the setup's instance, starts it when it is stopped, or
// launches it.
func (r *run) ensureInstance(ctx context.Context) (aws.Instance, error) {
	i, err := r.existing(ctx)
	if err != nil {
		return i, err
	}
	switch i.State {
	case "":
		if i, err = r.runInstance(ctx); err == nil && i.State.Ended() {
			// The launch that was asked for again is one that has ended since.
			if err = r.mourn(); err == nil {
				i, err = r.runInstance(ctx)
			}
		}
		return i, err
	case aws.StateStopping:
		r.doing("%s is stopping; it is started again as soon as it has stopped", i.ID)
	case aws.StateStopped:
		r.doing("%s is stopped; starting it", i.ID)
	default:
		r.doing("%s exists and is %s", i.ID, i.State)
	}
	return i, nil
}

// existing finds the instance by its ID, or by the setup's tag where the
// program died between the launch and writing its ID down. A State of "" means
// that there is none.
func (r *run) existing(ctx context.Context) (aws.Instance, error) {
	res := &r.s.Resources
	if res.InstanceID == "" {
		if res.ClientToken == "" {
			return aws.Instance{}, nil
		}
		found, err := r.region.Find(ctx, map[string]string{TagSetup: r.s.ID})
		found = slices.DeleteFunc(found, func(i aws.Instance) bool { return i.State == aws.StateShuttingDown })
		if err != nil || len(found) == 0 {
			// Nothing to be seen may also mean not yet: then the ClientToken
			// makes the next launch the same one.
			return aws.Instance{}, err
		}
		res.InstanceID = found[0].ID
		return found[0], r.save()
	}
	i, err := r.instance(ctx)
	switch {
	case isUnshown(err) && res.ClientToken != "" && r.mayLaunchAgain():
		r.retrying("EC2 does not show %s yet: the same launch is asked for again", res.InstanceID)
		return aws.Instance{}, nil
	case err != nil:
		return i, err
	case i.State.Ended():
		return aws.Instance{}, r.mourn()
	case i.ID != res.InstanceID:
		res.InstanceID = i.ID
		return i, r.save()
	}
	return i, nil
}

// mourn forgets an instance that is gone, so that another one may be launched.
func (r *run) mourn() error {
	res := &r.s.Resources
	r.doing("%s is gone (terminated elsewhere); a new one is launched", res.InstanceID)
	r.s.Done, r.before = map[steps.StepID]time.Time{}, nil
	if res.Adopted { // its group is in the network that it was in
		r.s.Answers.Subnet = r.s.Subnet
		if r.s.Next != nil {
			r.s.Next.Subnet = r.s.Subnet
		}
	}
	r.s.Subnet, r.s.AskAddress = "", false
	res.InstanceID, res.ClientToken, res.ImageID, res.OwnImage, res.UserData, res.HostKey, res.HostKeyMade = "", "", "", false, false, "", false
	res.HostKeyChanging, res.PinnedKey, res.Adopted = false, "", false
	r.s.LaunchAsked, r.s.FirstStart, r.s.LaunchedAt, r.s.StoppedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	r.s.RanBefore, r.s.RanUnseen = 0, false
	return errors.Join(r.save(), r.dropUserData())
}

func (r *run) runInstance(ctx context.Context) (aws.Instance, error) {
	res, a := &r.s.Resources, r.s.Answers
	image, err := r.image(ctx)
	if err != nil {
		return aws.Instance{}, err
	}
	first := res.ClientToken == ""
	if first {
		if err := r.namesake(ctx); err != nil {
			return aws.Instance{}, err
		}
		res.Launches++
		res.ClientToken = fmt.Sprintf("jupyter-ec2-%s-%d", r.s.ID, res.Launches)
		res.ImageID, res.OwnImage = image.ID, isOwn(r.s.Answers, image)
		r.s.Subnet, r.s.AskAddress = r.network.Subnet, r.network.AskAddress
		r.s.LaunchAsked = r.g.cfg.Now().UTC()
		if err := r.makeUserData(); err != nil {
			return aws.Instance{}, err
		}
		if err := r.save(); err != nil {
			return aws.Instance{}, err
		}
	}
	userData, err := r.userData()
	if err != nil {
		return aws.Instance{}, err
	}
	r.doing("Launching %s with %s (%s)", a.Type, image.ID, cmp.Or(image.Name, "Ubuntu "+a.Release))
	i, err := r.region.Launch(ctx, aws.LaunchSpec{
		ClientToken: res.ClientToken, Image: image, Type: a.Type, KeyName: res.KeyPairName,
		GroupIDs: []string{res.GroupID}, Subnet: r.s.Subnet, AskAddress: r.s.AskAddress, DiskGB: a.DiskGB, Tags: r.tags(),
		UserData: userData,
	})
	if err != nil {
		return i, r.refusedLaunch(err, first)
	}
	res.InstanceID = i.ID
	r.observe(i)
	r.doing("EC2 answers: %s, %s", i.ID, i.State)
	return i, r.save()
}

// namesake is an error where a machine of this name may be one whose record
// cannot be used and does not tell its name: the machine's tags do.
func (r *run) namesake(ctx context.Context) error {
	all, err := r.g.ledger.all()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Bad == nil || s.Answers.Name != "" || !validID(s.ID) {
			continue
		}
		found, err := r.region.Find(ctx, map[string]string{TagSetup: s.ID, TagName: r.s.Answers.Name})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			_, err := r.g.ledger.load(s.ID)
			return err
		}
	}
	return nil
}

// refusedLaunch takes the intent back where the first try was refused: nothing
// was launched, so the next one may ask for another type or a newer image. Of
// an earlier try nobody knows what came of it.
func (r *run) refusedLaunch(err error, first bool) error {
	var e *aws.Error
	if !first || !errors.As(err, &e) || !e.NothingDone() {
		return err
	}
	res := &r.s.Resources
	res.ClientToken, res.ImageID, res.OwnImage, res.UserData, res.HostKey, r.s.LaunchAsked = "", "", false, false, "", time.Time{}
	r.s.Subnet, r.s.AskAddress = "", false
	return errors.Join(err, r.save(), r.dropUserData())
}

// resolve finds the image for the setup's type.
func (r *run) resolve(ctx context.Context) (aws.Image, error) {
	kind, err := r.region.Type(ctx, r.s.Answers.Type)
	if err != nil {
		return aws.Image{}, err
	}
	return imageFor(ctx, r.region, r.s.Answers, kind.Arch)
}

// image is the one of the ledger where a launch was already tried: the same
// ClientToken with another image would be refused.
func (r *run) image(ctx context.Context) (image aws.Image, err error) {
	if r.resolved != nil {
		image, err = r.resolved.wait(ctx)
	} else {
		image, err = r.resolve(ctx)
	}
	if err == nil && r.s.Resources.ClientToken != "" && r.s.Resources.ImageID != "" {
		image.ID = r.s.Resources.ImageID
	}
	return image, err
}

// notePrice writes the price down with the setup, so that later screens know
// it without asking.
func (r *run) notePrice(ctx context.Context) error {
	if r.s.Cost.Known {
		return nil
	}
	p, err := r.g.prices(ctx, r.region, r.s.Answers.Region, r.s.Answers.Type)
	if err != nil {
		r.doing("The price is unknown: %s", steps.Explain(err).Title)
		return ctx.Err()
	}
	r.s.Cost = steps.CostOf(p, r.s.Answers.Type, r.s.Answers.DiskGB)
	return r.save()
}
