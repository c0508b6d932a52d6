package ec2sim

import (
	"fmt"
	"slices"
	"strconv"
)

// vpc is a VPC with its subnets, one route table and at most one internet
// gateway.
type vpc struct {
	ID, CIDR             string
	Default              bool
	RouteTable, Gateway  string
	Association, Options string
	Closed               bool // the route table has no route to the gateway
	Subnets              []*subnet
}

type subnet struct {
	ID, CIDR, Zone string
	Made           bool // by CreateSubnet: it is not its zone's default one
	Private        bool // it assigns no public addresses automatically
}

// addDefaultVPC makes a default VPC as AWS does: 172.31.0.0/16, a /20 subnet
// a zone, a route to an internet gateway, and a default security group.
func (r *region) addDefaultVPC(name string) *vpc {
	g, _ := geoOf(name)
	v := &vpc{
		ID: newID("vpc"), CIDR: "172.31.0.0/16", Default: true,
		RouteTable: newID("rtb"), Gateway: newID("igw"), Association: newID("rtbassoc"), Options: newID("dopt"),
	}
	for n, zone := range g.zoneNames() {
		v.Subnets = append(v.Subnets, &subnet{ID: newID("subnet"), CIDR: fmt.Sprintf("172.31.%d.0/20", n*16), Zone: zone})
	}
	r.VPCs = append(r.VPCs, v)
	r.Groups = append(r.Groups, &group{ID: newID("sg"), Name: "default", Description: "default VPC security group", VPC: v.ID})
	return v
}

func (r *region) defaultVPC() *vpc {
	return find(r.VPCs, func(v *vpc) bool { return v.Default })
}

