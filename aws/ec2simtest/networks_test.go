package ec2simtest

import (
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// A VPC of one's own begins without a way out, and its subnets give no public
// addresses; what is in it belongs to it alone.
func TestOwnNetwork(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{}), "us-east-1"), t.Context()
	vpc := must[*ec2.CreateVpcOutput](t)(cl.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: str("10.0.0.0/16")})).Vpc.VpcId
	net := must[*ec2.CreateSubnetOutput](t)(cl.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: str("10.0.1.0/28")})).Subnet
	if *net.MapPublicIpOnLaunch || *net.DefaultForAz || *net.AvailableIpAddressCount != 11 || *net.AvailabilityZone != "us-east-1a" {
		t.Errorf("subnet %+v", net)
	}
	tables := must[*ec2.DescribeRouteTablesOutput](t)(cl.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters("vpc-id", *vpc)})).RouteTables
	if len(tables) != 1 || len(tables[0].Routes) != 1 {
		t.Fatalf("route tables %+v", tables)
	}
	groups := must[*ec2.DescribeSecurityGroupsOutput](t)(cl.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters("vpc-id", *vpc)})).SecurityGroups
	if len(groups) != 1 || *groups[0].GroupName != "default" {
		t.Errorf("groups %+v", groups)
	}
	in := runInput(t, cl, "x")
	in.SubnetId = net.SubnetId
	i := launch(t, cl, in)
	if *i.SubnetId != *net.SubnetId || *i.VpcId != *vpc || !strings.HasPrefix(*i.PrivateIpAddress, "10.0.1.") {
		t.Errorf("launched %+v", i)
	}
	waitState(t, cl, *i.InstanceId, types.InstanceStateNameRunning)
	nets := must[*ec2.DescribeSubnetsOutput](t)(cl.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{*net.SubnetId}})).Subnets
	if *nets[0].AvailableIpAddressCount != 10 {
		t.Errorf("%d addresses are free beside one machine", *nets[0].AvailableIpAddressCount)
	}
	in.MinCount, in.MaxCount, in.ClientToken = awssdk.Int32(11), awssdk.Int32(11), str("many")
	_, err := cl.RunInstances(ctx, in)
	wantCode(t, "11 more machines", err, "InsufficientFreeAddressesInSubnet")
	in = runInput(t, cl, "y")
	in.SubnetId, in.SecurityGroupIds = nil, []string{*groups[0].GroupId}
	_, err = cl.RunInstances(ctx, in)
	wantCode(t, "its group in the default VPC", err, "InvalidParameter")
}

func TestRefusedNetworks(t *testing.T) {
	cl, ctx := ec2Client(open(t, ec2sim.Options{}), "us-east-1"), t.Context()
	for cidr, want := range map[string]string{"10.0.0.0/8": "InvalidVpc.Range", "10.0.0.0/29": "InvalidVpc.Range", "10.0.0.1/16": "InvalidParameterValue", "fd00::/56": "InvalidParameterValue", "": "InvalidParameterValue"} {
		_, err := cl.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
		wantCode(t, "a VPC of "+cidr, err, want)
	}
	vpc := must[*ec2.CreateVpcOutput](t)(cl.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: str("10.0.0.0/16")})).Vpc.VpcId
	must[*ec2.CreateSubnetOutput](t)(cl.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: str("10.0.1.0/24")}))
	for _, c := range []struct{ vpc, cidr, zone, want string }{
		{*vpc, "10.0.1.128/28", "", "InvalidSubnet.Conflict"},
		{*vpc, "10.1.0.0/24", "", "InvalidSubnet.Range"},
		{*vpc, "10.0.2.0/30", "", "InvalidSubnet.Range"},
		{*vpc, "10.0.2.0/24", "eu-central-1a", "InvalidParameterValue"},
		{"vpc-0123456789abcdef0", "10.0.2.0/24", "", "InvalidVpcID.NotFound"},
	} {
		in := &ec2.CreateSubnetInput{VpcId: &c.vpc, CidrBlock: &c.cidr}
		if c.zone != "" {
			in.AvailabilityZone = &c.zone
		}
		_, err := cl.CreateSubnet(ctx, in)
		wantCode(t, c.want, err, c.want)
	}
	gate := must[*ec2.CreateInternetGatewayOutput](t)(cl.CreateInternetGateway(ctx, nil)).InternetGateway.InternetGatewayId
	table := must[*ec2.DescribeRouteTablesOutput](t)(cl.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filters("vpc-id", *vpc)})).RouteTables[0].RouteTableId
	route := &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: str("0.0.0.0/0"), GatewayId: gate}
	_, err := cl.CreateRoute(ctx, route)
	wantCode(t, "a route to a gateway elsewhere", err, "InvalidParameterValue")
	attach := &ec2.AttachInternetGatewayInput{InternetGatewayId: gate, VpcId: vpc}
	must[*ec2.AttachInternetGatewayOutput](t)(cl.AttachInternetGateway(ctx, attach))
	_, err = cl.AttachInternetGateway(ctx, attach)
	wantCode(t, "attached again", err, "InvalidInternetGatewayID.NotFound")
	must[*ec2.CreateRouteOutput](t)(cl.CreateRoute(ctx, route))
	_, err = cl.CreateRoute(ctx, route)
	wantCode(t, "the route again", err, "RouteAlreadyExists")
	_, err = cl.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: str("subnet-0123456789abcdef0"), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: awssdk.Bool(true)}})
	wantCode(t, "a subnet that is not there", err, "InvalidSubnetID.NotFound")
}
