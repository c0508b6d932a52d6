package machines

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestCopyingShowsHowFarItIsAndCanBeEnded(t *testing.T) {
	held := make(chan struct{})
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: stepstest.Health(), Held: held} }
	})
	r.press("d").until("Download from jupyter").press("enter").until("Name the file").press("out/model.bin", "enter")
	r.until("25 %, 1.4 of 5.7 MiB; esc ends it").until("Downloading out/model.bin  ██████████░░").until("downloading 25 %").press("esc").untilDone().until("ended before it was finished")
	r.press("u").until("Upload to jupyter").press("a.csv", "enter").until("uploading …")
	close(held)
	r.untilDone().until("uploaded 1 file, 5.7 MiB")
	if !slices.Contains(r.e.Asked(), "put s-1 -r a.csv a.csv") {
		t.Errorf("asked for %v", r.e.Asked())
	}
}

// Where a copy goes without a second path is said for its direction.
func TestTheDialogOfACopySaysWhereItGoes(t *testing.T) {
	r := sevenRig(t).press("u").until("same name, in the home folder").press("esc")
	if shown := r.press("d").until("same name, in the current folder").screen(); strings.Contains(shown, "same name, in the home folder") {
		t.Errorf("a download is said to go to the machine:\n%s", shown)
	}
}

// A path of this computer may begin with ~, as in a shell.
func TestCopyingFromTheHomeFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	r := sevenRig(t)
	r.press("u").until("Upload to jupyter").press("~/a.csv", "enter").untilAsked("put s-1 -r " + filepath.Join(home, "a.csv") + " a.csv").untilDone()
	r.press("d").until("Download from").press("~/b.csv", "down", "~/here.csv", "enter").untilAsked("get s-1 -r ~/b.csv " + filepath.Join(home, "here.csv")).untilDone()
}
