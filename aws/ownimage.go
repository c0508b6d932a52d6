package aws

import (
	"context"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithytime "github.com/aws/smithy-go/time"
)

// The states of an image.
const (
	ImagePending   = string(types.ImageStatePending)
	ImageAvailable = string(types.ImageStateAvailable)
)

// CreateImage makes an image of an instance's disks, and returns its ID while
// it is still pending. EC2 restarts the instance for it unless noReboot is
// set. A name is an account's only once in a region, so that the same request
// never makes a second image: the one that is there is the answer, if it was
// tagged as the same image of this program's.
func (r *Regional) CreateImage(ctx context.Context, s ImageSpec) (string, error) {
	doing := "make an image of the instance " + s.InstanceID
	out, err := r.ec2.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: sdk.String(s.InstanceID), Name: sdk.String(s.Name), Description: sdk.String(s.Description), NoReboot: sdk.Bool(s.NoReboot),
		TagSpecifications: tagSpecs(s.Tags, types.ResourceTypeImage, types.ResourceTypeSnapshot),
	})
	if codeOf(err) == "InvalidAMIName.Duplicate" {
		there, lookErr := r.ImageNamed(ctx, s.Name)
		if lookErr == nil && there.ID != "" && there.Name == s.Name && there.Tags[TagImage] == s.Tags[TagImage] {
			return there.ID, nil
		}
	}
	if err != nil {
		return "", r.fail(ctx, doing, err)
	}
	if id := sdk.ToString(out.ImageId); id != "" {
		return id, nil
	}
	return "", r.own(codeIncomplete, doing, "EC2's answer has no image")
}

// ImageByID looks up an image, whoever owns it. One that is not there, or not
// shared with the account, is an *Error with the code NoSuchImage.
func (r *Regional) ImageByID(ctx context.Context, id string) (Image, error) {
	doing := "look up the image " + id
	found, err := r.images(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	switch {
	case strings.HasPrefix(codeOf(err), "InvalidAMIID."):
		return Image{}, r.own(codeNoSuchImage, doing, classifiedMessage(err))
	case err != nil:
		return Image{}, r.fail(ctx, doing, err)
	case len(found) == 0:
		return Image{}, r.own(codeNoSuchImage, doing, "it is not shown")
	}
	return imageOf(found[0]), nil
}

// classifiedMessage is AWS's own message of an error.
func classifiedMessage(err error) string {
	_, message := classify(err)
	return oneLine(message)
}

// SnapshotPrice is the price of a GB of a snapshot a month, in US dollars; 0
// where none is known. A snapshot holds the blocks that were written, so that
// its disk's size is the most it can come to.
func (r *Regional) SnapshotPrice(ctx context.Context) (float64, error) {
	price := 0.0
	filters := []priceFilter{match("productFamily", "Storage Snapshot"), match("regionCode", r.name)}
	err := r.products(ctx, filters, func(o offer) {
		// Beside it there are archived snapshots, and those below a minimum.
		if o.Unit == "GB-Mo" && (o.Usage == "EBS:SnapshotUsage" || strings.HasSuffix(o.Usage, "-EBS:SnapshotUsage")) {
			price = o.USD
		}
	})
	return price, err
}

// ImageNamed looks for the account's own image of a name; one without an ID is
// the answer where there is none.
func (r *Regional) ImageNamed(ctx context.Context, name string) (Image, error) {
	found, err := r.images(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{filter("name", name)}})
	if err != nil || len(found) == 0 {
		return Image{}, r.fail(ctx, "look for the image "+name, err)
	}
	return imageOf(found[0]), nil
}

// OwnImages lists the account's own images that this program made, those that
// are still being made or have failed too. A backup of a machine carries its
// tags, and is none of them.
func (r *Regional) OwnImages(ctx context.Context) ([]Image, error) {
	found, err := r.images(ctx, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{ofAnyImage()}})
	var all []Image
	for _, i := range found {
		if own := imageOf(i); own.Tags[TagSetup] != "" {
			all = append(all, own)
		}
	}
	return all, r.fail(ctx, "look for the images of all setups", err)
}

// WaitImage waits until an image can be launched from, and gives each look to
// each, unless nil. One that cannot be made any more is an *Error with EC2's
// reason; one that EC2 does not show yet is waited for as for all that is new.
func (r *Regional) WaitImage(ctx context.Context, id string, each func(Image)) (Image, error) {
	doing := "wait for the image " + id
	last := Image{ID: id}
	for {
		var i Image
		err := r.eventually(ctx, codeNoSuchImage, func() (err error) {
			i, err = r.ImageByID(ctx, id)
			return err
		})
		if err != nil {
			return last, r.fail(ctx, doing, err)
		}
		last = i
		if each != nil {
			each(i)
		}
		switch i.State {
		case ImageAvailable:
			return i, nil
		case ImagePending, "":
		default:
			return i, r.own(codeImageFailed, doing, fmt.Sprintf("it is %s (%s)", i.State, i.Reason))
		}
		if err := smithytime.SleepWithContext(ctx, r.account.tick); err != nil {
			return last, r.fail(ctx, doing, err)
		}
	}
}

