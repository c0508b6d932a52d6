package ec2sim

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// rule is one ingress rule of a security group: one source, one port range.
type rule struct {
	ID               string
	Protocol         string // "tcp", "udp", "icmp", "-1"
	FromPort, ToPort int
	CIDR, CIDR6      string // one of these three
	Group            string
	Description      string
}

// same reports whether two rules let the same in.
func (r *rule) same(o *rule) bool {
	return r.Protocol == o.Protocol && r.FromPort == o.FromPort && r.ToPort == o.ToPort &&
		r.CIDR == o.CIDR && r.CIDR6 == o.CIDR6 && r.Group == o.Group
}

// String is the rule as EC2's errors name it.
func (r *rule) String() string {
	protocol := strings.ToUpper(r.Protocol)
	if protocol == "-1" {
		protocol = "ALL"
	}
	return "peer: " + r.CIDR + r.CIDR6 + r.Group + ", " + protocol + ", from port: " + strconv.Itoa(r.FromPort) + ", to port: " + strconv.Itoa(r.ToPort) + ", ALLOW"
}

// permission is EC2's older form of rules: many sources share a port range.
// It is both a request's and an answer's.
type permission struct {
	IpProtocol string       `xml:"ipProtocol"`
	FromPort   *int         `xml:"fromPort"`
	ToPort     *int         `xml:"toPort"`
	Groups     []groupPeer  `xml:"groups>item"`
	IpRanges   []ipv4Source `xml:"ipRanges>item"`
	Ipv6Ranges []ipv6Source `xml:"ipv6Ranges>item"`
}

type groupPeer struct {
	GroupId     string `xml:"groupId"`
	UserId      string `xml:"userId,omitempty"`
	Description string `xml:"description,omitempty"`
}

type ipv4Source struct {
	CidrIp      string `xml:"cidrIp"`
	Description string `xml:"description,omitempty"`
}

type ipv6Source struct {
	CidrIpv6    string `xml:"cidrIpv6"`
	Description string `xml:"description,omitempty"`
}

// permissions are rules in the older form.
func permissions(rules []*rule) []*permission {
	var all []*permission
	for _, r := range rules {
		p := find(all, func(p *permission) bool {
			return p.IpProtocol == r.Protocol && value(p.FromPort) == r.FromPort && value(p.ToPort) == r.ToPort
		})
		if p == nil {
			p = &permission{IpProtocol: r.Protocol}
			if r.Protocol != "-1" {
				p.FromPort, p.ToPort = &r.FromPort, &r.ToPort
			}
			all = append(all, p)
		}
		switch {
		case r.CIDR != "":
			p.IpRanges = append(p.IpRanges, ipv4Source{r.CIDR, r.Description})
		case r.CIDR6 != "":
			p.Ipv6Ranges = append(p.Ipv6Ranges, ipv6Source{r.CIDR6, r.Description})
		default:
			p.Groups = append(p.Groups, groupPeer{GroupId: r.Group, Description: r.Description})
		}
	}
	return all
}

func value[T any](p *T) T {
	var zero T
	if p != nil {
		return *p
	}
	return zero
}