// hasVPC refuses the ID of a network that is not there.
func (r *region) hasVPC(id string) error {
	if find(r.VPCs, func(v *vpc) bool { return v.ID == id }) == nil {
		return refuse("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
	}
	return nil
}

func (r *region) subnetByID(id string) (*subnet, *vpc, error) {
	for _, v := range r.VPCs {
		if s := find(v.Subnets, func(s *subnet) bool { return s.ID == id }); s != nil {
			return s, v, nil
		}
	}
	return nil, nil, refuse("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", id)
}

type describeVPCsIn struct {
	page
	VpcId  []string
	Filter []filter
}

type vpcInfo struct {
	ID      string `xml:"vpcId"`
	Owner   string `xml:"ownerId"`
	State   string `xml:"state"`
	CIDR    string `xml:"cidrBlock"`
	Options string `xml:"dhcpOptionsId"`
	Tenancy string `xml:"instanceTenancy"`
	Default bool   `xml:"isDefault"`
	Tags    []tag  `xml:"tagSet>item"`
}

func (c *call) vpcInfo(v *vpc) *vpcInfo {
	return &vpcInfo{v.ID, c.cloud.opts.Account, "available", v.CIDR, v.Options, "default", v.Default, wireTags(c.region.Tags[v.ID])}
}

type describeVPCsOut struct {
	VPCs      []*vpcInfo `xml:"vpcSet>item"`
	NextToken string     `xml:"nextToken,omitempty"`
}

func describeVPCs(c *call, in *describeVPCsIn) (*describeVPCsOut, error) {
	for _, id := range in.VpcId {
		if err := c.region.hasVPC(id); err != nil {
			return nil, err
		}
	}
	var all []*vpcInfo
	for _, v := range c.region.VPCs {
		if len(in.VpcId) == 0 || slices.Contains(in.VpcId, v.ID) {
			all = append(all, c.vpcInfo(v))
		}
	}
	all, err := sift(all, in.Filter, func(v *vpcInfo, name string) ([]string, bool) {
		switch name {
		case "vpc-id":
			return []string{v.ID}, true
		case "is-default", "isDefault":
			return []string{strconv.FormatBool(v.Default)}, true
		case "state":
			return []string{v.State}, true
		case "cidr":
			return []string{v.CIDR}, true
		case "owner-id":
			return []string{v.Owner}, true
		}
		return nil, false
	}, func(v *vpcInfo) map[string]string { return c.region.Tags[v.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeVPCsOut{}
	out.VPCs, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

type createVPCOut struct {
	VPC *vpcInfo `xml:"vpc"`
}

func createDefaultVPC(c *call, _ *struct{}) (*createVPCOut, error) {
	if v := c.region.defaultVPC(); v != nil {
		return nil, refuse("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	return &createVPCOut{c.vpcInfo(c.region.addDefaultVPC(c.regionName))}, nil
}

type describeSubnetsIn struct {
	page
	SubnetId []string
	Filter   []filter
}

type subnetInfo struct {
	ID        string `xml:"subnetId"`
	VPC       string `xml:"vpcId"`
	Owner     string `xml:"ownerId"`
	State     string `xml:"state"`
	CIDR      string `xml:"cidrBlock"`
	Zone      string `xml:"availabilityZone"`
	ZoneID    string `xml:"availabilityZoneId"`
	Free      int    `xml:"availableIpAddressCount"`
	Default   bool   `xml:"defaultForAz"`
	PublicIPs bool   `xml:"mapPublicIpOnLaunch"`
	Tags      []tag  `xml:"tagSet>item"`
}

type describeSubnetsOut struct {
	Subnets   []*subnetInfo `xml:"subnetSet>item"`
	NextToken string        `xml:"nextToken,omitempty"`
}

func describeSubnets(c *call, in *describeSubnetsIn) (*describeSubnetsOut, error) {
	for _, id := range in.SubnetId {
		if _, _, err := c.region.subnetByID(id); err != nil {
			return nil, err
		}
	}
	var all []*subnetInfo
	for _, v := range c.region.VPCs {
		for _, s := range v.Subnets {
			if len(in.SubnetId) == 0 || slices.Contains(in.SubnetId, s.ID) {
				all = append(all, c.subnetInfo(v, s))
			}
		}
	}
	all, err := sift(all, in.Filter, subnetAttribute, func(s *subnetInfo) map[string]string { return c.region.Tags[s.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeSubnetsOut{}
	out.Subnets, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

func (c *call) subnetInfo(v *vpc, s *subnet) *subnetInfo {
	g, _ := geoOf(c.regionName)
	return &subnetInfo{
		s.ID, v.ID, c.cloud.opts.Account, "available", s.CIDR, s.Zone, g.zoneID(s.Zone),
		c.region.free(s), v.Default && !s.Made, !s.Private, wireTags(c.region.Tags[s.ID]),
	}
}

func subnetAttribute(s *subnetInfo, name string) ([]string, bool) {
	switch name {
	case "subnet-id":
		return []string{s.ID}, true
	case "vpc-id":
		return []string{s.VPC}, true
	case "availability-zone", "availabilityZone":
		return []string{s.Zone}, true
	case "availability-zone-id", "availabilityZoneId":
		return []string{s.ZoneID}, true
	case "default-for-az", "defaultForAz":
		return []string{strconv.FormatBool(s.Default)}, true
	case "map-public-ip-on-launch":
		return []string{strconv.FormatBool(s.PublicIPs)}, true
	case "state":
		return []string{s.State}, true
	case "cidr-block", "cidrBlock", "cidr":
		return []string{s.CIDR}, true
	}
	return nil, false
}

type describeRouteTablesIn struct {
	page
	RouteTableId []string
	Filter       []filter
}

type routeTableInfo struct {
	ID           string             `xml:"routeTableId"`
	VPC          string             `xml:"vpcId"`
	Owner        string             `xml:"ownerId"`
	Routes       []routeInfo        `xml:"routeSet>item"`
	Associations []routeAssociation `xml:"associationSet>item"`
}

type routeInfo struct {
	CIDR    string `xml:"destinationCidrBlock"`
	Gateway string `xml:"gatewayId"`
	State   string `xml:"state"`
	Origin  string `xml:"origin"`
}

type routeAssociation struct {
	ID    string `xml:"routeTableAssociationId"`
	Table string `xml:"routeTableId"`
	Main  bool   `xml:"main"`
	State string `xml:"associationState>state"`
}

type describeRouteTablesOut struct {
	Tables    []*routeTableInfo `xml:"routeTableSet>item"`
	NextToken string            `xml:"nextToken,omitempty"`
}

func describeRouteTables(c *call, in *describeRouteTablesIn) (*describeRouteTablesOut, error) {
	var all []*routeTableInfo
	for _, v := range c.region.VPCs {
		if len(in.RouteTableId) > 0 && !slices.Contains(in.RouteTableId, v.RouteTable) {
			continue
		}
		table := &routeTableInfo{
			ID: v.RouteTable, VPC: v.ID, Owner: c.cloud.opts.Account,
			Routes:       []routeInfo{{v.CIDR, "local", "active", "CreateRouteTable"}},
			Associations: []routeAssociation{{v.Association, v.RouteTable, true, "associated"}},
		}
		if !v.Closed {
			table.Routes = append(table.Routes, routeInfo{"0.0.0.0/0", v.Gateway, "active", "CreateRoute"})
		}
		all = append(all, table)
	}
	if len(all) < len(in.RouteTableId) {
		return nil, refuse("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", in.RouteTableId[0])
	}
	all, err := sift(all, in.Filter, func(t *routeTableInfo, name string) ([]string, bool) {
		switch name {
		case "vpc-id":
			return []string{t.VPC}, true
		case "route-table-id":
			return []string{t.ID}, true
		case "association.main":
			return []string{"true"}, true
		case "association.subnet-id":
			return nil, true // every subnet uses the main table implicitly
		case "route.gateway-id":
			var ids []string
			for _, r := range t.Routes {
				ids = append(ids, r.Gateway)
			}
			return ids, true
		}
		return nil, false
	}, nil)
	if err != nil {
		return nil, err
	}
	out := &describeRouteTablesOut{}
	out.Tables, out.NextToken, err = paged(c, in.page, all, 5, 100)
	return out, err
}
