package aws

import (
	"context"
	"net/netip"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ruleMark is the description of the rules made here. Rules without it were
// made by somebody else and stay.
const ruleMark = "jupyter-ec2"

// GroupRules lists what lets IPv4 networks in at one TCP port: all rules made
// here are like that. Rules of others that let in whole ranges of ports, IPv6
// networks or security groups are not listed.
func (r *Regional) GroupRules(ctx context.Context, id string) ([]Rule, error) {
	doing := "read the rules of the security group " + id
	out, err := r.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	if err != nil {
		return nil, r.fail(ctx, doing, err)
	}
	var rules []Rule
	for _, g := range out.SecurityGroups {
		for _, p := range g.IpPermissions {
			if sdk.ToString(p.IpProtocol) != "tcp" || sdk.ToInt32(p.FromPort) != sdk.ToInt32(p.ToPort) {
				continue
			}
			for _, ip := range p.IpRanges {
				rules = append(rules, Rule{int(sdk.ToInt32(p.FromPort)), sdk.ToString(ip.CidrIp), sdk.ToString(ip.Description) == ruleMark})
			}
		}
	}
	return rules, nil
}

// want are the rules that the spec asks for, each once, its own address first.
func (g GroupSpec) want() []Rule {
	var all []Rule
	add := func(port int, cidr string) {
		// EC2 clears the host's bits of what it is given.
		if p, err := netip.ParsePrefix(cidr); err == nil {
			cidr = p.Masked().String()
		}
		if one := (Rule{port, cidr, true}); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	for _, port := range g.Ports {
		add(port, g.CIDR)
	}
	for _, also := range g.Also {
		add(also.Port, also.CIDR)
	}
	return all
}

// ensureRules changes the group's rules until they are seen to be those wanted:
// EC2 may take a request and do nothing. One that was created just now lets
// nobody in: it is not asked at first.
func (r *Regional) ensureRules(ctx context.Context, doing, id string, want []Rule, created bool) error {
	return r.eventually(ctx, codeNoEffect, func() error {
		var have []types.SecurityGroupRule
		var err error
		if !created {
			if have, err = r.ingress(ctx, id); err != nil {
				return r.fail(ctx, doing, err)
			}
			if rulesMatch(want, have) {
				return nil
			}
		}
		created = false
		if err := r.setRules(ctx, id, want, have); err != nil {
			return err
		}
		if have, err = r.ingress(ctx, id); err != nil {
			return r.fail(ctx, doing, err)
		}
		if rulesMatch(want, have) {
			return nil
		}
		return r.own(codeNoEffect, doing, "its rules did not change")
	})
}

// rulesMatch reports whether the rules are those wanted.
func rulesMatch(want []Rule, have []types.SecurityGroupRule) bool {
	missing, surplus := compare(want, have)
	return len(missing) == 0 && len(surplus) == 0
}

// compare tells what is missing, and which rules of ours are not wanted.
func compare(want []Rule, have []types.SecurityGroupRule) (missing []Rule, surplus []types.SecurityGroupRule) {
	missing = slices.Clone(want)
	for _, h := range have {
		if i := slices.Index(missing, ruleOf(h)); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		} else if sdk.ToString(h.Description) == ruleMark {
			surplus = append(surplus, h)
		}
	}
	return missing, surplus
}

// setRules makes the group's rules of ours exactly those wanted. What is only
// at another address than wanted is moved there, so that there is no moment
// without it; what is then missing is added, and what is then not wanted revoked.
func (r *Regional) setRules(ctx context.Context, id string, want []Rule, have []types.SecurityGroupRule) error {
	missing, surplus := compare(want, have)
	missing, surplus = r.moveRules(ctx, id, missing, surplus)
	for _, m := range missing {
		if err := r.authorize(ctx, id, m); err != nil {
			return err
		}
	}
	for _, s := range surplus {
		if err := r.revoke(ctx, id, s); err != nil {
			return err
		}
	}
	return nil
}

// ruleOf is an EC2 rule as one that is wanted here, whoever made it, and an
// impossible one where it is of another form.
func ruleOf(h types.SecurityGroupRule) Rule {
	port := sdk.ToInt32(h.FromPort)
	if sdk.ToString(h.IpProtocol) != "tcp" || port != sdk.ToInt32(h.ToPort) || h.CidrIpv4 == nil {
		return Rule{}
	}
	return Rule{int(port), *h.CidrIpv4, true}
}

// moveRules changes rules in place that are to let the same port in from
// somewhere else, and answers what is left missing and surplus. Where EC2 will
// not move them, they are added and revoked instead.
func (r *Regional) moveRules(ctx context.Context, id string, missing []Rule, surplus []types.SecurityGroupRule) ([]Rule, []types.SecurityGroupRule) {
	var moved []types.SecurityGroupRuleUpdate
	restMissing, rest := slices.Clone(missing), []types.SecurityGroupRule{}
	for _, s := range surplus {
		at := ruleOf(s)
		n := slices.IndexFunc(restMissing, func(m Rule) bool { return at.Port != 0 && m.Port == at.Port })
		if n < 0 {
			rest = append(rest, s)
			continue
		}
		moved = append(moved, types.SecurityGroupRuleUpdate{SecurityGroupRuleId: s.SecurityGroupRuleId, SecurityGroupRule: &types.SecurityGroupRuleRequest{
			IpProtocol: s.IpProtocol, FromPort: s.FromPort, ToPort: s.ToPort,
			CidrIpv4: sdk.String(restMissing[n].CIDR), Description: sdk.String(ruleMark),
		}})
		restMissing = slices.Delete(restMissing, n, n+1)
	}
	if len(moved) == 0 {
		return missing, surplus
	}
	_, err := r.ec2.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: sdk.String(id), SecurityGroupRules: moved})
	if err != nil {
		return missing, surplus
	}
	return restMissing, rest
}

