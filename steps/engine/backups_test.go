package engine_test

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What makes backups copies the tags of a machine and its volumes to them. They
// are not this program's.
func TestBackupsAreLeftAlone(t *testing.T) {
	w := newWorld(t, noHosts)
	at := steps.Place{Region: "us-east-1"}
	r := w.in(at.Region)
	i := w.launchIn(at.Region, "gone")
	backup := func(name string) aws.Image {
		t.Helper()
		id, err := r.CreateImage(t.Context(), aws.ImageSpec{InstanceID: i.ID, Name: name, Tags: tagsOf("gone")})
		if err != nil {
			t.Fatal(err)
		}
		made, err := r.WaitImage(t.Context(), id, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	image, volume := backup("backup of the machine"), backup("backup of the volume")
	if err := r.DeregisterImage(t.Context(), volume.ID); err != nil {
		t.Fatal(err)
	}
	found, _ := w.swept()
	if len(found) != 1 || found[i.ID].Kind != "instance" {
		t.Errorf("left over: %+v", found)
	}
	if all, err := w.Guide().ImagesIn(t.Context(), at); err != nil || len(all) != 0 {
		t.Errorf("images: %+v, %v", all, err)
	}
	// Those that were listed as leftovers before they are removed stay as well.
	err := w.Guide().Clear(t.Context(), []steps.Leftover{
		{At: at, Kind: "image", ID: image.ID, SetupID: "gone"}, {At: at, Kind: "snapshot", ID: volume.Snapshots[0], SetupID: "gone"},
	}, silent)
	if err != nil {
		t.Fatal(err)
	}
	if still, err := r.ImageByID(t.Context(), image.ID); err != nil || still.State != aws.ImageAvailable {
		t.Errorf("the backup of the machine: %+v, %v", still, err)
	}
	if !slices.Contains(w.Cloud.Snapshots(), volume.Snapshots[0]) {
		t.Error("the backup of the volume is removed")
	}
	if err := w.Guide().RemoveImage(t.Context(), steps.Image{At: at, ID: image.ID}, silent); title(err) != "There is no such image of yours" {
		t.Errorf("removed: %v", err)
	}
}
