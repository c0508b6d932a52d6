package ec2sim

import (
	"slices"
	"strconv"
)

// group is a security group. Egress is always everything, as in a new group.
type group struct {
	ID, Name, Description, VPC string
	Rules                      []*rule
}

func (r *region) groupByID(id string) (*group, error) {
	g := find(r.Groups, func(g *group) bool { return g.ID == id })
	if g == nil {
		return nil, refuse("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
	}
	return g, nil
}

// groupNamed is a group of the default VPC.
func (r *region) groupNamed(name string) (*group, error) {
	v := r.defaultVPC()
	if v == nil {
		return nil, refuse("VPCIdNotSpecified", "")
	}
	g := find(r.Groups, func(g *group) bool { return g.Name == name && g.VPC == v.ID })
	if g == nil {
		return nil, refuse("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", name, v.ID)
	}
	return g, nil
}

// groupOf is the group that a request names by ID or by name.
func (r *region) groupOf(id, name string) (*group, error) {
	switch {
	case id != "":
		return r.groupByID(id)
	case name != "":
		return r.groupNamed(name)
	}
	return nil, refuse("MissingParameter", "The request must contain the parameter groupName or groupId")
}

type createGroupIn struct {
	GroupName, GroupDescription, VpcId string
	TagSpecification                   []tagSpec
}

type createGroupOut struct {
	ID   string `xml:"groupId"`
	ARN  string `xml:"securityGroupArn"`
	Tags []tag  `xml:"tagSet>item"`
}

func createGroup(c *call, in *createGroupIn) (*createGroupOut, error) {
	switch {
	case in.GroupName == "" || in.GroupDescription == "":
		return nil, refuse("MissingParameter", "The request must contain the parameter GroupName and GroupDescription")
	case in.GroupName == "default" || len(in.GroupName) > 3 && in.GroupName[:3] == "sg-":
		return nil, refuse("InvalidParameterValue", "Cannot use reserved security group name: %s", in.GroupName)
	case len(in.GroupName) > 255 || len(in.GroupDescription) > 255:
		return nil, refuse("InvalidParameterValue", "Value for parameter GroupName or GroupDescription is invalid. Character sets beyond ASCII or more than 255 characters are not supported.")
	}
	vpcID := in.VpcId
	if vpcID == "" {
		v := c.region.defaultVPC()
		if v == nil {
			return nil, refuse("VPCIdNotSpecified", "")
		}
		vpcID = v.ID
	}
	if err := c.region.hasVPC(vpcID); err != nil {
		return nil, err
	}
	if find(c.region.Groups, func(g *group) bool { return g.Name == in.GroupName && g.VPC == vpcID }) != nil {
		return nil, refuse("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", in.GroupName, vpcID)
	}
	tags, err := tagsFor(in.TagSpecification, "security-group")
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	g := &group{ID: newID("sg"), Name: in.GroupName, Description: in.GroupDescription, VPC: vpcID}
	c.region.Groups = append(c.region.Groups, g)
	c.region.tag(g.ID, tags)
	return &createGroupOut{g.ID, c.arn("security-group/" + g.ID), wireTags(tags)}, nil
}

// arn is the name of one of the region's resources.
func (c *call) arn(resource string) string {
	return "arn:aws:ec2:" + c.regionName + ":" + c.cloud.opts.Account + ":" + resource
}

type describeGroupsIn struct {
	page
	GroupId, GroupName []string
	Filter             []filter
}

type groupInfo struct {
	ID          string        `xml:"groupId"`
	Name        string        `xml:"groupName"`
	Description string        `xml:"groupDescription"`
	VPC         string        `xml:"vpcId"`
	Owner       string        `xml:"ownerId"`
	ARN         string        `xml:"securityGroupArn"`
	Ingress     []*permission `xml:"ipPermissions>item"`
	Egress      []*permission `xml:"ipPermissionsEgress>item"`
	Tags        []tag         `xml:"tagSet>item"`
}

type describeGroupsOut struct {
	Groups    []*groupInfo `xml:"securityGroupInfo>item"`
	NextToken string       `xml:"nextToken,omitempty"`
}

func describeGroups(c *call, in *describeGroupsIn) (*describeGroupsOut, error) {
	asked := slices.Clone(in.GroupId)
	for _, name := range in.GroupName {
		g, err := c.region.groupNamed(name)
		if err != nil {
			return nil, err
		}
		asked = append(asked, g.ID)
	}
	for _, id := range in.GroupId {
		if _, err := c.region.groupByID(id); err != nil {
			return nil, err
		}
	}
	var all []*groupInfo
	for _, g := range c.region.Groups {
		if len(asked) == 0 || slices.Contains(asked, g.ID) {
			all = append(all, &groupInfo{
				g.ID, g.Name, g.Description, g.VPC, c.cloud.opts.Account, c.arn("security-group/" + g.ID),
				permissions(g.Rules), permissions([]*rule{{Protocol: "-1", CIDR: "0.0.0.0/0"}}), wireTags(c.region.Tags[g.ID]),
			})
		}
	}
	all, err := sift(all, in.Filter, groupAttribute, func(g *groupInfo) map[string]string { return c.region.Tags[g.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeGroupsOut{}
	out.Groups, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

func groupAttribute(g *groupInfo, name string) ([]string, bool) {
	switch name {
	case "group-id":
		return []string{g.ID}, true
	case "group-name":
		return []string{g.Name}, true
	case "vpc-id":
		return []string{g.VPC}, true
	case "description":
		return []string{g.Description}, true
	case "owner-id":
		return []string{g.Owner}, true
	case "ip-permission.from-port":
		var ports []string
		for _, p := range g.Ingress {
			ports = append(ports, strconv.Itoa(value(p.FromPort)))
		}
		return ports, true
	case "ip-permission.cidr":
		var cidrs []string
		for _, p := range g.Ingress {
			for _, r := range p.IpRanges {
				cidrs = append(cidrs, r.CidrIp)
			}
		}
		return cidrs, true
	}
	return nil, false
}

type deleteGroupIn struct{ GroupId, GroupName string }

type deletedGroup struct {
	Return bool   `xml:"return"`
	ID     string `xml:"groupId"`
}

func deleteGroup(c *call, in *deleteGroupIn) (*deletedGroup, error) {
	g, err := c.region.groupOf(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.Name == "default" {
		return nil, refuse("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
	}
	for _, i := range c.region.Instances {
		gone := i.State == stateTerminated && !c.now.Before(i.Since.Add(c.cloud.opts.Timing.Release))
		if slices.Contains(i.Groups, g.ID) && !gone {
			return nil, refuse("DependencyViolation", "resource %s has a dependent object", g.ID)
		}
	}
	for _, other := range c.region.Groups {
		if other != g && slices.ContainsFunc(other.Rules, func(r *rule) bool { return r.Group == g.ID }) {
			return nil, refuse("DependencyViolation", "resource %s has a dependent object", g.ID)
		}
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	c.region.Groups = slices.DeleteFunc(c.region.Groups, func(x *group) bool { return x == g })
	delete(c.region.Tags, g.ID)
	for _, r := range g.Rules {
		delete(c.region.Tags, r.ID)
	}
	return &deletedGroup{true, g.ID}, nil
}
