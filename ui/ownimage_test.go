package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// withImages has three images of the user's own; one of them is not ready, and
// one is for another processor.
func withImages(e *stepstest.Engine) {
	at := steps.Place{Profile: "default", Region: "eu-central-1"}
	image := func(name, id, arch, state string, gb int) steps.Image {
		return steps.Image{
			At: at, ID: id, Name: name, Release: "22.04", Arch: arch, State: state, RootGB: gb, DiskGB: gb, Created: stepstest.Now().Add(-48 * time.Hour),
		}
	}
	e.Has.Images = []steps.Image{
		image("lab", "ami-0123456789abcdef0", "amd64", "available", 20), image("soon", "ami-0123456789abcdef1", "amd64", "pending", 8),
		image("graviton", "ami-0123456789abcdef2", "arm64", "available", 8),
	}
}

// The user's own images stand below Ubuntu's, and one that is chosen brings its
// release and a disk that is large enough.
func TestOwnImageIsChosen(t *testing.T) {
	e := stepstest.New()
	withImages(e)
	r := toMachine(newRig(t, e)).until("graviton")
	if strings.Contains(r.screen(), "soon") {
		t.Errorf("an image that is not ready is offered:\n%s", r.screen())
	}
	r.press("shift+tab", "right", "right").until("◉ lab")
	if shown := r.screen(); !strings.Contains(shown, "Disk    20") || !strings.Contains(shown, "describe-images") {
		t.Errorf("the disk or the command does not follow:\n%s", shown)
	}
	r.press("enter").until("New ed25519 key").press("enter").until("Installer").press("enter").until("an hour")
	if a := e.Reviewed()[0]; a.Image != "ami-0123456789abcdef0" || a.Release != "22.04" || a.DiskGB != 20 {
		t.Errorf("reviewed: %+v", a)
	}
}

func TestOwnImageOfAnotherProcessor(t *testing.T) {
	e := stepstest.New()
	withImages(e)
	r := toMachine(newRig(t, e)).until("graviton").click("graviton").press("enter").until("is made for arm64")
	r.click("24.04").press("enter").until("New ed25519 key")
	r.press("enter").until("Installer").press("enter").until("an hour")
	if a := e.Reviewed()[0]; a.Image != "" || a.Release != "24.04" {
		t.Errorf("reviewed: %+v", a)
	}
}
