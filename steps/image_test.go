package steps

import (
	"strings"
	"testing"
)

func imageAnswers() Answers {
	return Answers{
		Name: "lab", Profile: "work", Region: "eu-central-1", Release: "24.04", Image: "ami-0123456789abcdef0", Type: "t3.micro", DiskGB: 20,
		Key: KeyAnswer{Source: KeyMadeHere}, Mode: ModeSSH, Installer: InstallerUV,
	}
}

func TestAnImageIsAnAnswer(t *testing.T) {
	a := imageAnswers()
	if err := a.Valid(); err != nil {
		t.Error(err)
	}
	a.Release = "" // one that is not known to be an Ubuntu
	if err := a.Valid(); err != nil {
		t.Error(err)
	}
	for _, image := range []string{"ami-", "ami-xyz", "lab", "ami-0123456789abcdef0 ", "snap-0123456789abcdef0", "ami-0123456789abcdef0123"} {
		if a.Image = image; a.Valid() == nil {
			t.Errorf("%q is an image", image)
		}
	}
	for name, may := range map[string]bool{"lab": true, "lab-2": true, "ami-lab": false, "Lab": false, "": false, "2lab": false} {
		if ValidImageName(name) != may {
			t.Errorf("an image may be called %q: %t", name, !may)
		}
	}
}

// An image is of one region of one account: a new machine elsewhere does not
// start from it, nor one whose release is chosen.
func TestTheLastImage(t *testing.T) {
	last := imageAnswers()
	for name, c := range map[string]struct {
		given Answers
		want  string
	}{
		"the same place":    {Answers{}, last.Image},
		"named again":       {Answers{Profile: "work", Region: "eu-central-1"}, last.Image},
		"another region":    {Answers{Region: "us-east-1"}, ""},
		"another account":   {Answers{Profile: "home"}, ""},
		"a release":         {Answers{Release: "22.04"}, ""},
		"another image":     {Answers{Image: "ami-00000000000000001"}, "ami-00000000000000001"},
		"an image far away": {Answers{Region: "us-east-1", Image: "ami-00000000000000001"}, "ami-00000000000000001"},
	} {
		if got := c.given.Over(last).Image; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheImageByHand(t *testing.T) {
	a := imageAnswers()
	said := strings.Join(append(Manual(StepMachine, a, nil), Manual(StepLaunch, a, nil)...), "\n")
	for _, want := range []string{"describe-images --image-ids ami-0123456789abcdef0", "run-instances --image-id ami-0123456789abcdef0"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	s := &Setup{Answers: a, Saving: &Saving{EC2Name: "jupyter-ec2-id-1", NoReboot: true}, Resources: Resources{InstanceID: "i-1"}}
	if said := Manual(StepImage, a, s)[0]; said != "aws --profile work --region eu-central-1 ec2 create-image --instance-id i-1 --name jupyter-ec2-id-1 --no-reboot" {
		t.Error(said)
	}
}
