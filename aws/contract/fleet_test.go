package contract

import (
	"context"
	"errors"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// fleetPromises are about all machines of an account and what they left.
func fleetPromises() []promise {
	return slices.Concat(oursPromises(), ownedPromises(), volumePromises(), timePromises(), quotaPromises())
}

// another is a machine of setup s2, and the same without any tag.
func (c *cloud) another(ctx context.Context, token string, tags map[string]string) (aws.Instance, error) {
	image, err := c.Image(ctx, "24.04", "amd64")
	if err != nil {
		return aws.Instance{}, err
	}
	made, err := c.Launch(ctx, aws.LaunchSpec{ClientToken: token, Image: image, Type: "t3.micro", DiskGB: 8, Tags: tags})
	if err != nil {
		return made, err
	}
	return c.WaitState(ctx, made.ID, "running", nil)
}

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }

func oursPromises() []promise {
	return []promise{
		{"Ours", "list the machines of all setups, and no others", func(ctx context.Context, c *cloud) error {
			first, err := c.running(ctx)
			second, err2 := c.another(ctx, "s2", map[string]string{aws.TagSetup: "s2"})
			_, err3 := c.another(ctx, "theirs", map[string]string{"Name": "jupyter-ec2"})
			list, err4 := c.Ours(ctx)
			if err := errors.Join(err, err2, err3, err4, same("number", len(list), 2)); err != nil {
				return err
			}
			return errors.Join(same("machines", sorted(list[0].ID, list[1].ID), sorted(first.ID, second.ID)), same("region", list[0].Region, home))
		}},
		{"Ours", "list one that is stopped", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			list, err3 := c.Ours(ctx)
			return errors.Join(err, err2, err3, that(len(list) == 1 && list[0].State == "stopped", "%+v", list))
		}},
		{"Ours", "leave out what is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
			list, err3 := c.Ours(ctx)
			return errors.Join(err, err2, err3, same("machines", len(list), 0))
		}},
		{"Ours", "be none in a new account", func(ctx context.Context, c *cloud) error {
			list, err := c.Ours(ctx)
			return errors.Join(err, same("machines", len(list), 0))
		}},
	}
}

func ownedPromises() []promise {
	return []promise{
		{"Owned", "list all that has a setup's tag, and nothing else", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.ImportKeyPair(ctx, "theirs", otherKey, nil)
			_, err3 := c.another(ctx, "theirs", nil)
			keys, err4 := c.KeyPairsByTag(ctx, mine())
			list, err5 := c.Owned(ctx)
			if err := errors.Join(err, err2, err3, err4, err5, same("number", len(list), 4)); err != nil {
				return err
			}
			now := time.Now()
			for n := range list {
				if kind := list[n].Kind; kind != "security group" && (list[n].Created.IsZero() || list[n].Created.After(now.Add(time.Minute))) {
					return that(false, "a %s created at %s", kind, list[n].Created)
				}
				list[n].Created = time.Time{}
			}
			return same("owned", list, []aws.Owned{
				{Kind: "instance", ID: i.ID, State: "running", Type: "t3.micro", Tags: mine()},
				{Kind: "volume", ID: i.VolumeIDs[0], State: "in-use", DiskGB: 12, UsedBy: i.ID, Tags: mine()},
				{Kind: "security group", ID: i.GroupIDs[0], Name: "jupyter-ec2-demo", Tags: mine()},
				{Kind: "key pair", ID: keys[0].ID, Name: "mine", Tags: mine()},
			})
		}},
		{"Owned", "list a disk that outlived its machine", func(ctx context.Context, c *cloud) error {
			id, err := c.leftDisk(ctx)
			list, err2 := c.Owned(ctx)
			if err := errors.Join(err, err2, same("number", len(list), 1)); err != nil {
				return err
			}
			return errors.Join(same("ID", list[0].ID, id), same("kind", list[0].Kind, "volume"), same("state", list[0].State, "available"), same("used by", list[0].UsedBy, ""))
		}},
		{"Owned", "be nothing in a new account", func(ctx context.Context, c *cloud) error {
			list, err := c.Owned(ctx)
			return errors.Join(err, same("owned", len(list), 0))
		}},
	}
}

// leftDisk is the disk of a terminated machine that was not to go with it.
func (c *cloud) leftDisk(ctx context.Context) (string, error) {
	image, err := c.Image(ctx, "24.04", "amd64")
	if err != nil {
		return "", err
	}
	tags := []types.Tag{{Key: sdk.String(aws.TagSetup), Value: sdk.String("s1")}}
	out, err := c.raw.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &image.ID, InstanceType: types.InstanceTypeT3Micro, MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: &image.Root, Ebs: &types.EbsBlockDevice{VolumeSize: sdk.Int32(9), DeleteOnTermination: sdk.Bool(false)}}},
		TagSpecifications:   []types.TagSpecification{{ResourceType: types.ResourceTypeVolume, Tags: tags}},
	})
	if err != nil {
		return "", err
	}
	i, err := c.WaitState(ctx, *out.Instances[0].InstanceId, "running", nil)
	_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
	if err := errors.Join(err, err2, same("disks", len(i.VolumeIDs), 1)); err != nil {
		return "", err
	}
	return i.VolumeIDs[0], nil
}