// authorize opens a port by a call of its own: one rule that is there already
// would otherwise refuse them all.
func (r *Regional) authorize(ctx context.Context, id string, m Rule) error {
	err := r.eventually(ctx, codeNoGroup, func() error {
		_, err := r.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: sdk.String(id),
			IpPermissions: []types.IpPermission{{
				IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(int32(m.Port)), ToPort: sdk.Int32(int32(m.Port)), // #nosec G115 -- a port
				IpRanges: []types.IpRange{{CidrIp: sdk.String(m.CIDR), Description: sdk.String(ruleMark)}},
			}},
		})
		return err
	})
	if codeOf(err) == "InvalidPermission.Duplicate" {
		return nil
	}
	return r.fail(ctx, "open the security group to "+m.CIDR, err)
}

// revoke closes what a rule lets in. It says what, and not the rule's ID: for
// that, IAM would ask for the tag on the rule itself, where none is.
func (r *Regional) revoke(ctx context.Context, id string, s types.SecurityGroupRule) error {
	p := types.IpPermission{IpProtocol: s.IpProtocol, FromPort: s.FromPort, ToPort: s.ToPort}
	switch {
	case s.CidrIpv4 != nil:
		p.IpRanges = []types.IpRange{{CidrIp: s.CidrIpv4}}
	case s.CidrIpv6 != nil:
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: s.CidrIpv6}}
	default:
		return nil // nothing that was ever made here
	}
	_, err := r.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: sdk.String(id), IpPermissions: []types.IpPermission{p}})
	if codeOf(err) == "InvalidPermission.NotFound" {
		return nil
	}
	return r.fail(ctx, "close what the security group does not need open", err)
}

// ingress lists a group's rules for what comes in.
func (r *Regional) ingress(ctx context.Context, id string) ([]types.SecurityGroupRule, error) {
	var all []types.SecurityGroupRule
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(r.ec2, &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{filter("group-id", id)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, one := range page.SecurityGroupRules {
			if !sdk.ToBool(one.IsEgress) {
				all = append(all, one)
			}
		}
	}
	return all, nil
}
