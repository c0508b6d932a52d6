package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

const (
	here  = "198.51.100.7/32"
	there = "203.0.113.9/32"
)

// groupSpec asks for a group of setup s1 in the default VPC.
func (c *cloud) groupSpec(ctx context.Context, cidr string, ports ...int) (aws.GroupSpec, error) {
	n, err := c.Network(ctx, aws.NetworkSpec{})
	return aws.GroupSpec{Name: "jupyter-ec2-demo", Description: "jupyter-ec2 demo", VPC: n.VPC, CIDR: cidr, Ports: ports, Tags: mine()}, err
}

// group is a new group of setup s1 that lets in SSH from here.
func (c *cloud) group(ctx context.Context) (string, error) {
	spec, err := c.groupSpec(ctx, here, 22)
	if err != nil {
		return "", err
	}
	return c.EnsureGroup(ctx, spec)
}

// lets returns what a group lets in, as "tcp 22 198.51.100.7/32", sorted.
func (c *cloud) lets(ctx context.Context, group string) ([]string, error) {
	out, err := c.raw.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, p := range out.SecurityGroups[0].IpPermissions {
		if len(p.Ipv6Ranges)+len(p.UserIdGroupPairs)+len(p.PrefixListIds) > 0 || *p.FromPort != *p.ToPort {
			return nil, fmt.Errorf("a rule that nobody asked for: %+v", p)
		}
		for _, ip := range p.IpRanges {
			all = append(all, fmt.Sprint(*p.IpProtocol, " ", *p.FromPort, " ", *ip.CidrIp))
		}
	}
	slices.Sort(all)
	return all, nil
}

func (c *cloud) exactly(ctx context.Context, group string, want ...string) error {
	got, err := c.lets(ctx, group)
	return errors.Join(err, same("lets in", got, want))
}

func groupPromises() []promise {
	return slices.Concat(ensurePromises(), []promise{
		{"GroupsByTag", "find those with all the tags", func(ctx context.Context, c *cloud) error {
			id, err := c.group(ctx)
			spec, err2 := c.groupSpec(ctx, here, 22)
			spec.Name, spec.Tags = "other", map[string]string{aws.TagSetup: "s2", aws.TagName: "demo"}
			_, err3 := c.EnsureGroup(ctx, spec)
			found, err4 := c.GroupsByTag(ctx, map[string]string{aws.TagSetup: "s1", aws.TagName: "demo"})
			none, err5 := c.GroupsByTag(ctx, map[string]string{aws.TagSetup: "s3"})
			return errors.Join(err, err2, err3, err4, err5, same("groups", found, []string{id}), same("of nobody", len(none), 0))
		}},
		{"DeleteGroup", "delete that one, and again without an error", func(ctx context.Context, c *cloud) error {
			id, err := c.group(ctx)
			err2, err3 := c.DeleteGroup(ctx, id), c.DeleteGroup(ctx, id)
			left, err4 := c.GroupsByTag(ctx, mine())
			return errors.Join(err, err2, err3, err4, same("left", len(left), 0))
		}},
		{"DeleteGroup", "succeed for one that never was", func(ctx context.Context, c *cloud) error {
			return c.DeleteGroup(ctx, "sg-0123456789abcdef0")
		}},
		{"DeleteGroup", "not delete one that a machine uses", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			if err != nil {
				return err
			}
			// It is asked again until then, and must have been answered once.
			refusal := briefly(ctx, func(ctx context.Context) error { return c.DeleteGroup(ctx, i.GroupIDs[0]) })
			if err := explained(refusal, "failed", "Something still uses it", "DependencyViolation"); err != nil {
				return err
			}
			left, err := c.GroupsByTag(ctx, mine())
			return errors.Join(err, same("left", left, i.GroupIDs))
		}},
		{"DeleteGroup", "wait until the machine has ended", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			if err != nil {
				return err
			}
			err2, err3 := c.Terminate(ctx, i.ID), c.DeleteGroup(ctx, i.GroupIDs[0])
			left, err4 := c.GroupsByTag(ctx, mine())
			return errors.Join(err2, err3, err4, same("left", len(left), 0))
		}},
	})
}

