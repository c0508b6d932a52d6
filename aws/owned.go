package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
)

// Ours lists the instances of all setups, this computer's and others', that
// are not terminated; those on their way there are listed.
func (r *Regional) Ours(ctx context.Context) ([]Instance, error) {
	list, err := r.instances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		ofAnySetup(),
		notTerminated(),
	}})
	return list, r.fail(ctx, "look for the instances of all setups", err)
}

// Owned lists all that carries the tag of a setup, whatever setup: instances
// that are not terminated, then volumes, security groups, key pairs, images and
// their snapshots.
func (r *Regional) Owned(ctx context.Context) ([]Owned, error) {
	looks := []func(context.Context) ([]Owned, error){r.ownedInstances, r.ownedVolumes, r.ownedGroups, r.ownedKeys, r.ownedImages, r.ownedSnapshots}
	found := make([][]Owned, len(looks))
	all, ctx := errgroup.WithContext(ctx)
	for n, look := range looks {
		all.Go(func() (err error) {
			found[n], err = look(ctx)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func (r *Regional) ownedInstances(ctx context.Context) ([]Owned, error) {
	list, err := r.Ours(ctx)
	var owned []Owned
	for _, i := range list {
		owned = append(owned, Owned{Kind: "instance", ID: i.ID, State: string(i.State), Type: i.Type, Created: i.Created, Tags: i.Tags})
	}
	return owned, err
}

func (r *Regional) ownedVolumes(ctx context.Context) ([]Owned, error) {
	var owned []Owned
	pages := ec2.NewDescribeVolumesPaginator(r.ec2, &ec2.DescribeVolumesInput{Filters: []types.Filter{ofAnySetup()}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, r.fail(ctx, "look for the volumes of all setups", err)
		}
		for _, v := range page.Volumes {
			one := Owned{
				Kind: "volume", ID: sdk.ToString(v.VolumeId), State: string(v.State), DiskGB: int(sdk.ToInt32(v.Size)),
				Created: sdk.ToTime(v.CreateTime), Tags: tagMap(v.Tags),
			}
			if len(v.Attachments) > 0 {
				one.UsedBy = sdk.ToString(v.Attachments[0].InstanceId)
			}
			owned = append(owned, one)
		}
	}
	return owned, nil
}

func (r *Regional) ownedGroups(ctx context.Context) ([]Owned, error) {
	list, err := r.groups(ctx, []types.Filter{ofAnySetup()})
	var owned []Owned
	for _, g := range list {
		owned = append(owned, Owned{Kind: "security group", ID: sdk.ToString(g.GroupId), Name: sdk.ToString(g.GroupName), Tags: tagMap(g.Tags)})
	}
	return owned, r.fail(ctx, "look for the security groups of all setups", err)
}

func (r *Regional) ownedKeys(ctx context.Context) ([]Owned, error) {
	out, err := r.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: []types.Filter{ofAnySetup()}})
	if err != nil {
		return nil, r.fail(ctx, "look for the key pairs of all setups", err)
	}
	var owned []Owned
	for _, k := range out.KeyPairs {
		owned = append(owned, Owned{
			Kind: "key pair", ID: sdk.ToString(k.KeyPairId), Name: sdk.ToString(k.KeyName),
			Created: sdk.ToTime(k.CreateTime), Tags: tagMap(k.Tags),
		})
	}
	return owned, nil
}

func ofAnySetup() types.Filter { return filter("tag-key", TagSetup) }

// DeleteVolume deletes a volume, with all that is on it, and returns once it is
// not there any more. One that an instance has is an *Error with the code
// VolumeInUse.
func (r *Regional) DeleteVolume(ctx context.Context, id string) error {
	return r.vanish(ctx, "delete the volume "+id, func() error {
		_, err := r.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: sdk.String(id)})
		return err
	}, func() (bool, error) {
		out, err := r.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: byID("volume-id", id)})
		return err == nil && slices.ContainsFunc(out.Volumes, func(v types.Volume) bool {
			return v.State != types.VolumeStateDeleting && v.State != types.VolumeStateDeleted
		}), err
	})
}
