package aws

import (
	"context"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ruleMark is the description of the rules made here. Rules without it were
// made by somebody else and stay.
const ruleMark = "jupyter-ec2"

// EnsureGroup finds the security group with the spec's name, VPC and tags, or
// creates it, and makes the rules of ours in it exactly the spec's: missing
// ones are added, others revoked. It answers the group's ID.
func (r *Regional) EnsureGroup(ctx context.Context, g GroupSpec) (string, error) {
	doing := "make the security group " + g.Name
	filters := append(tagFilters(own(g.Tags)), filter("group-name", g.Name), filter("vpc-id", g.VPC))
	found, err := r.groups(ctx, filters)
	if err != nil {
		return "", r.fail(ctx, doing, err)
	}
	if len(found) > 0 {
		id := sdk.ToString(found[0].GroupId)
		return id, r.setRules(ctx, id, g, found[0].IpPermissions)
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
	return id, r.setRules(ctx, id, g, nil)
}

// own picks the tag that says whose a thing is; the others anybody may change.
func own(tags map[string]string) map[string]string {
	if setup, ok := tags[TagSetup]; ok {
		return map[string]string{TagSetup: setup}
	}
	return tags
}

func (r *Regional) setRules(ctx context.Context, id string, g GroupSpec, have []types.IpPermission) error {
	missing := slices.Clone(g.Ports)
	var surplus []types.IpPermission
	for _, p := range have {
		for _, ip := range p.IpRanges {
			from, to := int(sdk.ToInt32(p.FromPort)), int(sdk.ToInt32(p.ToPort))
			wanted := sdk.ToString(p.IpProtocol) == "tcp" && from == to && sdk.ToString(ip.CidrIp) == g.CIDR
			if i := slices.Index(missing, from); wanted && i >= 0 {
				missing = slices.Delete(missing, i, i+1)
			} else if sdk.ToString(ip.Description) == ruleMark {
				surplus = append(surplus, types.IpPermission{
					IpProtocol: p.IpProtocol, FromPort: p.FromPort, ToPort: p.ToPort, IpRanges: []types.IpRange{ip},
				})
			}
		}
	}
	if err := r.authorize(ctx, id, g.CIDR, missing); err != nil {
		return err
	}
	if len(surplus) == 0 {
		return nil
	}
	_, err := r.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: sdk.String(id), IpPermissions: surplus,
	})
	if codeOf(err) == "InvalidPermission.NotFound" {
		return nil
	}
	return r.fail(ctx, "close what the security group need not open", err)
}

// authorize opens each port by a call of its own: one rule that is there
// already would otherwise refuse them all.
func (r *Regional) authorize(ctx context.Context, id, cidr string, ports []int) error {
	for _, port := range ports {
		err := r.eventually(ctx, "InvalidGroup.NotFound", func() error {
			_, err := r.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: sdk.String(id),
				IpPermissions: []types.IpPermission{{
					IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(int32(port)), ToPort: sdk.Int32(int32(port)), // #nosec G115 -- a port
					IpRanges: []types.IpRange{{CidrIp: sdk.String(cidr), Description: sdk.String(ruleMark)}},
				}},
			})
			return err
		})
		if err != nil && codeOf(err) != "InvalidPermission.Duplicate" {
			return r.fail(ctx, "open the security group to your address", err)
		}
	}
	return nil
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
