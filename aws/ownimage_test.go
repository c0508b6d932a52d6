package aws

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

func imageAnswer(state, more string) reply {
	return ok("DescribeImages", `<imagesSet><item><imageId>ami-0123</imageId><name>jupyter-ec2-s1-1</name><imageState>`+state+`</imageState><imageOwnerId>123456789012</imageOwnerId><isPublic>false</isPublic><architecture>x86_64</architecture><creationDate>2026-11-30T08:00:00.000Z</creationDate><rootDeviceName>/dev/sda1</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><snapshotId>snap-1</snapshotId><volumeSize>12</volumeSize></ebs></item><item><deviceName>/dev/sdb</deviceName><ebs><snapshotId>snap-2</snapshotId><volumeSize>20</volumeSize></ebs></item><item><deviceName>/dev/sdc</deviceName><virtualName>ephemeral0</virtualName></item></blockDeviceMapping>`+more+`</item></imagesSet>`)
}

func TestAnImageIsMadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := regional(t, answers{
			"CreateImage":    inTurn(ok("CreateImage", `<imageId>ami-0123</imageId>`), ec2Error("InvalidAMIName.Duplicate", "AMI name jupyter-ec2-s1-1 is already in use by AMI ami-0123")),
			"DescribeImages": inTurn(imageAnswer("pending", ""), ec2Error("InvalidAMIID.NotFound", "not yet"), imageAnswer("pending", ""), imageAnswer("available", `<tagSet><item><key>jupyter-ec2</key><value>s1</value></item></tagSet>`)),
		})
		ctx := context.Background()
		spec := ImageSpec{InstanceID: "i-1", Name: "jupyter-ec2-s1-1", Description: "Jupyter", Tags: map[string]string{TagSetup: "s1"}}
		first, err := r.CreateImage(ctx, spec)
		again, err2 := r.CreateImage(ctx, spec)
		if err := errors.Join(err, err2); err != nil || first != "ami-0123" || again != first {
			t.Fatalf("%q, then %q: %v", first, again, err)
		}
		wantField(t, w.sent("CreateImage", 0), map[string]string{
			"InstanceId": "i-1", "Name": "jupyter-ec2-s1-1", "NoReboot": "false",
			"TagSpecification.1.ResourceType": "image", "TagSpecification.1.Tag.1.Key": TagSetup, "TagSpecification.2.ResourceType": "snapshot",
		})
		wantField(t, w.sent("DescribeImages", 0), map[string]string{"Owner.1": "self", "Filter.1.Name": "name", "Filter.1.Value.1": "jupyter-ec2-s1-1"})
		looks := 0
		i, err := r.WaitImage(ctx, first, func(Image) { looks++ })
		if err != nil || i.State != ImageAvailable || looks != 2 {
			t.Fatalf("%+v after %d looks: %v", i, looks, err)
		}
		if i.Arch != "amd64" || i.RootGB != 12 || i.DiskGB != 32 || i.Owner != "123456789012" || i.Created.IsZero() || i.Tags[TagSetup] != "s1" || !slices.Equal(i.Snapshots, []string{"snap-1", "snap-2"}) {
			t.Errorf("%+v", i)
		}
	})
}

