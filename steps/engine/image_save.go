package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// SaveImage makes an image of a running machine, and has the machine work again
// as before. Nothing that was secret on the machine is in the image, and
// nothing that may be left of it in the disk's free blocks is of use to
// anybody: the server gets a new token and a new certificate afterwards.
func (g *Guide) SaveImage(ctx context.Context, setupID string, w steps.ImageWish, emit func(steps.Event)) (steps.Image, error) {
	var made steps.Image
	err := g.operate(ctx, setupID, steps.StepImage, "Make an image of", emit, func(ctx context.Context, r *run) (string, error) {
		i, err := r.saveImage(ctx, w)
		if err != nil {
			return "", r.imageStopped(ctx, i, err)
		}
		price, _ := r.region.SnapshotPrice(ctx) // without one the cost is unknown
		made = imageAt(steps.Place{Profile: r.s.Answers.Profile, Region: r.s.Answers.Region}, i, price)
		return fmt.Sprintf("the image %s (%s) is ready", made.Name, made.ID), nil
	})
	return made, err
}

// saveImage returns the image as it was last seen even when it fails, where EC2
// has begun it.
func (r *run) saveImage(ctx context.Context, w steps.ImageWish) (aws.Image, error) {
	state, err := r.state(ctx)
	if err == nil && state != steps.StateRunning {
		err = notRunning(r.s, state)
	}
	if err != nil {
		return aws.Image{}, err
	}
	if _, err := r.connect(ctx); err != nil {
		return aws.Image{}, err
	}
	if err := r.probeBegun(ctx); err != nil {
		return aws.Image{}, err
	}
	if begun := r.s.Saving; begun != nil {
		r.doing("An image that was begun and not finished, %s, is finished first", begun.Name)
		if err := r.endImage(ctx); err != nil {
			return aws.Image{}, err
		}
		if begun.Name == w.Name && begun.ImageID != "" {
			return r.awaitImage(ctx, begun.ImageID)
		}
		// It was put aside, and so in no list that somebody was shown since.
		w.LeaveOut = append(slices.Clone(w.LeaveOut), begun.LeaveOut...)
	}
	there, err := r.region.OwnImages(ctx)
	if err != nil {
		return aws.Image{}, err
	}
	for _, i := range there {
		if i.State == aws.ImagePending && ownName(i) == w.Name && i.Tags[TagSetup] == r.s.ID {
			r.doing("EC2 is making that image already")
			return r.awaitImage(ctx, i.ID)
		}
	}
	if err := steps.NameForImage(w.Name, listOf(there, func(i aws.Image) steps.Image { return imageAt(steps.Place{}, i, 0) })); err != nil {
		return aws.Image{}, err
	}
	id, err := r.makeImage(ctx, w)
	if err != nil {
		return aws.Image{}, err
	}
	if err := r.endImage(ctx); err != nil {
		return aws.Image{ID: id}, err
	}
	return r.awaitImage(ctx, id)
}

// probeBegun is probe for a machine that EC2 may restart at any moment, for an
// image that was begun.
func (r *run) probeBegun(ctx context.Context) error {
	err := r.probe(ctx)
	var lost *remote.Error
	if r.s.Saving == nil || !errors.As(err, &lost) || !lost.Again() {
		return err
	}
	if err := r.backAgain(ctx); err != nil {
		return err
	}
	return r.probe(ctx)
}

// makeImage makes the machine ready and asks EC2 for the image. Whatever
// fails, the machine is put back.
func (r *run) makeImage(ctx context.Context, w steps.ImageWish) (id string, err error) {
	// A part of the name is random: another computer's ledger of the same machine
	// never asks under it.
	s := &steps.Saving{Name: w.Name, EC2Name: "jupyter-ec2-" + r.s.ID + "-" + newID(), NoReboot: w.NoReboot, LeaveOut: w.LeaveOut}
	key := jupyter.ImageKey()
	if err := writePrivate(r.g.imageKeyPath(r.s.ID), []byte(key)); err != nil {
		return "", err
	}
	pinned, err := r.g.hostKeys().Lookup(r.s.Resources.InstanceID)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(pinned, func(k remote.Key) bool { return k.Type == "ssh-ed25519" }); i >= 0 {
		s.HostKey = pinned[i].Line
	}
	r.s.Saving = s
	if err := r.save(); err != nil {
		return "", err
	}
	r.doing("Stopping the server, and taking its token, its certificate, logs and what is left out off the disk")
	s.Boot, err = jupyter.CleanForImage(ctx, r.client, r.facts, jupyter.CleanSpec{InstanceID: r.s.Resources.InstanceID, LeaveOut: w.LeaveOut, Key: key})
	if err == nil {
		s.Asked = r.g.cfg.Now().UTC()
		err = r.save()
	}
	if err == nil {
		r.byHand(steps.StepImage)
		r.doing("%s", asking(s))
		s.ImageID, err = r.region.CreateImage(ctx, aws.ImageSpec{
			InstanceID: r.s.Resources.InstanceID, Name: s.EC2Name, NoReboot: s.NoReboot, Tags: r.imageTags(s),
			Description: "Made of " + r.s.Answers.Name + " by jupyter-ec2",
		})
	}
	if err == nil {
		return s.ImageID, r.save()
	}
	if refused := (*aws.Error)(nil); errors.As(err, &refused) && refused.NothingDone() {
		s.Asked = time.Time{}
	}
	if ctx.Err() != nil { // the person stopped it: the next run puts it back
		return "", err
	}
	r.retrying("No image was made; the machine is put back as it was")
	return "", errors.Join(err, r.endImage(ctx))
}

