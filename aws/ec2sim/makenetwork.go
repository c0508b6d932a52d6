package ec2sim

import (
	"cmp"
	"net/netip"
	"slices"
)

// What makes networks beside the default one, as far as a subnet of one's own
// takes it: a VPC, its subnets, an internet gateway and the route to it.

// reserved is how many addresses of a subnet are AWS's own: the first four and
// the last.
const reserved = 5

// free is how many addresses a subnet has left.
func (r *region) free(s *subnet) int {
	p, err := netip.ParsePrefix(s.CIDR)
	if err != nil || !p.Addr().Is4() {
		return 0
	}
	free := 1<<(32-p.Bits()) - reserved
	for _, i := range r.Instances {
		if i.Subnet == s.ID && i.State != stateTerminated {
			free--
		}
	}
	return max(free, 0)
}

// privateAddress is the n-th address that a subnet gives, around and around.
func privateAddress(cidr string, n int) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() {
		return ""
	}
	at := p.Masked().Addr()
	for range reserved - 1 + n%(1<<(32-p.Bits())-reserved) {
		at = at.Next()
	}
	return at.String()
}

// block reads the addresses of a VPC or a subnet: a /16 to a /28.
func block(cidr, code string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() || p.Masked() != p {
		return p, refuse("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return p, refuse(code, "The CIDR '%s' is invalid.", cidr)
	}
	return p, nil
}

// within reports whether a block is a part of another.
func within(p, whole netip.Prefix) bool { return whole.Bits() <= p.Bits() && whole.Contains(p.Addr()) }

type createVPCIn struct{ CidrBlock string }

// createVPC makes a VPC as AWS does: with a route table that leads nowhere, and
// a default security group.
func createVPC(c *call, in *createVPCIn) (*createVPCOut, error) {
	p, err := block(in.CidrBlock, "InvalidVpc.Range")
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	v := &vpc{ID: newID("vpc"), CIDR: p.String(), RouteTable: newID("rtb"), Association: newID("rtbassoc"), Options: newID("dopt"), Closed: true}
	c.region.VPCs = append(c.region.VPCs, v)
	c.region.Groups = append(c.region.Groups, &group{ID: newID("sg"), Name: "default", Description: "default VPC security group", VPC: v.ID})
	return &createVPCOut{c.vpcInfo(v)}, nil
}

type createSubnetIn struct{ VpcId, CidrBlock, AvailabilityZone string }

type createSubnetOut struct {
	Subnet *subnetInfo `xml:"subnet"`
}

// createSubnet makes a subnet that assigns no public addresses automatically.
func createSubnet(c *call, in *createSubnetIn) (*createSubnetOut, error) {
	if err := c.region.hasVPC(in.VpcId); err != nil {
		return nil, err
	}
	v := find(c.region.VPCs, func(v *vpc) bool { return v.ID == in.VpcId })
	p, err := block(in.CidrBlock, "InvalidSubnet.Range")
	if err != nil {
		return nil, err
	}
	if whole, err := netip.ParsePrefix(v.CIDR); err != nil || !within(p, whole) {
		return nil, refuse("InvalidSubnet.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	for _, s := range v.Subnets {
		if other, err := netip.ParsePrefix(s.CIDR); err == nil && other.Overlaps(p) {
			return nil, refuse("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", in.CidrBlock)
		}
	}
	g, _ := geoOf(c.regionName)
	zone := cmp.Or(in.AvailabilityZone, g.zoneNames()[0])
	if !slices.Contains(g.zoneNames(), zone) {
		return nil, refuse("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid.", zone)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	s := &subnet{ID: newID("subnet"), CIDR: p.String(), Zone: zone, Made: true, Private: true}
	v.Subnets = append(v.Subnets, s)
	return &createSubnetOut{c.subnetInfo(v, s)}, nil
}

type modifySubnetIn struct {
	SubnetId            string
	MapPublicIpOnLaunch *struct{ Value bool }
}

func modifySubnetAttribute(c *call, in *modifySubnetIn) (*done, error) {
	s, _, err := c.region.subnetByID(in.SubnetId)
	if err != nil {
		return nil, err
	}
	if in.MapPublicIpOnLaunch == nil {
		return nil, refuse("MissingParameter", "The request must contain an attribute")
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	s.Private = !in.MapPublicIpOnLaunch.Value
	return &done{true}, nil
}

type createGatewayOut struct {
	ID    string `xml:"internetGateway>internetGatewayId"`
	Owner string `xml:"internetGateway>ownerId"`
}

func createGateway(c *call, _ *struct{}) (*createGatewayOut, error) {
	if err := c.effect(); err != nil {
		return nil, err
	}
	id := newID("igw")
	c.region.Gateways = append(c.region.Gateways, id)
	return &createGatewayOut{id, c.cloud.opts.Account}, nil
}

type attachGatewayIn struct{ InternetGatewayId, VpcId string }

func attachGateway(c *call, in *attachGatewayIn) (*done, error) {
	if err := c.region.hasVPC(in.VpcId); err != nil {
		return nil, err
	}
	v := find(c.region.VPCs, func(v *vpc) bool { return v.ID == in.VpcId })
	at := slices.Index(c.region.Gateways, in.InternetGatewayId)
	switch {
	case at < 0:
		return nil, refuse("InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist", in.InternetGatewayId)
	case v.Gateway != "":
		return nil, refuse("InvalidParameterValue", "Network %s already has an internet gateway attached", v.ID)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	c.region.Gateways = slices.Delete(c.region.Gateways, at, at+1)
	v.Gateway = in.InternetGatewayId
	return &done{true}, nil
}

type createRouteIn struct{ RouteTableId, DestinationCidrBlock, GatewayId string }

// createRoute makes the one route that there is here beside the local one: to
// the VPC's internet gateway.
func createRoute(c *call, in *createRouteIn) (*done, error) {
	v := find(c.region.VPCs, func(v *vpc) bool { return v.RouteTable == in.RouteTableId })
	switch {
	case v == nil:
		return nil, refuse("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist", in.RouteTableId)
	case in.DestinationCidrBlock != "0.0.0.0/0":
		return nil, refuse("InvalidParameterValue", "invalid value for parameter destination-cidr-block: %s", in.DestinationCidrBlock)
	case in.GatewayId == "" || in.GatewayId != v.Gateway:
		return nil, refuse("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", v.RouteTable, in.GatewayId)
	case !v.Closed:
		return nil, refuse("RouteAlreadyExists", "The route identified by %s already exists.", in.DestinationCidrBlock)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	v.Closed = false
	return &done{true}, nil
}