func volumePromises() []promise {
	return []promise{
		{"DeleteVolume", "delete that one, and again without an error", func(ctx context.Context, c *cloud) error {
			made, err := c.raw.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: sdk.String(home + "a"), Size: sdk.Int32(8)})
			if err != nil {
				return err
			}
			kept, err := c.raw.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: sdk.String(home + "a"), Size: sdk.Int32(8)})
			if err != nil {
				return err
			}
			err2, err3 := c.DeleteVolume(ctx, *made.VolumeId), c.DeleteVolume(ctx, *made.VolumeId)
			out, err := c.raw.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
			return errors.Join(err, err2, err3, that(len(out.Volumes) == 1 && *out.Volumes[0].VolumeId == *kept.VolumeId, "left: %+v", out.Volumes))
		}},
		{"DeleteVolume", "delete what a machine left", func(ctx context.Context, c *cloud) error {
			id, err := c.leftDisk(ctx)
			err2 := c.DeleteVolume(ctx, id)
			list, err3 := c.Owned(ctx)
			return errors.Join(err, err2, err3, same("owned", len(list), 0))
		}},
		{"DeleteVolume", "not delete one that a machine has", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			if err != nil {
				return err
			}
			err2 := c.DeleteVolume(ctx, i.VolumeIDs[0])
			again, err3 := c.Instance(ctx, i.ID)
			return errors.Join(explained(err2, "failed", "A machine still uses this disk", "VolumeInUse"), err3, same("disks", again.VolumeIDs, i.VolumeIDs))
		}},
		{"DeleteVolume", "succeed for one that never was", func(ctx context.Context, c *cloud) error {
			return c.DeleteVolume(ctx, "vol-0123456789abcdef0")
		}},
	}
}

func timePromises() []promise {
	return []promise{
		{"Instance", "tell the first start from the last", func(ctx context.Context, c *cloud) error {
			begin := time.Now().Add(-time.Minute)
			before, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			again := time.Now()
			i, err3 := c.until(ctx, c.Start, before.ID, "running")
			return errors.Join(err, err2, err3, that(i.Created.After(begin) && i.Created.Before(again), "created %s, started again at %s", i.Created, again),
				same("created", i.Created, before.Created), same("region", i.Region, home))
		}},
		{"Instance", "say since when it is stopped", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			asked := time.Now().Truncate(time.Second)
			i, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			again, err3 := c.until(ctx, c.Start, before.ID, "running")
			return errors.Join(err, err2, err3, that(before.StoppedAt.IsZero() && again.StoppedAt.IsZero(), "one that runs is stopped since %s and %s", before.StoppedAt, again.StoppedAt),
				that(!i.StoppedAt.Before(asked) && i.StoppedAt.Before(time.Now().Add(time.Second)), "stopped since %s, asked at %s", i.StoppedAt, asked))
		}},
	}
}

func quotaPromises() []promise {
	return []promise{
		{"Quota", "tell the limit and count what runs", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.another(ctx, "theirs", nil)
			both, err3 := c.Quota(ctx, aws.Type{Name: "m5.large"})
			if err := errors.Join(err, err2, err3); err != nil {
				return err
			}
			_, err = c.until(ctx, c.Stop, i.ID, "stopped")
			one, err2 := c.Quota(ctx, aws.Type{Name: "m5.large"})
			return errors.Join(err, err2, that(both.Limit >= 1, "limit %g", both.Limit), same("code", both.Code, "L-1216C47A"),
				same("used by two", both.Used, 4), same("used by one", one.Used, 2))
		}},
		{"Quota", "keep the families apart", func(ctx context.Context, c *cloud) error {
			_, err := c.running(ctx)
			q, err2 := c.Quota(ctx, aws.Type{Name: "g4dn.xlarge"})
			return errors.Join(err, err2, same("quota", q, aws.Quota{Code: "L-DB2E81BA", Name: "Running On-Demand G and VT instances"}))
		}},
		{"Quota", "say that it does not know a family", func(ctx context.Context, c *cloud) error {
			_, err := c.Quota(ctx, aws.Type{Name: "mac2.metal"})
			return explained(err, "refused", "The vCPU quota is not known", "QuotaUnknown")
		}},
	}
}
