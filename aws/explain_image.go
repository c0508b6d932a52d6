package aws

import "github.com/jupyter-ec2/jupyter-ec2/steps/problem"

// imageWords are for images of the user's own, and for those that are named by
// their ID.
func (e *Error) imageWords() (words, bool) {
	switch e.Code {
	case codeNoSuchImage:
		return words{
			problem.Answers, "There is no such image",
			e.said("The image is not in " + e.here() + ", or is not shared with your account: an image is of one region only."),
			problem.Do(problem.ChooseImage).Say(", or ").Act(problem.ChooseRegion.Of("the region that it is in")).Say("."),
		}, true
	case codeImageFailed:
		return words{
			problem.Failed, "The image could not be made",
			"EC2 began the image and gave it up: " + e.Message + ".",
			problem.Say("Remove what is left of it, then make it again."),
		}, true
	case "InvalidAMIName.Duplicate":
		return words{
			problem.Answers, "There is an image of this name",
			e.said("An account has each name once in a region."),
			problem.Say("Give the new image another name, or remove the old one first."),
		}, true
	case "InvalidSnapshot.InUse":
		return words{
			problem.Failed, "An image still uses this snapshot",
			e.said("It was not possible to " + e.Doing + "."),
			problem.Say("Remove the image first, then retry."),
		}, true
	}
	return words{}, false
}
