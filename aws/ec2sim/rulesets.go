package ec2sim

import "slices"

// ruleByID is the rule with that ID, and its group.
func (r *region) ruleByID(id string) (*group, *rule, error) {
	for _, g := range r.Groups {
		if one := find(g.Rules, func(x *rule) bool { return x.ID == id }); one != nil {
			return g, one, nil
		}
	}
	return nil, nil, refuse("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}

type ruleInfo struct {
	ID          string `xml:"securityGroupRuleId"`
	Group       string `xml:"groupId"`
	Owner       string `xml:"groupOwnerId"`
	Egress      bool   `xml:"isEgress"`
	Protocol    string `xml:"ipProtocol"`
	FromPort    int    `xml:"fromPort"`
	ToPort      int    `xml:"toPort"`
	CIDR        string `xml:"cidrIpv4,omitempty"`
	CIDR6       string `xml:"cidrIpv6,omitempty"`
	Peer        *peer  `xml:"referencedGroupInfo"`
	Description string `xml:"description,omitempty"`
	Tags        []tag  `xml:"tagSet>item"`
	ARN         string `xml:"securityGroupRuleArn"`
}

type peer struct {
	Group string `xml:"groupId"`
}

func (c *call) ruleInfo(g *group, r *rule) *ruleInfo {
	info := &ruleInfo{
		ID: r.ID, Group: g.ID, Owner: c.cloud.opts.Account, Protocol: r.Protocol, FromPort: r.FromPort, ToPort: r.ToPort,
		CIDR: r.CIDR, CIDR6: r.CIDR6, Description: r.Description, Tags: wireTags(c.region.Tags[r.ID]), ARN: c.arn("security-group-rule/" + r.ID),
	}
	if r.Protocol == "-1" {
		info.FromPort, info.ToPort = -1, -1
	}
	if r.Group != "" {
		info.Peer = &peer{r.Group}
	}
	return info
}

type describeRulesIn struct {
	page
	SecurityGroupRuleId []string
	Filter              []filter
}

type describeRulesOut struct {
	Rules     []*ruleInfo `xml:"securityGroupRuleSet>item"`
	NextToken string      `xml:"nextToken,omitempty"`
}

func describeRules(c *call, in *describeRulesIn) (*describeRulesOut, error) {
	for _, id := range in.SecurityGroupRuleId {
		if _, _, err := c.region.ruleByID(id); err != nil {
			return nil, err
		}
	}
	var all []*ruleInfo
	for _, g := range c.region.Groups {
		for _, r := range g.Rules {
			if len(in.SecurityGroupRuleId) == 0 || slices.Contains(in.SecurityGroupRuleId, r.ID) {
				all = append(all, c.ruleInfo(g, r))
			}
		}
		if len(in.SecurityGroupRuleId) == 0 {
			// The rule that every group has from the start; its ID is the
			// group's with another prefix.
			out := c.ruleInfo(g, &rule{ID: "sgr" + g.ID[2:], Protocol: "-1", CIDR: "0.0.0.0/0"})
			out.Egress = true
			all = append(all, out)
		}
	}
	all, err := sift(all, in.Filter, func(r *ruleInfo, name string) ([]string, bool) {
		switch name {
		case "group-id":
			return []string{r.Group}, true
		case "security-group-rule-id":
			return []string{r.ID}, true
		}
		return nil, false
	}, func(r *ruleInfo) map[string]string { return c.region.Tags[r.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeRulesOut{}
	out.Rules, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

type modifyRulesIn struct {
	GroupId           string
	SecurityGroupRule []struct {
		SecurityGroupRuleId string
		SecurityGroupRule   struct {
			IpProtocol, CidrIpv4, CidrIpv6, ReferencedGroupId, Description string
			FromPort, ToPort                                               *int
		}
	}
}

// modifyRules changes rules in place. The request says the whole new rule.
func modifyRules(c *call, in *modifyRulesIn) (*done, error) {
	g, err := c.region.groupOf(in.GroupId, "")
	if err != nil {
		return nil, err
	}
	var changed []*rule
	for _, one := range in.SecurityGroupRule {
		of, old, err := c.region.ruleByID(one.SecurityGroupRuleId)
		if err != nil {
			return nil, err
		}
		if of != g {
			return nil, refuse("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", old.ID)
		}
		to := one.SecurityGroupRule
		p := permission{IpProtocol: to.IpProtocol, FromPort: to.FromPort, ToPort: to.ToPort}
		switch {
		case to.CidrIpv4 != "":
			p.IpRanges = []ipv4Source{{to.CidrIpv4, to.Description}}
		case to.CidrIpv6 != "":
			p.Ipv6Ranges = []ipv6Source{{to.CidrIpv6, to.Description}}
		case to.ReferencedGroupId != "":
			p.Groups = []groupPeer{{GroupId: to.ReferencedGroupId, Description: to.Description}}
		}
		asked, err := c.region.rules([]permission{p})
		if err != nil {
			return nil, err
		}
		asked[0].ID = old.ID
		if other := find(g.Rules, asked[0].same); other != nil && other.ID != old.ID {
			return nil, refuse("InvalidPermission.Duplicate", "the specified rule \"%s\" already exists", asked[0])
		}
		changed = append(changed, asked[0])
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	for _, r := range changed {
		*find(g.Rules, func(x *rule) bool { return x.ID == r.ID }) = *r
	}
	return &done{true}, nil
}