// DeregisterImage removes an image, and returns once it is not there any more.
// Its snapshots stay: they are deleted after it.
func (r *Regional) DeregisterImage(ctx context.Context, id string) error {
	return r.vanish(ctx, "remove the image "+id, func() error {
		_, err := r.ec2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: sdk.String(id)})
		if codeOf(err) == "InvalidAMIID.Unavailable" { // it is deregistered already
			return nil
		}
		return err
	}, func() (bool, error) {
		found, err := r.images(ctx, &ec2.DescribeImagesInput{Filters: byID("image-id", id)})
		there := false
		for _, i := range found {
			there = there || i.State != types.ImageStateDeregistered
		}
		return there, err
	})
}

// DeleteSnapshot deletes a snapshot, and returns once it is not there any more.
// One that an image still needs is an *Error with the code
// InvalidSnapshot.InUse.
func (r *Regional) DeleteSnapshot(ctx context.Context, id string) error {
	return r.vanish(ctx, "delete the snapshot "+id, func() error {
		_, err := r.ec2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: sdk.String(id)})
		return err
	}, func() (bool, error) {
		out, err := r.ec2.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: byID("snapshot-id", id)})
		return err == nil && len(out.Snapshots) > 0, err
	})
}

func (r *Regional) ownedImages(ctx context.Context) ([]Owned, error) {
	list, err := r.OwnImages(ctx)
	var owned []Owned
	for _, i := range list {
		owned = append(owned, Owned{
			Kind: "image", ID: i.ID, Name: i.Name, State: i.State, DiskGB: i.DiskGB, Created: i.Created, Uses: i.Snapshots, Tags: i.Tags,
		})
	}
	return owned, err
}

// ownedSnapshots lists the snapshots of images that this program made, whether
// or not the images are there. Those of a volume carry the volume's tags where
// whoever took them wanted it so, and are nothing of this program's.
func (r *Regional) ownedSnapshots(ctx context.Context) ([]Owned, error) {
	var owned []Owned
	pages := ec2.NewDescribeSnapshotsPaginator(r.ec2, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: []types.Filter{ofAnyImage()}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, r.fail(ctx, "look for the snapshots of all setups", err)
		}
		for _, s := range page.Snapshots {
			tags := tagMap(s.Tags)
			if tags[TagSetup] == "" {
				continue
			}
			owned = append(owned, Owned{
				Kind: "snapshot", ID: sdk.ToString(s.SnapshotId), State: string(s.State), DiskGB: int(sdk.ToInt32(s.VolumeSize)),
				Created: sdk.ToTime(s.StartTime), Tags: tags,
			})
		}
	}
	return owned, nil
}

// ofAnyImage is on images and on their snapshots, and on nothing that a backup
// copies tags of.
func ofAnyImage() types.Filter { return filter("tag-key", TagImage) }

// imageOf is an image as EC2 tells of it.
func imageOf(found types.Image) Image {
	i := Image{Root: rootDisk, Source: "describe-images"}.from(found)
	i.State, i.Owner, i.Public = string(found.State), sdk.ToString(found.OwnerId), sdk.ToBool(found.Public)
	i.Tags = tagMap(found.Tags)
	i.Created, _ = time.Parse(time.RFC3339, sdk.ToString(found.CreationDate)) // the zero time where it is none
	switch found.Architecture {
	case types.ArchitectureValuesX8664:
		i.Arch = "amd64"
	default:
		i.Arch = string(found.Architecture)
	}
	if found.StateReason != nil {
		i.Reason = oneLine(sdk.ToString(found.StateReason.Message))
	}
	for _, d := range found.BlockDeviceMappings {
		if d.Ebs == nil {
			continue
		}
		if size := int(sdk.ToInt32(d.Ebs.VolumeSize)); sdk.ToString(d.DeviceName) == i.Root {
			i.RootGB = size
		}
		i.DiskGB += int(sdk.ToInt32(d.Ebs.VolumeSize))
		if id := sdk.ToString(d.Ebs.SnapshotId); strings.HasPrefix(id, "snap-") {
			i.Snapshots = append(i.Snapshots, id)
		}
	}
	return i
}
