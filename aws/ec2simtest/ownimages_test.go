package ec2simtest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// diskHosts note which disks they are to keep.
type diskHosts struct {
	fakeHosts
	saving chan struct{} // SaveDisk waits for it, where it is set
	broken error
}

func (h *diskHosts) SaveDisk(_ context.Context, _, _ string, running bool) error {
	if h.saving != nil {
		<-h.saving
	}
	call := "save"
	if running {
		call = "save running"
	}
	return errors.Join(h.broken, h.note(call))
}

func (h *diskHosts) DropDisk(context.Context, string) error { return h.note("drop") }

func createImage(t *testing.T, cl *ec2.Client, id, name string) string {
	t.Helper()
	return *must[*ec2.CreateImageOutput](t)(cl.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: &id, Name: &name})).ImageId
}

func describeImage(t *testing.T, cl *ec2.Client, id string) types.Image {
	t.Helper()
	return must[*ec2.DescribeImagesOutput](t)(cl.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{id}})).Images[0]
}

// An image is pending while its disk is copied, a machine that is launched from
// it begins with the copy, and the copy goes with the snapshot.
func TestOwnImages(t *testing.T) {
	h := &diskHosts{saving: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "cloud.json")
	c := open(t, ec2sim.Options{Hosts: h, StatePath: path})
	cl, ctx := ec2Client(c, "us-east-1"), t.Context()
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	waitState(t, cl, id, types.InstanceStateNameRunning)
	image := createImage(t, cl, id, "lab")
	before := describeImage(t, cl, image)
	if before.State != types.ImageStatePending {
		t.Errorf("it is %s", before.State)
	}
	in := runInput(t, cl, "y")
	in.ImageId = &image
	if _, err := cl.RunInstances(ctx, in); err == nil {
		t.Error("a machine is launched from an image that is pending")
	}
	close(h.saving)
	for describeImage(t, cl, image).State == types.ImageStatePending {
		waitState(t, cl, id, types.InstanceStateNameRunning)
	}
	snapshot := *describeImage(t, cl, image).BlockDeviceMappings[0].Ebs.SnapshotId
	second := *launch(t, cl, in).InstanceId
	waitState(t, cl, second, types.InstanceStateNameRunning)
	if s := h.specs[1]; s.Snapshot != snapshot {
		t.Errorf("the second machine begins with %q, and the image's snapshot is %s", s.Snapshot, snapshot)
	}
	if s := h.specs[0]; s.Snapshot != "" {
		t.Errorf("the first machine begins with %q", s.Snapshot)
	}
	if all := c.Snapshots(); len(all) != 1 || all[0] != snapshot {
		t.Errorf("snapshots: %v", all)
	}
	if _, err := cl.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot}); err == nil {
		t.Error("a snapshot is deleted that an image needs")
	}
	must[*ec2.DeregisterImageOutput](t)(cl.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &image}))
	must[*ec2.DeleteSnapshotOutput](t)(cl.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshot}))
	h.want(t, "launch", "save", "launch", "drop")
}

func TestAnImageWhoseDiskIsNotCopied(t *testing.T) {
	h := &diskHosts{broken: errors.New("the disk is full")}
	c := open(t, ec2sim.Options{Hosts: h})
	cl := ec2Client(c, "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	waitState(t, cl, id, types.InstanceStateNameRunning)
	name := "lab"
	image := *must[*ec2.CreateImageOutput](t)(cl.CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: &id, Name: &name, NoReboot: awssdk.Bool(true)})).ImageId
	for describeImage(t, cl, image).State == types.ImageStatePending {
		waitState(t, cl, id, types.InstanceStateNameRunning)
	}
	if i := describeImage(t, cl, image); i.State != types.ImageStateFailed || i.StateReason == nil || *i.StateReason.Message != "the disk is full" {
		t.Errorf("%+v", i)
	}
	h.want(t, "launch", "save running")
}