func TestAnImageThatFailsSaysWhy(t *testing.T) {
	r, _ := regional(t, answers{
		"DescribeImages": always(imageAnswer("failed", `<stateReason><code>Client.InternalError</code><message>Client.InternalError: the disk could not be read</message></stateReason>`)),
	})
	_, err := r.WaitImage(context.Background(), "ami-0123", nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != codeImageFailed || e.Problem().Title != "The image could not be made" {
		t.Fatal(err)
	}
}

func TestAnImageThatIsNotThereIsAnAnswer(t *testing.T) {
	for _, answer := range []reply{ec2Error("InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist"), ec2Error("InvalidAMIID.Malformed", "no"), ok("DescribeImages", "<imagesSet/>")} {
		r, _ := regional(t, answers{"DescribeImages": always(answer)})
		_, err := r.ImageByID(context.Background(), "ami-1")
		var e *Error
		if !errors.As(err, &e) || e.Problem().Title != "There is no such image" {
			t.Error(err)
		}
	}
}

// What is deleted is looked for until it is gone, and asked for again meanwhile.
func TestAnImageIsRemovedUntilItIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there := `<snapshotSet><item><snapshotId>snap-1</snapshotId><status>completed</status></item></snapshotSet>`
		r, w := regional(t, answers{
			"DeregisterImage":   always(ok("DeregisterImage", "<return>true</return>")),
			"DescribeImages":    inTurn(imageAnswer("available", ""), imageAnswer("deregistered", "")),
			"DeleteSnapshot":    inTurn(ok("DeleteSnapshot", "<return>true</return>"), ec2Error("InvalidSnapshot.NotFound", "gone")),
			"DescribeSnapshots": inTurn(ok("DescribeSnapshots", there), ok("DescribeSnapshots", "<snapshotSet/>")),
		})
		ctx := context.Background()
		if err := errors.Join(r.DeregisterImage(ctx, "ami-0123"), r.DeleteSnapshot(ctx, "snap-1")); err != nil {
			t.Fatal(err)
		}
		if w.count("DeregisterImage") != 2 || w.count("DeleteSnapshot") != 2 {
			t.Errorf("asked %d and %d times", w.count("DeregisterImage"), w.count("DeleteSnapshot"))
		}
	})
}

func TestASnapshotInUseIsExplained(t *testing.T) {
	r, _ := regional(t, answers{"DeleteSnapshot": always(ec2Error("InvalidSnapshot.InUse", "The snapshot snap-1 is currently in use by ami-1"))})
	var e *Error
	if err := r.DeleteSnapshot(context.Background(), "snap-1"); !errors.As(err, &e) || e.Problem().Title != "An image still uses this snapshot" {
		t.Fatal(err)
	}
}

// Beside the price of snapshots stand those of archived ones.
func TestSnapshotPrice(t *testing.T) {
	entry := func(usage, price string) string {
		return `{"product":{"attributes":{"usagetype":"` + usage + `"}},"terms":{"OnDemand":{"a":{"priceDimensions":{"b":{"unit":"GB-Mo","beginRange":"0","pricePerUnit":{"USD":"` + price + `"}}}}}}}`
	}
	r, _ := regional(t, answers{"GetProducts": always(products("", entry("EUC1-EBS:SnapshotArchiveStorage", "0.0135"), entry("EUC1-EBS:SnapshotUsage", "0.054"), entry("EUC1-EBS:SnapshotUsageUnderBilling", "0.01")))})
	if price, err := r.SnapshotPrice(context.Background()); err != nil || price != 0.054 {
		t.Errorf("%g: %v", price, err)
	}
}

// The name may be that of another image, which is not the one that is asked for.
func TestAnotherImageOfTheNameIsNoAnswer(t *testing.T) {
	r, _ := regional(t, answers{
		"CreateImage":    always(ec2Error("InvalidAMIName.Duplicate", "AMI name jupyter-ec2-s1-1 is already in use by AMI ami-0123")),
		"DescribeImages": always(imageAnswer("available", `<tagSet><item><key>jupyter-ec2-image</key><value>older</value></item></tagSet>`)),
	})
	spec := ImageSpec{InstanceID: "i-1", Name: "jupyter-ec2-s1-1", Tags: map[string]string{TagImage: "lab"}}
	id, err := r.CreateImage(context.Background(), spec)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Code != "InvalidAMIName.Duplicate" {
		t.Errorf("%q, %v", id, err)
	}
	spec.Tags[TagImage] = "older"
	if id, err = r.CreateImage(context.Background(), spec); err != nil || id != "ami-0123" {
		t.Errorf("%q, %v", id, err)
	}
}
