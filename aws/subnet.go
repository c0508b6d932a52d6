package aws

import (
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// subnetNetwork is the subnet that is named, in whichever VPC it is. One that is
// not there, and one in another zone than is asked for, are an *Error; one
// without a way to the internet, or without a free address, is not: a machine
// may be there already.
func (r *Regional) subnetNetwork(ctx context.Context, at NetworkSpec) (Network, error) {
	doing := "look up the subnet " + at.Subnet
	found, err := r.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{at.Subnet}})
	if err != nil {
		return Network{}, r.fail(ctx, doing, err)
	}
	if len(found.Subnets) == 0 {
		return Network{}, r.own(codeNoSubnet, doing, "")
	}
	s := found.Subnets[0]
	n := Network{VPC: sdk.ToString(s.VpcId), Subnet: at.Subnet, Zone: sdk.ToString(s.AvailabilityZone)}
	if at.Zone != "" && at.Zone != n.Zone {
		return Network{}, r.own(codeOtherZone, doing, fmt.Sprintf("%s is in the zone %s, and not in %s.", n.Subnet, n.Zone, at.Zone))
	}
	tables, err := r.routeTables(ctx, n.VPC)
	if err != nil {
		return Network{}, r.fail(ctx, doing, err)
	}
	n.Internet = leadsOut(n.Subnet, tables)
	n.AskAddress = n.Internet && !sdk.ToBool(s.MapPublicIpOnLaunch)
	n.Full = s.AvailableIpAddressCount != nil && *s.AvailableIpAddressCount == 0
	return n, nil
}

// ZonesOf lists the zones of the region that offer an instance type.
func (r *Regional) ZonesOf(ctx context.Context, instanceType string) ([]string, error) {
	var zones []string
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(r.ec2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone, Filters: []types.Filter{filter("instance-type", instanceType)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, r.failType(ctx, "look up the zones that offer "+instanceType, instanceType, err)
		}
		for _, o := range page.InstanceTypeOfferings {
			zones = append(zones, sdk.ToString(o.Location))
		}
	}
	slices.Sort(zones)
	return zones, nil
}

// subnetWords are for subnets that were named and cannot be used.
func (e *Error) subnetWords() (words, bool) {
	w := words{kind: problem.Answers, next: problem.Do(problem.ChooseSubnet).Say(", or ").Do(problem.LeaveSubnet).Say(".")}
	switch e.Code {
	case codeNoSubnet, "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "InvalidSubnetId.Malformed":
		w.title = "There is no such subnet"
		w.text = e.said("The subnet is not in " + e.here() + " of this account.")
	case codeOtherZone:
		w.title = "The subnet is in another zone"
		w.text = e.Message
	default:
		return words{}, false
	}
	return w, true
}