func ensurePromises() []promise {
	// ensure makes the group of SSH from here what change makes of its spec.
	ensure := func(change func(*aws.GroupSpec), want ...string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			first, err := c.group(ctx)
			spec, err2 := c.groupSpec(ctx, here, 22)
			change(&spec)
			again, err3 := c.EnsureGroup(ctx, spec)
			return errors.Join(err, err2, err3, same("group", again, first), c.exactly(ctx, first, want...))
		}
	}
	refuse := func(change func(*aws.GroupSpec), codes ...string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			spec, err := c.groupSpec(ctx, here, 22)
			change(&spec)
			_, refusal := c.EnsureGroup(ctx, spec)
			return errors.Join(err, refused(refusal, codes...))
		}
	}
	return []promise{
		{"EnsureGroup", "let in the ports from one address and nothing else, with its tags", func(ctx context.Context, c *cloud) error {
			spec, err := c.groupSpec(ctx, here, 22, 8888)
			if err != nil {
				return err
			}
			id, err := c.EnsureGroup(ctx, spec)
			if err != nil {
				return err
			}
			out, err := c.raw.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
			if err != nil {
				return err
			}
			g := out.SecurityGroups[0]
			tags := map[string]string{}
			for _, t := range g.Tags {
				tags[*t.Key] = *t.Value
			}
			return errors.Join(that(strings.HasPrefix(id, "sg-"), "ID %q", id), same("name", *g.GroupName, spec.Name), same("VPC", *g.VpcId, spec.VPC),
				same("description", *g.Description, spec.Description), same("tags", tags, mine()),
				that(len(g.IpPermissionsEgress) == 1 && *g.IpPermissionsEgress[0].IpProtocol == "-1", "lets out %+v", g.IpPermissionsEgress),
				c.exactly(ctx, id, "tcp 22 "+here, "tcp 8888 "+here))
		}},
		{"EnsureGroup", "leave what is right as it is", ensure(func(*aws.GroupSpec) {}, "tcp 22 "+here)},
		{"EnsureGroup", "open what is missing", ensure(func(s *aws.GroupSpec) { s.Ports = []int{22, 8888} }, "tcp 22 "+here, "tcp 8888 "+here)},
		{"EnsureGroup", "close what is not wanted any more", ensure(func(s *aws.GroupSpec) { s.Ports = []int{8888} }, "tcp 8888 "+here)},
		{"EnsureGroup", "follow a new address", ensure(func(s *aws.GroupSpec) { s.CIDR = there }, "tcp 22 "+there)},
		{"EnsureGroup", "find the group under a changed name tag", ensure(func(s *aws.GroupSpec) { s.Tags["Name"] = "renamed" }, "tcp 22 "+here)},
		{"EnsureGroup", "leave rules that others made", func(ctx context.Context, c *cloud) error {
			id, err := c.group(ctx)
			_, err2 := c.raw.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: []types.IpPermission{{
				IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(443), ToPort: sdk.Int32(443),
				IpRanges: []types.IpRange{{CidrIp: sdk.String(there), Description: sdk.String("a colleague's")}},
			}}})
			spec, err3 := c.groupSpec(ctx, there, 22)
			_, err4 := c.EnsureGroup(ctx, spec)
			return errors.Join(err, err2, err3, err4, c.exactly(ctx, id, "tcp 22 "+there, "tcp 443 "+there))
		}},
		{"EnsureGroup", "leave a group of that name alone that is not the setup's", func(ctx context.Context, c *cloud) error {
			spec, err := c.groupSpec(ctx, here, 22)
			if err != nil {
				return err
			}
			theirs, err := c.raw.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &spec.Name, Description: sdk.String("theirs"), VpcId: &spec.VPC})
			if err != nil {
				return err
			}
			_, err = c.EnsureGroup(ctx, spec)
			return errors.Join(explained(err, "answers", "The security group's name is taken", "GroupNotOurs"), c.exactly(ctx, *theirs.GroupId))
		}},
		{"EnsureGroup", "refuse an address that is none", refuse(func(s *aws.GroupSpec) { s.CIDR = "everywhere" }, "InvalidParameterValue")},
		{"EnsureGroup", "refuse a VPC that is not there", refuse(func(s *aws.GroupSpec) { s.VPC = "vpc-0123456789abcdef0" }, "InvalidVpcID.NotFound")},
	}
}
