package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// EnsureGroup finds the security group with the spec's name, VPC and tags, or
// creates it, and makes the rules of ours in it exactly the spec's: its own
// address and what it lets in also, and nothing else. It returns the group's
// ID once the rules are seen to be so.
func (r *Regional) EnsureGroup(ctx context.Context, g GroupSpec) (string, error) {
	doing := "make the security group " + g.Name
	id, err := r.groupOf(ctx, g)
	created := err == nil && id == ""
	if created {
		id, err = r.createGroup(ctx, doing, g)
	}
	if err != nil {
		return id, r.fail(ctx, doing, err)
	}
	return id, r.ensureRules(ctx, doing, id, g.want(), created)
}

// groupOf finds the spec's group; "" when there is none.
func (r *Regional) groupOf(ctx context.Context, g GroupSpec) (string, error) {
	filters := append(tagFilters(own(g.Tags)), filter("group-name", g.Name), filter("vpc-id", g.VPC))
	found, err := r.groups(ctx, filters)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return sdk.ToString(found[0].GroupId), nil
}

// createGroup creates the group. Where the answer does not tell its ID, the
// group is looked for, and asked for again where it is not there.
func (r *Regional) createGroup(ctx context.Context, doing string, g GroupSpec) (id string, err error) {
	asked := false
	err = r.eventually(ctx, codeIncomplete, func() error {
		out, err := r.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: sdk.String(g.Name), Description: sdk.String(g.Description), VpcId: sdk.String(g.VPC),
			TagSpecifications: tagSpecs(g.Tags, types.ResourceTypeSecurityGroup),
		})
		switch taken := codeOf(err) == "InvalidGroup.Duplicate"; {
		case taken && !asked:
			return r.own(codeGroupNotOurs, doing, "The name is "+g.Name+".")
		case err != nil && !taken:
			return err
		case !taken:
			id = sdk.ToString(out.GroupId)
		}
		if asked = true; id == "" {
			id, err = r.groupOf(ctx, g)
		}
		if id == "" && (err == nil || codeOf(err) == "InvalidGroup.Duplicate") {
			return r.own(codeIncomplete, doing, "EC2's answer has no security group")
		}
		return err
	})
	return id, err
}

// own picks the tag that says whose a thing is; the others anybody may change.
func own(tags map[string]string) map[string]string {
	if setup, ok := tags[TagSetup]; ok {
		return map[string]string{TagSetup: setup}
	}
	return tags
}

// GroupsByTag lists the IDs of the security groups that carry all the tags.
func (r *Regional) GroupsByTag(ctx context.Context, tags map[string]string) ([]string, error) {
	found, err := r.groups(ctx, tagFilters(tags))
	if err != nil {
		return nil, r.fail(ctx, "look for the setup's security groups", err)
	}
	var ids []string
	for _, g := range found {
		ids = append(ids, sdk.ToString(g.GroupId))
	}
	return ids, nil
}

func (r *Regional) groups(ctx context.Context, filters []types.Filter) ([]types.SecurityGroup, error) {
	var all []types.SecurityGroup
	pages := ec2.NewDescribeSecurityGroupsPaginator(r.ec2, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.SecurityGroups...)
	}
	return all, nil
}

// DeleteGroup deletes a security group, and returns once it is not there any
// more. While an instance's interface still uses it, it tries again, ever more
// slowly, until ctx ends.
func (r *Regional) DeleteGroup(ctx context.Context, id string) error {
	return r.vanish(ctx, "delete the security group "+id, func() error {
		_, err := r.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: sdk.String(id)})
		return err
	}, func() (bool, error) {
		found, err := r.groups(ctx, byID("group-id", id))
		return len(found) > 0, err
	})
}
