package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// flagImage takes --image: a release of Ubuntu, an image's ID, or the name of
// one of the user's own.
func (a *answering) flagImage(base *steps.Answers) {
	base.Image = ""
	switch given := a.o.image; {
	case steps.ReleaseFor(given).Version != "":
		base.Release = given
	case steps.ValidImageID(given):
		base.Image = given
	case steps.ValidImageName(given):
		a.image = given
	default:
		base.Release = given // which is said to be none
	}
}

// ownImage completes the answers with what is known of the image that
// --image names, where it is one of the user's own.
func (a *answering) ownImage(ctx context.Context, at steps.Place, base *steps.Answers) error {
	if a.image == "" && base.Image == "" || !a.o.given("image") {
		return nil
	}
	all, err := a.engine.ImagesIn(ctx, at)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(i steps.Image) bool { return i.ID == base.Image || a.image != "" && i.Name == a.image })
	switch {
	case i < 0 && a.image != "":
		return a.noImage(all, at)
	case i < 0: // another's: the review says what it is
		return nil
	}
	base.Image = all[i].ID
	if steps.ReleaseFor(all[i].Release).Version != "" {
		base.Release = all[i].Release
	}
	if !a.o.given("disk") && base.DiskGB < all[i].RootGB {
		base.DiskGB = all[i].RootGB
	}
	return nil
}

func (a *answering) noImage(all []steps.Image, at steps.Place) error {
	names := steps.ReleaseVersions()
	for _, i := range all {
		names = append(names, i.Name)
	}
	return &usageError{
		text: fmt.Sprintf("%q is no Ubuntu release, and no image of yours in %s", a.image, at.Region),
		next: meant(wording.Nearest(a.image, names), "See "+imageList([]bool{a.engine.Sandboxed()})+" for your images, and in which region they are."),
	}
}

// imageWords are the Ubuntu releases, and the user's own images.
func imageWords(ctx context.Context, c completing) ([]string, error) {
	words := steps.ReleaseVersions()
	if c.asleep(ctx) {
		return words, nil
	}
	region := c.region
	if region == "" {
		account, err := c.engine.SignIn(ctx, c.profile)
		if err != nil {
			return words, nil
		}
		region = account.Home
	}
	own, err := c.engine.ImagesIn(ctx, steps.Place{Profile: c.profile, Region: region})
	if err != nil {
		return words, nil
	}
	for _, i := range own {
		if i.Ready() {
			words = append(words, cobra.CompletionWithDesc(i.Name, imageDetail(i)))
		}
	}
	return words, nil
}
