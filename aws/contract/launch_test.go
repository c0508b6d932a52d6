package contract

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// launchSpec is a machine of setup s1 with its key pair and group.
func (c *cloud) launchSpec(ctx context.Context) (aws.LaunchSpec, error) {
	image, err := c.Image(ctx, "24.04", "amd64")
	key, err2 := c.ImportKeyPair(ctx, "mine", edKey, mine())
	group, err3 := c.group(ctx)
	return aws.LaunchSpec{
		ClientToken: "jupyter-ec2-s1-1", Image: image, Type: "t3.micro", KeyName: key.Name, GroupIDs: []string{group}, DiskGB: 12, Tags: mine(),
	}, errors.Join(err, err2, err3)
}

// launched is a machine of setup s1, just launched.
func (c *cloud) launched(ctx context.Context) (aws.Instance, error) {
	spec, err := c.launchSpec(ctx)
	if err != nil {
		return aws.Instance{}, err
	}
	return c.Launch(ctx, spec)
}

// look is the instance as the SDK gives it, once EC2 shows it.
func (c *cloud) look(ctx context.Context, id string) (types.Instance, error) {
	if _, err := c.Instance(ctx, id); err != nil {
		return types.Instance{}, err
	}
	out, err := c.raw.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return types.Instance{}, err
	}
	return out.Reservations[0].Instances[0], nil
}

func launchPromises() []promise {
	return slices.Concat(machinePromises(), userDataPromises(), tokenPromises(), wrongLaunchPromises(), dryRunPromises())
}

func machinePromises() []promise {
	return []promise{
		{"Launch", "answer the machine as asked, pending", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			if err != nil {
				return err
			}
			before := time.Now().Add(-time.Minute)
			i, err := c.Launch(ctx, spec)
			return errors.Join(err, that(strings.HasPrefix(i.ID, "i-"), "ID %q", i.ID), same("state", i.State, "pending"),
				same("type", i.Type, spec.Type), same("image", i.ImageID, spec.Image.ID), same("key", i.KeyName, spec.KeyName),
				same("groups", i.GroupIDs, spec.GroupIDs), same("token", i.ClientToken, spec.ClientToken), same("tags", i.Tags, mine()),
				that(strings.HasPrefix(i.Zone, home), "zone %q", i.Zone), that(i.PrivateIP != "", "no private address"),
				that(i.Launched.After(before), "launched %s", i.Launched))
		}},
		{"Launch", "put it where it is told", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			n, err2 := c.Network(ctx, aws.NetworkSpec{Zone: home + "b"})
			spec.Subnet = n.Subnet
			i, err3 := c.Launch(ctx, spec)
			return errors.Join(err, err2, err3, same("zone", i.Zone, home+"b"))
		}},
		{"Launch", "give it an encrypted gp3 disk of the size, that ends with it", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			if err != nil {
				return err
			}
			raw, err := c.look(ctx, i.ID)
			if err != nil || len(raw.BlockDeviceMappings) != 1 {
				return errors.Join(err, that(false, "%d disks", len(raw.BlockDeviceMappings)))
			}
			d := raw.BlockDeviceMappings[0]
			out, err := c.raw.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*d.Ebs.VolumeId}})
			if err != nil {
				return err
			}
			v := out.Volumes[0]
			return errors.Join(same("device", *d.DeviceName, "/dev/sda1"), that(*d.Ebs.DeleteOnTermination, "it stays"),
				same("size", *v.Size, 12), same("kind", v.VolumeType, types.VolumeTypeGp3), that(*v.Encrypted, "not encrypted"))
		}},
		{"Launch", "close its metadata to whoever has no token", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			if err != nil {
				return err
			}
			raw, err := c.look(ctx, i.ID)
			if err != nil || raw.MetadataOptions == nil {
				return errors.Join(err, that(raw.MetadataOptions != nil, "no metadata options"))
			}
			return same("tokens", raw.MetadataOptions.HttpTokens, types.HttpTokensStateRequired)
		}},
		{"Launch", "tag the disk and the network interface too", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			if err != nil {
				return err
			}
			raw, err := c.look(ctx, i.ID)
			if err != nil {
				return err
			}
			var errs []error
			for _, id := range []string{i.ID, *raw.BlockDeviceMappings[0].Ebs.VolumeId, *raw.NetworkInterfaces[0].NetworkInterfaceId} {
				out, err := c.raw.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: where("resource-id", id)})
				errs = append(errs, err)
				tags := map[string]string{}
				for _, t := range out.Tags {
					tags[*t.Key] = *t.Value
				}
				errs = append(errs, same("tags of "+id[:strings.Index(id, "-")], tags, mine()))
			}
			return errors.Join(errs...)
		}},
	}
}

func tokenPromises() []promise {
	twice := func(change func(*aws.LaunchSpec)) func(context.Context, *cloud) (first, again aws.Instance, err error) {
		return func(ctx context.Context, c *cloud) (first, again aws.Instance, err error) {
			spec, err := c.launchSpec(ctx)
			if err != nil {
				return first, again, err
			}
			if first, err = c.Launch(ctx, spec); err != nil {
				return first, again, err
			}
			change(&spec)
			again, err = c.Launch(ctx, spec)
			return first, again, err
		}
	}
	return []promise{
		{"Launch", "answer the same machine for the same token", func(ctx context.Context, c *cloud) error {
			first, again, err := twice(func(*aws.LaunchSpec) {})(ctx, c)
			return errors.Join(err, same("second machine", again.ID, first.ID))
		}},
		{"Launch", "refuse the same token for another machine", func(ctx context.Context, c *cloud) error {
			_, _, err := twice(func(s *aws.LaunchSpec) { s.DiskGB++ })(ctx, c)
			return explained(err, "failed", "Launched before, with other answers", "IdempotentParameterMismatch")
		}},
		{"Launch", "launch another machine for another token", func(ctx context.Context, c *cloud) error {
			first, again, err := twice(func(s *aws.LaunchSpec) { s.ClientToken += "0" })(ctx, c)
			return errors.Join(err, that(again.ID != first.ID, "the same machine"))
		}},
		{"Launch", "refuse to go without a token", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			spec.ClientToken = ""
			_, launched := c.Launch(ctx, spec)
			found, err2 := c.Find(ctx, mine())
			return errors.Join(err, err2, that(launched != nil, "launched"), same("machines", len(found), 0))
		}},
	}
}

