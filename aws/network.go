package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
)

// Network finds where an instance goes: the subnet that is named, or else the
// default VPC, in the zone if one is named.
func (r *Regional) Network(ctx context.Context, at NetworkSpec) (Network, error) {
	if at.Subnet != "" {
		return r.subnetNetwork(ctx, at)
	}
	return r.defaultNetwork(ctx, at.Zone)
}

// defaultNetwork is the default VPC. Subnet stays empty, so that EC2 chooses a
// zone that has the instance type, unless only some of the subnets lead to the
// internet. Internet is false when none does, or when it gives no public
// addresses. No default VPC, and one without a subnet, are an *Error.
func (r *Regional) defaultNetwork(ctx context.Context, zone string) (Network, error) {
	const doing = "check the default network"
	vpcs, err := r.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{filter("is-default", "true")}})
	if err != nil {
		return Network{}, r.fail(ctx, doing, err)
	}
	if len(vpcs.Vpcs) == 0 {
		return Network{}, r.own(codeNoDefaultVPC, doing, "")
	}
	n := Network{VPC: sdk.ToString(vpcs.Vpcs[0].VpcId), Zone: zone}
	in := []types.Filter{filter("vpc-id", n.VPC), filter("default-for-az", "true")}
	if zone != "" {
		in = append(in, filter("availability-zone", zone))
	}
	var tables []types.RouteTable
	var subnets *ec2.DescribeSubnetsOutput
	both, asking := errgroup.WithContext(ctx)
	both.Go(func() (err error) { tables, err = r.routeTables(asking, n.VPC); return err })
	both.Go(func() (err error) {
		subnets, err = r.ec2.DescribeSubnets(asking, &ec2.DescribeSubnetsInput{Filters: in})
		return err
	})
	if err := both.Wait(); err != nil {
		return Network{}, r.fail(ctx, doing, err)
	}
	if len(subnets.Subnets) == 0 {
		return Network{}, r.own(codeNoDefaultSubnet, doing, "")
	}
	return choose(n, subnets.Subnets, tables), nil
}

func choose(n Network, subnets []types.Subnet, tables []types.RouteTable) Network {
	var open []types.Subnet
	for _, s := range subnets {
		if sdk.ToBool(s.MapPublicIpOnLaunch) && leadsOut(sdk.ToString(s.SubnetId), tables) {
			open = append(open, s)
		}
	}
	n.Internet = len(open) > 0
	if n.Internet && (n.Zone != "" || len(open) < len(subnets)) {
		n.Subnet, n.Zone = sdk.ToString(open[0].SubnetId), sdk.ToString(open[0].AvailabilityZone)
	}
	return n
}

// routeTables are the VPC's. One that a person made may have many.
func (r *Regional) routeTables(ctx context.Context, vpc string) ([]types.RouteTable, error) {
	var all []types.RouteTable
	pages := ec2.NewDescribeRouteTablesPaginator(r.ec2, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{filter("vpc-id", vpc)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.RouteTables...)
	}
	return all, nil
}

// leadsOut looks for a default route to an internet gateway in the subnet's
// own route table, else in the VPC's main one, which serves all subnets
// without their own.
func leadsOut(subnet string, tables []types.RouteTable) bool {
	is := func(want func(types.RouteTableAssociation) bool) int {
		return slices.IndexFunc(tables, func(t types.RouteTable) bool { return slices.ContainsFunc(t.Associations, want) })
	}
	i := is(func(a types.RouteTableAssociation) bool { return sdk.ToString(a.SubnetId) == subnet })
	if i < 0 {
		i = is(func(a types.RouteTableAssociation) bool { return sdk.ToBool(a.Main) })
	}
	return i >= 0 && slices.ContainsFunc(tables[i].Routes, func(route types.Route) bool {
		return sdk.ToString(route.DestinationCidrBlock) == "0.0.0.0/0" &&
			strings.HasPrefix(sdk.ToString(route.GatewayId), "igw-") && route.State != types.RouteStateBlackhole
	})
}
