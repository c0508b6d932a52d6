package contract

import (
	"context"
	"errors"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// machine is the address of another machine that is let in as well.
const machine = "192.0.2.5/32"

// rulePromises are about groups that let in more than one's own address.
func rulePromises() []promise {
	// ensure makes a group that lets in SSH from here and from a machine, and
	// then what change makes of its spec.
	ensure := func(change func(*aws.GroupSpec), want ...string) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			spec, err := c.groupSpec(ctx, here, 22)
			spec.Also = []aws.Rule{{Port: 22, CIDR: machine}}
			first, err2 := c.EnsureGroup(ctx, spec)
			change(&spec)
			again, err3 := c.EnsureGroup(ctx, spec)
			return errors.Join(err, err2, err3, same("group", again, first), c.exactly(ctx, first, want...))
		}
	}
	return []promise{
		{"EnsureGroup", "let in another machine as well", ensure(func(*aws.GroupSpec) {}, "tcp 22 "+machine, "tcp 22 "+here)},
		{"EnsureGroup", "let another machine in no more", ensure(func(s *aws.GroupSpec) { s.Also = nil }, "tcp 22 "+here)},
		{"EnsureGroup", "let in another machine at its own port", ensure(func(s *aws.GroupSpec) { s.Also = []aws.Rule{{Port: 8888, CIDR: machine}} }, "tcp 22 "+here, "tcp 8888 "+machine)},
		{"EnsureGroup", "follow a new address and go on letting in another machine", ensure(func(s *aws.GroupSpec) { s.CIDR = there }, "tcp 22 "+machine, "tcp 22 "+there)},
		{"EnsureGroup", "let in nothing twice", ensure(func(s *aws.GroupSpec) { s.Also = append(s.Also, aws.Rule{Port: 22, CIDR: here}) }, "tcp 22 "+machine, "tcp 22 "+here)},
		{"EnsureGroup", "move a rule to a new address in place", func(ctx context.Context, c *cloud) error {
			id, err := c.group(ctx)
			before, err2 := c.ruleIDs(ctx, id)
			spec, err3 := c.groupSpec(ctx, there, 22)
			_, err4 := c.EnsureGroup(ctx, spec)
			after, err5 := c.ruleIDs(ctx, id)
			return errors.Join(err, err2, err3, err4, err5, that(len(before) == 1, "rules %v", before), same("rules", after, before), c.exactly(ctx, id, "tcp 22 "+there))
		}},
		{"GroupRules", "list what is let in, and by whom", func(ctx context.Context, c *cloud) error {
			id, err := c.group(ctx)
			_, err2 := c.raw.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: []types.IpPermission{
				{IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(443), ToPort: sdk.Int32(443), IpRanges: []types.IpRange{{CidrIp: sdk.String(there), Description: sdk.String("a colleague's")}}},
				{IpProtocol: sdk.String("udp"), FromPort: sdk.Int32(53), ToPort: sdk.Int32(53), IpRanges: []types.IpRange{{CidrIp: sdk.String(there)}}},
			}})
			rules, err3 := c.GroupRules(ctx, id)
			slices.SortFunc(rules, func(a, b aws.Rule) int { return a.Port - b.Port })
			return errors.Join(err, err2, err3, same("rules", rules, []aws.Rule{{Port: 22, CIDR: here, Ours: true}, {Port: 443, CIDR: there}}))
		}},
		{"GroupRules", "not find a group that never was", func(ctx context.Context, c *cloud) error {
			_, err := c.GroupRules(ctx, "sg-0123456789abcdef0")
			return explained(err, "failed", "It no longer exists", "InvalidGroup.NotFound")
		}},
	}
}

// ruleIDs are those of a group's rules for what comes in, sorted.
func (c *cloud) ruleIDs(ctx context.Context, group string) ([]string, error) {
	out, err := c.raw.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: where("group-id", group)})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range out.SecurityGroupRules {
		if !*r.IsEgress {
			ids = append(ids, *r.SecurityGroupRuleId)
		}
	}
	return sorted(ids...), nil
}