func asking(s *steps.Saving) string {
	if s.NoReboot {
		return "Asking EC2 for the image; the machine keeps running, without its server"
	}
	return "Asking EC2 for the image, which restarts the machine"
}

func (r *run) imageTags(s *steps.Saving) map[string]string {
	tags := r.tags()
	tags["Name"], tags[aws.TagImage] = "jupyter-ec2 "+s.Name, s.Name
	if r.s.Answers.Release != "" {
		tags[aws.TagRelease] = r.s.Answers.Release
	}
	return tags
}

// endImage has the machine work again as before.
func (r *run) endImage(ctx context.Context) error {
	if err := r.settleImage(ctx); err != nil {
		return err
	}
	if r.s.ServerPort == 0 {
		return nil
	}
	_, err := r.serve(ctx)
	return err
}

// settleImage puts back what was taken off the machine for an image, once its
// disk is copied, and forgets the image. The run is connected. Where nothing is
// to be put back, nothing happens.
func (r *run) settleImage(ctx context.Context) error {
	s := r.s.Saving
	if s == nil {
		return nil
	}
	if err := r.findImage(ctx); err != nil {
		return err
	}
	if s.ImageID != "" {
		if err := r.awaitCopied(ctx); err != nil {
			return err
		}
	}
	if err := r.connected(ctx); err != nil {
		return err
	}
	key, err := os.ReadFile(r.g.imageKeyPath(r.s.ID))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the key of what was left out of the image: %w", err)
	}
	if err := jupyter.RestoreAfterImage(ctx, r.client, r.facts, strings.TrimSpace(string(key))); err != nil {
		return err
	}
	if len(s.LeaveOut) > 0 {
		r.doing("What was left out of the image is back on the machine")
	}
	if err := r.replaceHostKey(ctx, s); err != nil {
		return err
	}
	// What may be left of them in the disk's free blocks no longer opens anything.
	for _, f := range []string{r.g.ledger.file("tokens", r.s.ID), r.g.certPath(r.s.ID), r.g.ledger.file("certs", r.s.ID+".key")} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the server's secrets, which are made again: %w", err)
		}
	}
	r.s.Saving = nil
	if err := r.save(); err != nil {
		return err
	}
	if err := os.Remove(r.g.imageKeyPath(r.s.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the image's key: %w", err)
	}
	return nil
}

// imageKeyPath is where the key of what is left out of an image is, while the
// image is made.
func (g *Guide) imageKeyPath(id string) string { return g.ledger.file("tokens", id+".image") }

// unshownImage is how long EC2 may not show an image that it was asked for:
// within it, nobody knows whether the request arrived.
const unshownImage = time.Minute

// findImage looks for an image that may have been asked for by a run that did
// not hear the answer.
func (r *run) findImage(ctx context.Context) error {
	s := r.s.Saving
	for s.ImageID == "" && !s.Asked.IsZero() {
		i, err := r.region.ImageNamed(ctx, s.EC2Name)
		if err != nil {
			return err
		}
		if i.ID != "" && ownName(i) == s.Name {
			s.ImageID = i.ID
			return r.save()
		}
		if r.g.cfg.Now().After(s.Asked.Add(r.g.scaled(steps.Limit(unshownImage)))) {
			return nil
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
	return nil
}

// awaitCopied waits until the machine's disk, as it was, is in the image: EC2
// has restarted the machine, or it has finished the image.
func (r *run) awaitCopied(ctx context.Context) error {
	s, began, shown := r.s.Saving, r.g.cfg.Now(), false
	for {
		i, err := r.region.ImageByID(ctx, s.ImageID)
		var e *aws.Error
		switch {
		case errors.As(err, &e) && e.Code == codeNoSuchImage:
			if shown || r.g.cfg.Now().After(began.Add(r.g.scaled(steps.Limit(unshownImage)))) {
				return nil // somebody removed it
			}
		case err != nil:
			return err
		case i.State != aws.ImagePending:
			return nil
		}
		shown = shown || err == nil
		if !s.NoReboot && s.Boot != "" {
			if boot, err := jupyter.BootID(ctx, r.client); err == nil && boot != s.Boot {
				r.doing("The machine has restarted; EC2 copies its disk meanwhile")
				return nil
			}
			if err := r.connected(ctx); err != nil {
				return err
			}
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// codeNoSuchImage is package aws's own.
const codeNoSuchImage = "NoSuchImage"

// connected makes the run's connection again where it was lost.
func (r *run) connected(ctx context.Context) error {
	select {
	case <-r.client.Done():
	default:
		return nil
	}
	return r.backAgain(ctx)
}

// backAgain logs in to a machine that went down.
func (r *run) backAgain(ctx context.Context) error {
	r.doing("It went down; waiting until it is back")
	if err := r.waitSSH(ctx); err != nil {
		return err
	}
	_, err := r.connect(ctx)
	return err
}

// awaitImage waits until machines can be launched from an image.
func (r *run) awaitImage(ctx context.Context, id string) (aws.Image, error) {
	told := false
	i, err := r.region.WaitImage(ctx, id, func(i aws.Image) {
		if i.State == aws.ImagePending && !told {
			told = true
			r.doing("EC2 is copying the disk, which takes some minutes; the machine works meanwhile")
		}
	})
	i.ID = id
	return i, err
}

// fromImage takes what is the first machine's off one that was launched from
// an image of this program's. It happens once.
func (r *run) fromImage(ctx context.Context) error {
	if r.s.Answers.Image == "" || r.s.Finished(steps.StepServe) {
		return nil
	}
	key, err := r.g.signer(ctx, r.s)
	if err != nil {
		return err
	}
	return jupyter.FreshFromImage(ctx, r.client, r.facts, r.s.Resources.InstanceID, remote.PublicKey(key))
}