// rules are the rules that a request's permissions ask for, checked.
func (r *region) rules(asked []permission) ([]*rule, error) {
	var all []*rule
	for _, p := range asked {
		base := rule{Protocol: strings.ToLower(p.IpProtocol), FromPort: value(p.FromPort), ToPort: value(p.ToPort)}
		switch base.Protocol {
		case "6":
			base.Protocol = "tcp"
		case "17":
			base.Protocol = "udp"
		case "-1":
			base.FromPort, base.ToPort = 0, 0
		}
		if len(p.IpRanges)+len(p.Ipv6Ranges)+len(p.Groups) == 0 {
			return nil, refuse("MissingParameter", "Source group missing")
		}
		for _, s := range p.IpRanges {
			one := base
			one.CIDR, one.Description = s.CidrIp, s.Description
			all = append(all, &one)
		}
		for _, s := range p.Ipv6Ranges {
			one := base
			one.CIDR6, one.Description = s.CidrIpv6, s.Description
			all = append(all, &one)
		}
		for _, s := range p.Groups {
			one := base
			one.Group, one.Description = s.GroupId, s.Description
			all = append(all, &one)
		}
	}
	if len(all) == 0 {
		return nil, refuse("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	for _, one := range all {
		if err := r.checkRule(one); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r *region) checkRule(one *rule) error {
	switch one.Protocol {
	case "tcp", "udp":
		if one.FromPort < 0 || one.ToPort > 65535 || one.FromPort > one.ToPort {
			return refuse("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", one.FromPort, one.ToPort)
		}
	case "icmp", "-1":
	default:
		return refuse("InvalidPermission.Malformed", "Unsupported IP protocol \"%s\" - supported: [tcp, udp, icmp, -1]", one.Protocol)
	}
	if one.Group != "" {
		_, err := r.groupByID(one.Group)
		return err
	}
	p, err := netip.ParsePrefix(one.CIDR + one.CIDR6)
	if err != nil || p.Addr().Is4() != (one.CIDR != "") {
		return refuse("InvalidParameterValue", "CIDR block %s is malformed", one.CIDR+one.CIDR6)
	}
	// EC2 clears the host's bits.
	if one.CIDR != "" {
		one.CIDR = p.Masked().String()
	} else {
		one.CIDR6 = p.Masked().String()
	}
	return nil
}

// ingressIn names rules in the newer form, or one rule by the oldest.
type ingressIn struct {
	GroupId, GroupName  string
	IpPermissions       []permission
	IpProtocol, CidrIp  string
	FromPort, ToPort    *int
	TagSpecification    []tagSpec
	SecurityGroupRuleId []string // Revoke only
}

func (in *ingressIn) asked() []permission {
	if in.IpProtocol == "" {
		return in.IpPermissions
	}
	return append(in.IpPermissions, permission{
		IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort, IpRanges: []ipv4Source{{CidrIp: in.CidrIp}},
	})
}

type authorizeOut struct {
	Return bool        `xml:"return"`
	Rules  []*ruleInfo `xml:"securityGroupRuleSet>item"`
}

func authorizeIngress(c *call, in *ingressIn) (*authorizeOut, error) {
	g, err := c.region.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	asked, err := c.region.rules(in.asked())
	if err != nil {
		return nil, err
	}
	tags, err := tagsFor(in.TagSpecification, "security-group-rule")
	if err != nil {
		return nil, err
	}
	all := slices.Clone(g.Rules)
	for _, r := range asked {
		if find(all, r.same) != nil {
			return nil, refuse("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", r)
		}
		r.ID = newID("sgr")
		all = append(all, r)
	}
	if len(all) > 60 {
		return nil, refuse("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	g.Rules = all
	out := &authorizeOut{Return: true}
	for _, r := range asked {
		c.region.tag(r.ID, tags)
		out.Rules = append(out.Rules, c.ruleInfo(g, r))
	}
	return out, nil
}

type revokeOut struct {
	Return  bool          `xml:"return"`
	Unknown []*permission `xml:"unknownIpPermissionSet>item"`
	Revoked []*ruleInfo   `xml:"revokedSecurityGroupRuleSet>item"`
}

// revokeIngress answers, as documented for a default VPC, what was not there
// instead of failing for it.
func revokeIngress(c *call, in *ingressIn) (*revokeOut, error) {
	g, err := c.region.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	out := &revokeOut{Return: true}
	var gone, unknown []*rule
	for _, id := range in.SecurityGroupRuleId {
		of, r, err := c.region.ruleByID(id)
		if err != nil {
			return nil, err
		}
		if of != g {
			return nil, refuse("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
		}
		gone = append(gone, r)
	}
	if len(in.SecurityGroupRuleId) == 0 {
		asked, err := c.region.rules(in.asked())
		if err != nil {
			return nil, err
		}
		for _, r := range asked {
			if have := find(g.Rules, r.same); have != nil {
				gone = append(gone, have)
			} else {
				unknown = append(unknown, r)
			}
		}
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	out.Unknown = permissions(unknown)
	for _, r := range gone {
		out.Revoked = append(out.Revoked, c.ruleInfo(g, r))
		delete(c.region.Tags, r.ID)
	}
	g.Rules = slices.DeleteFunc(g.Rules, func(r *rule) bool { return slices.Contains(gone, r) })
	return out, nil
}
