package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Images looks for the user's own images in all regions.
func (g *Guide) Images(ctx context.Context, profile string, each func(steps.ImagesFound)) error {
	setups, err := g.ledger.good()
	if err != nil {
		return err
	}
	t := &tally[steps.ImagesFound]{each: each, count: func(f *steps.ImagesFound, done, of int) { f.Done, f.Of = done, of }}
	g.everywhere(ctx, profile, setups, t.more, func(a *accountSetups, region string) {
		f := steps.ImagesFound{At: steps.Place{Profile: a.profile, Region: region}}
		within, cancel := context.WithTimeout(ctx, sweepWithin)
		defer cancel()
		f.Images, f.Err = imagesIn(within, f.At, a.cloud.In(region))
		if a.trouble() != nil { // which is told once
			f.Err, f.Silent = nil, true
		}
		t.answer(f)
	}, func(a *accountSetups, err error) {
		t.answer(steps.ImagesFound{At: steps.Place{Profile: a.profile}, Err: err})
	})
	return ctx.Err()
}

// ImagesIn lists the user's own images in one region, newest first.
func (g *Guide) ImagesIn(ctx context.Context, at steps.Place) ([]steps.Image, error) {
	r, err := g.region(ctx, at)
	if err != nil {
		return nil, err
	}
	return imagesIn(ctx, at, r)
}

func imagesIn(ctx context.Context, at steps.Place, r CloudRegion) ([]steps.Image, error) {
	found, err := r.OwnImages(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	price, _ := r.SnapshotPrice(ctx) // without one the cost is unknown
	all := listOf(found, func(i aws.Image) steps.Image { return imageAt(at, i, price) })
	slices.SortStableFunc(all, func(a, b steps.Image) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// imageAt is an image as a front end sees it. Its tags are text from elsewhere.
func imageAt(at steps.Place, i aws.Image, price float64) steps.Image {
	out := steps.Image{
		At: at, ID: i.ID, Name: safe.Clean(cmp.Or(i.Tags[aws.TagImage], i.Name)), SetupID: safe.Clean(i.Tags[TagSetup]), Setup: safe.Clean(i.Tags[TagName]),
		Release: safe.Clean(i.Tags[aws.TagRelease]), Arch: i.Arch, State: i.State, Reason: safe.Clean(i.Reason),
		RootGB: i.RootGB, DiskGB: i.DiskGB, Created: i.Created, Snapshots: i.Snapshots,
	}
	out.MonthCost, out.CostKnown = price*float64(i.DiskGB), price > 0 && i.DiskGB > 0
	return out
}

// RemoveImage removes an image of the user's own, and then its snapshots. What
// is gone already is no error; a snapshot that a killed removal left is found
// by a sweep.
func (g *Guide) RemoveImage(ctx context.Context, i steps.Image, emit func(steps.Event)) error {
	t := &teller{g: g, setup: i.SetupID, step: steps.StepImage, emit: emit}
	r, err := g.region(ctx, i.At)
	if err != nil {
		return err
	}
	return t.during("Remove the image "+i.Name, func() (string, error) {
		within, cancel := context.WithTimeout(ctx, g.cfg.Patience)
		defer cancel()
		owned, err := r.OwnImages(within)
		if err != nil {
			return "", err
		}
		at := slices.IndexFunc(owned, func(o aws.Image) bool { return o.ID == i.ID })
		if at < 0 {
			return "", imageNotOurs(i)
		}
		unlock, err := g.lockMaker(owned[at])
		if err != nil {
			return "", err
		}
		defer unlock()
		for _, line := range steps.ManualRemoveImage(i, owned[at].Snapshots) {
			t.say(steps.ByHand, line)
		}
		if err := removeImage(within, r, i.ID, owned[at].Snapshots); err != nil {
			return "", err
		}
		return i.Name + " is removed; machines that were launched from it stay", nil
	})
}

// lockMaker is an error while another program makes the image, and has none
// begin to work on it.
func (g *Guide) lockMaker(i aws.Image) (unlock func(), err error) {
	setups, err := g.ledger.good()
	if err != nil {
		return nil, err
	}
	for _, s := range setups {
		begun := s.Saving != nil && (s.Saving.ImageID == i.ID || s.Saving.EC2Name == i.Name)
		if s.ID == i.Tags[TagSetup] && (begun || i.State == aws.ImagePending) {
			return g.ledger.lock(s.ID)
		}
	}
	return func() {}, nil
}

// removeImage removes an image and its snapshots, which are free only after it.
func removeImage(ctx context.Context, r CloudRegion, id string, snapshots []string) error {
	if err := r.DeregisterImage(ctx, id); err != nil {
		return err
	}
	for _, s := range snapshots {
		if err := r.DeleteSnapshot(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func imageNotOurs(i steps.Image) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "There is no such image of yours",
		Text: fmt.Sprintf("%s in %s no longer exists, or is not tagged as this program's: nothing was removed.", cmp.Or(i.ID, i.Name), i.At.Region),
		Next: problem.Say("Remove images of other programs in the EC2 console."),
	}
}
