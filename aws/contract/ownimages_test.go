package contract

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// ownImagePromises are about images that are made of machines.
func ownImagePromises() []promise {
	return slices.Concat(makeImagePromises(), findImagePromises(), removeImagePromises())
}

// imageTags are what an image of this program's carries beside its machine's.
func imageTags() map[string]string {
	tags := mine()
	tags[aws.TagImage] = "lab"
	return tags
}

func imageSpec(i aws.Instance, tags map[string]string) aws.ImageSpec {
	return aws.ImageSpec{InstanceID: i.ID, Name: "jupyter-ec2-s1-1", Description: "Made of demo", Tags: tags}
}

// imaged is a machine with an image of it that can be launched from.
func (c *cloud) imaged(ctx context.Context, tags map[string]string) (aws.Instance, aws.Image, error) {
	i, err := c.running(ctx)
	if err != nil {
		return i, aws.Image{}, err
	}
	id, err := c.CreateImage(ctx, imageSpec(i, tags))
	if err != nil {
		return i, aws.Image{}, err
	}
	image, err := c.WaitImage(ctx, id, nil)
	return i, image, err
}

func makeImagePromises() []promise {
	return []promise{
		{"CreateImage", "make one of a machine, with the tags on it and on its snapshot", func(ctx context.Context, c *cloud) error {
			i, image, err := c.imaged(ctx, imageTags())
			if err != nil {
				return err
			}
			list, err := c.Owned(ctx)
			if err := errors.Join(err, that(len(image.Snapshots) == 1, "snapshots: %v", image.Snapshots)); err != nil {
				return err
			}
			snapshot := slices.IndexFunc(list, func(o aws.Owned) bool { return o.Kind == "snapshot" && o.ID == image.Snapshots[0] })
			return errors.Join(same("state", image.State, "available"), same("size", image.RootGB, 12), same("processor", image.Arch, "amd64"), same("tag", image.Tags[aws.TagSetup], "s1"),
				that(!image.Public && !image.Created.IsZero() && image.Owner != "", "%+v", image), same("name", image.Name, "jupyter-ec2-s1-1"),
				that(snapshot >= 0 && list[snapshot].Tags[aws.TagSetup] == "s1", "owned: %+v; the machine is %s", list, i.ID))
		}},
		{"CreateImage", "make none again under the same name", func(ctx context.Context, c *cloud) error {
			i, image, err := c.imaged(ctx, nil)
			again, err2 := c.CreateImage(ctx, imageSpec(i, nil))
			found, err3 := c.ImageNamed(ctx, "jupyter-ec2-s1-1")
			return errors.Join(err, err2, err3, same("image", again, image.ID), same("found", found.ID, image.ID))
		}},
		{"CreateImage", "refuse a machine that is none", func(ctx context.Context, c *cloud) error {
			_, err := c.CreateImage(ctx, aws.ImageSpec{InstanceID: "i-0123456789abcdef0", Name: "nothing"})
			return explained(err, "failed", "It no longer exists", "InvalidInstanceID.NotFound")
		}},
		{"CreateImage", "make what machines are launched from", func(ctx context.Context, c *cloud) error {
			_, image, err := c.imaged(ctx, nil)
			made, err2 := c.Launch(ctx, aws.LaunchSpec{ClientToken: "from image", Image: image, Type: "t3.micro", DiskGB: 12, Tags: map[string]string{aws.TagSetup: "s2"}})
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			i, err := c.WaitState(ctx, made.ID, "running", nil)
			return errors.Join(err, same("image", i.ImageID, image.ID))
		}},
		{"WaitImage", "say that there is none", func(ctx context.Context, c *cloud) error {
			_, err := c.WaitImage(ctx, "ami-0123456789abcdef0", nil)
			return explained(err, "answers", "There is no such image", "NoSuchImage")
		}},
		{"SnapshotPrice", "be that of standard snapshots", func(ctx context.Context, c *cloud) error {
			price, err := c.SnapshotPrice(ctx)
			if err != nil {
				return err
			}
			return that(price > 0.01 && price < 0.2, "price %g", price)
		}},
	}
}

func findImagePromises() []promise {
	return []promise{
		{"ImageByID", "find an image that everybody has, and whose it is", func(ctx context.Context, c *cloud) error {
			ubuntu, err := c.Image(ctx, "24.04", "amd64")
			i, err2 := c.ImageByID(ctx, ubuntu.ID)
			return errors.Join(err, err2, same("ID", i.ID, ubuntu.ID), same("owner", i.Owner, "099720109477"), same("processor", i.Arch, "amd64"), that(i.RootGB > 0, "size %d", i.RootGB))
		}},
		{"ImageByID", "say that there is none", func(ctx context.Context, c *cloud) error {
			_, err := c.ImageByID(ctx, "ami-0123456789abcdef0")
			return explained(err, "answers", "There is no such image", "NoSuchImage")
		}},
		{"ImageNamed", "find one's own by its name", func(ctx context.Context, c *cloud) error {
			_, image, err := c.imaged(ctx, nil)
			found, err2 := c.ImageNamed(ctx, "jupyter-ec2-s1-1")
			none, err3 := c.ImageNamed(ctx, "jupyter-ec2-s1-2")
			return errors.Join(err, err2, err3, same("found", found.ID, image.ID), same("none", none.ID, ""))
		}},
		{"OwnImages", "list those of all setups, and no others", func(ctx context.Context, c *cloud) error {
			i, image, err := c.imaged(ctx, imageTags())
			if err != nil {
				return err
			}
			_, err2 := c.CreateImage(ctx, aws.ImageSpec{InstanceID: i.ID, Name: "backup", Tags: mine()})
			list, err3 := c.OwnImages(ctx)
			return errors.Join(err, err2, err3, that(len(list) == 1 && list[0].ID == image.ID, "%+v", list))
		}},
		{"OwnImages", "be none in a new account", func(ctx context.Context, c *cloud) error {
			list, err := c.OwnImages(ctx)
			return errors.Join(err, same("images", len(list), 0))
		}},
	}
}

func removeImagePromises() []promise {
	return []promise{
		{"DeregisterImage", "remove that one, and again without an error", func(ctx context.Context, c *cloud) error {
			_, image, err := c.imaged(ctx, nil)
			err2, err3 := c.DeregisterImage(ctx, image.ID), c.DeregisterImage(ctx, image.ID)
			left, err4 := c.ImageNamed(ctx, "jupyter-ec2-s1-1")
			return errors.Join(err, err2, err3, err4, same("left", left.ID, ""))
		}},
		{"DeleteSnapshot", "not delete one that an image needs", func(ctx context.Context, c *cloud) error {
			_, image, err := c.imaged(ctx, nil)
			if err != nil {
				return err
			}
			return explained(c.DeleteSnapshot(ctx, image.Snapshots[0]), "failed", "An image still uses this snapshot", "InvalidSnapshot.InUse")
		}},
		{"DeleteSnapshot", "delete what an image left, and again without an error", func(ctx context.Context, c *cloud) error {
			_, image, err := c.imaged(ctx, nil)
			if err != nil {
				return err
			}
			err = c.DeregisterImage(ctx, image.ID)
			err2, err3 := c.DeleteSnapshot(ctx, image.Snapshots[0]), c.DeleteSnapshot(ctx, image.Snapshots[0])
			out, err4 := c.raw.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
			if err := errors.Join(err, err2, err3, err4); err != nil {
				return err
			}
			left := slices.ContainsFunc(out.Snapshots, func(s types.Snapshot) bool { return *s.SnapshotId == image.Snapshots[0] })
			return that(!left, "left: %+v", out.Snapshots)
		}},
	}
}