func wrongLaunchPromises() []promise {
	with := func(change func(*aws.LaunchSpec), kind, title, code string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			if err != nil {
				return err
			}
			change(&spec)
			_, refusal := c.Launch(ctx, spec)
			if err := explained(refusal, kind, title, code); err != nil {
				return err
			}
			found, err := c.Find(ctx, mine())
			return errors.Join(err, same("machines", len(found), 0))
		}
	}
	const image, answer, gone = "The Ubuntu image is not there", "AWS rejects one of the answers", "It no longer exists"
	return []promise{
		{"Launch", "refuse an image that is not there", with(func(s *aws.LaunchSpec) { s.Image.ID = "ami-0123456789abcdef0" }, "failed", image, "InvalidAMIID.NotFound")},
		{"Launch", "refuse an image that cannot be one", with(func(s *aws.LaunchSpec) { s.Image.ID = "ubuntu" }, "failed", image, "InvalidAMIID.Malformed")},
		{"Launch", "refuse a type that is none", with(func(s *aws.LaunchSpec) { s.Type = "t2.gigantic" }, "answers", answer, "InvalidParameterValue")},
		{"Launch", "refuse a key pair that is not there", with(func(s *aws.LaunchSpec) { s.KeyName = "gone" }, "answers", "EC2 does not know or accept this key", "InvalidKeyPair.NotFound")},
		{"Launch", "refuse a group that is not there", with(func(s *aws.LaunchSpec) { s.GroupIDs = []string{"sg-0123456789abcdef0"} }, "failed", gone, "InvalidGroup.NotFound")},
		{"Launch", "refuse a subnet that is not there", with(func(s *aws.LaunchSpec) { s.Subnet = "subnet-0123456789abcdef0" }, "answers", "There is no such subnet", "InvalidSubnetID.NotFound")},
		{"Launch", "refuse an image for another processor", with(func(s *aws.LaunchSpec) { s.Type = "t4g.micro" }, "answers", "The type has another processor", "InvalidParameterValue")},
		{"Launch", "refuse a disk smaller than the image", with(func(s *aws.LaunchSpec) { s.DiskGB = 1 }, "answers", answer, "InvalidBlockDeviceMapping")},
		{"Launch", "refuse more vCPUs than the quota", with(func(s *aws.LaunchSpec) { s.Type = "g4dn.xlarge" }, "refused", "The vCPU quota is too small", "VcpuLimitExceeded")},
		{"Launch", "refuse to go where there is no default VPC", func(ctx context.Context, c *cloud) error {
			r := c.bare().In(home)
			image, err := r.Image(ctx, "24.04", "amd64")
			_, refusal := r.Launch(ctx, aws.LaunchSpec{ClientToken: "t", Image: image, Type: "t3.micro", DiskGB: 8})
			return errors.Join(err, explained(refusal, "refused", "No default network in "+home, "NoDefaultVPC"))
		}},
		{"Launch", "refuse a type that the region has not", func(ctx context.Context, c *cloud) error {
			r := c.account.In("eu-north-1")
			image, err := r.Image(ctx, "24.04", "amd64")
			_, refusal := r.Launch(ctx, aws.LaunchSpec{ClientToken: "t", Image: image, Type: "t2.micro", DiskGB: 8})
			return errors.Join(err, explained(refusal, "answers", "Not available in eu-north-1", "Unsupported"))
		}},
		{"Launch", "refuse a type that the zone has not", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			n, err2 := c.Network(ctx, aws.NetworkSpec{Zone: home + "e"}) // an old zone, without the newer families
			spec.Subnet = n.Subnet
			_, refusal := c.Launch(ctx, spec)
			return errors.Join(err, err2, explained(refusal, "answers", "Not available in "+home, "Unsupported"))
		}},
	}
}

func dryRunPromises() []promise {
	all := []string{"ec2:RunInstances", "ec2:CreateSecurityGroup", "ec2:ImportKeyPair", "ec2:CreateKeyPair", "ec2:AuthorizeSecurityGroupIngress"}
	return []promise{
		{"DryRun", "say yes to each call of a launch, and do none", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			if err != nil {
				return err
			}
			var actions []string
			for _, p := range c.DryRun(ctx, spec) {
				actions = append(actions, p.Action)
				if !p.Allowed || !p.Known {
					return that(false, "%+v", p)
				}
			}
			machines, err := c.Find(ctx, map[string]string{})
			keys, err2 := c.KeyPairs(ctx)
			groups, err3 := c.GroupsByTag(ctx, mine())
			return errors.Join(err, err2, err3, same("actions", actions, all), same("machines", len(machines), 0),
				same("key pairs", len(keys), 1), same("groups", groups, spec.GroupIDs), c.exactly(ctx, groups[0], "tcp 22 "+here))
		}},
		{"DryRun", "leave the token to the launch", func(ctx context.Context, c *cloud) error {
			spec, err := c.launchSpec(ctx)
			if err != nil {
				return err
			}
			c.DryRun(ctx, spec)
			_, err = c.Launch(ctx, spec)
			return err
		}},
	}
}
