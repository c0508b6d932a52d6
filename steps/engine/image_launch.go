package engine

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// imageFor finds the image that the answers name, for a processor: the one
// that was chosen, or Ubuntu's newest of the release.
func imageFor(ctx context.Context, r CloudRegion, a steps.Answers, arch string) (aws.Image, error) {
	if a.Image == "" {
		return r.Image(ctx, a.Release, arch)
	}
	i, err := r.ImageByID(ctx, a.Image)
	if err != nil {
		return i, err
	}
	i.Release = a.Release
	return i, usableImage(i, a, arch)
}

// usableImage is why a machine cannot be launched from an image as asked.
func usableImage(i aws.Image, a steps.Answers, arch string) error {
	title := cmp.Or(ownName(i), i.ID)
	switch {
	case i.State == aws.ImagePending:
		return &problem.Error{
			Kind: problem.Answers, Title: "The image is not ready yet",
			Text: fmt.Sprintf("EC2 is still copying the disk of %s.", title),
			Next: problem.Say("Wait some minutes, then ").Do(problem.Retry).Say("."),
		}
	case i.State != aws.ImageAvailable:
		return &problem.Error{
			Kind: problem.Answers, Title: "The image cannot be used",
			Text: fmt.Sprintf("%s is %s. %s", title, i.State, safe.Clean(i.Reason)),
			Next: problem.Do(problem.ChooseImage).Say("."),
		}
	case i.Arch != arch:
		return &problem.Error{
			Kind: problem.Answers, Title: "The image is for another processor",
			Text: fmt.Sprintf("%s is made for %s, and %s is %s.", title, i.Arch, a.Type, arch),
			Next: problem.Act(problem.ChooseType.Of("a type with " + i.Arch)).Say(", or ").Do(problem.ChooseImage).Say("."),
		}
	case a.DiskGB < i.RootGB:
		return &problem.Error{
			Kind: problem.Answers, Title: "The disk is smaller than the image's",
			Text: fmt.Sprintf("%s is of a disk of %d GB, and a machine's cannot be smaller.", title, i.RootGB),
			Next: problem.Act(problem.ChooseDisk.Of(fmt.Sprintf("a disk of %d GB or more", i.RootGB))).Say("."),
		}
	}
	return nil
}

// ownName is the name that an image of the user's own was given.
func ownName(i aws.Image) string { return safe.Clean(i.Tags[aws.TagImage]) }

// isOwn reports whether the image was made of a machine by this program.
func isOwn(a steps.Answers, i aws.Image) bool { return a.Image != "" && ownName(i) != "" }

// imageTitle is what a machine is launched from, for the review.
func imageTitle(a steps.Answers, i aws.Image) string {
	if a.Image == "" {
		return "Ubuntu " + a.Release
	}
	if name := ownName(i); name != "" {
		return fmt.Sprintf("image %s (%s)", name, a.Image)
	}
	return "image " + a.Image
}

// imageWithID is imageTitle that always tells the ID.
func imageWithID(a steps.Answers, i aws.Image) string {
	if a.Image == "" {
		return fmt.Sprintf("Ubuntu %s (%s)", a.Release, i.ID)
	}
	return imageTitle(a, i)
}

// imageWarnings are what is worth knowing of an image that is not Ubuntu's own.
func (p *preflight) imageWarnings() []string {
	i := p.image
	if p.answers.Image == "" || i.ID == "" {
		return nil
	}
	var w []string
	name := safe.Clean(i.Name)
	switch {
	case i.Owner == "" || p.owner == "":
	case i.Owner != p.owner && i.Public:
		w = append(w, fmt.Sprintf("The image %s (%s) is a public one of the account %s: whoever made it decides what runs on the machine.", i.ID, name, i.Owner))
	case i.Owner != p.owner:
		w = append(w, fmt.Sprintf("The image %s (%s) is of the account %s, which shares it with yours: whoever made it decides what runs on the machine.", i.ID, name, i.Owner))
	}
	if i.Tags[TagSetup] == "" {
		w = append(w, "This program did not make the image: it must be an Ubuntu, or another system with the login "+user+", cloud-init and python3.")
	}
	if i.Owner == p.owner && i.Public {
		w = append(w, "The image "+i.ID+" is public: everybody can launch it and read what is on it.")
	}
	return w
}
