package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// EnsureGroup finds the security group with the spec's name, VPC and tags, or
// creates it, and makes the rules of ours in it exactly the spec's: its own
// address and what it lets in also, and nothing else. It answers the group's ID.
func (r *Regional) EnsureGroup(ctx context.Context, g GroupSpec) (string, error) {
	doing := "make the security group " + g.Name
	filters := append(tagFilters(own(g.Tags)), filter("group-name", g.Name), filter("vpc-id", g.VPC))
	found, err := r.groups(ctx, filters)
	if err != nil {
		return "", r.fail(ctx, doing, err)
	}
	if len(found) > 0 {
		id := sdk.ToString(found[0].GroupId)
		have, err := r.ingress(ctx, id)
		if err != nil {
			return id, r.fail(ctx, doing, err)
		}
		return id, r.setRules(ctx, id, g.want(), have)
	}
	out, err := r.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: sdk.String(g.Name), Description: sdk.String(g.Description), VpcId: sdk.String(g.VPC),
		TagSpecifications: tagSpecs(g.Tags, types.ResourceTypeSecurityGroup),
	})
	if codeOf(err) == "InvalidGroup.Duplicate" {
		return "", r.own(codeGroupNotOurs, doing, "The name is "+g.Name+".")
	}
	if err != nil {
		return "", r.fail(ctx, doing, err)
	}
	id := sdk.ToString(out.GroupId)
	return id, r.setRules(ctx, id, g.want(), nil)
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

// DeleteGroup deletes a security group. While an instance's interface still
// uses it, it tries again, ever more slowly, until ctx ends. A group that is
// not there is deleted.
func (r *Regional) DeleteGroup(ctx context.Context, id string) error {
	doing := "delete the security group " + id
	for wait := r.account.tick / 2; ; wait = min(wait*2, 10*time.Second) {
		_, err := r.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: sdk.String(id)})
		switch codeOf(err) {
		case "InvalidGroup.NotFound", "InvalidGroupId.NotFound":
			return nil
		case "DependencyViolation":
			if pause(ctx, wait) == nil {
				continue
			}
		}
		return r.fail(ctx, doing, err)
	}
}
