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

// ownNetwork makes a VPC, and a subnet with these addresses in the home region's
// zone b, by AWS's own steps.
func (c *cloud) ownNetwork(ctx context.Context, cidr string) (vpc, subnet string, err error) {
	made, err := c.raw.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: sdk.String("10.7.0.0/16")})
	if err != nil {
		return "", "", err
	}
	id := made.Vpc.VpcId
	net, err := c.raw.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: id, CidrBlock: sdk.String(cidr), AvailabilityZone: sdk.String(home + "b")})
	if err != nil {
		return "", "", err
	}
	return *id, *net.Subnet.SubnetId, nil
}

// openNetwork is ownNetwork with a way to the internet.
func (c *cloud) openNetwork(ctx context.Context) (vpc, subnet string, err error) {
	if vpc, subnet, err = c.ownNetwork(ctx, "10.7.1.0/24"); err != nil {
		return "", "", err
	}
	gate, err := c.raw.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	if err != nil {
		return "", "", err
	}
	id := gate.InternetGateway.InternetGatewayId
	if _, err := c.raw.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: &vpc}); err != nil {
		return "", "", err
	}
	tables, err := c.raw.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: where("vpc-id", vpc)})
	if err != nil {
		return "", "", err
	}
	_, err = c.raw.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: sdk.String("0.0.0.0/0"), GatewayId: id,
	})
	return vpc, subnet, err
}

// givesAddresses has a subnet assign public addresses automatically.
func (c *cloud) givesAddresses(ctx context.Context, subnet string) error {
	_, err := c.raw.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: &subnet, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: sdk.Bool(true)},
	})
	return err
}

// specIn is launchSpec for a subnet of a VPC of its own, with a group there.
func (c *cloud) specIn(ctx context.Context) (s aws.LaunchSpec, err error) {
	vpc, subnet, err := c.openNetwork(ctx)
	if err != nil {
		return s, err
	}
	group, err := c.EnsureGroup(ctx, aws.GroupSpec{Name: "jupyter-ec2-own", Description: "jupyter-ec2 own", VPC: vpc, CIDR: here, Ports: []int{22}, Tags: mine()})
	if err != nil {
		return s, err
	}
	if s, err = c.launchSpec(ctx); err != nil {
		return s, err
	}
	s.VPC, s.Subnet, s.GroupIDs = vpc, subnet, []string{group}
	return s, nil
}

// runsIn launches the spec, and is the machine once it runs.
func (c *cloud) runsIn(ctx context.Context, s aws.LaunchSpec) (aws.Instance, error) {
	i, err := c.Launch(ctx, s)
	if err != nil {
		return i, err
	}
	return c.WaitState(ctx, i.ID, aws.StateRunning, nil)
}

func ownNetworkPromises() []promise {
	return []promise{
		{"Network", "be a subnet that is named, in a VPC of its own", func(ctx context.Context, c *cloud) error {
			vpc, subnet, err := c.openNetwork(ctx)
			n, err2 := c.Network(ctx, aws.NetworkSpec{Subnet: subnet})
			return errors.Join(err, err2, same("network", n, aws.Network{VPC: vpc, Subnet: subnet, Zone: home + "b", Internet: true, AskAddress: true}))
		}},
		{"Network", "ask for no address where a named subnet gives them", func(ctx context.Context, c *cloud) error {
			_, subnet, err := c.openNetwork(ctx)
			if err == nil {
				err = c.givesAddresses(ctx, subnet)
			}
			n, err2 := c.Network(ctx, aws.NetworkSpec{Subnet: subnet, Zone: home + "b"})
			return errors.Join(err, err2, that(n.Internet && !n.AskAddress, "%+v", n))
		}},
		{"Network", "tell that a named subnet leads nowhere", func(ctx context.Context, c *cloud) error {
			_, subnet, err := c.ownNetwork(ctx, "10.7.1.0/24")
			n, err2 := c.Network(ctx, aws.NetworkSpec{Subnet: subnet})
			return errors.Join(err, err2, that(n.VPC != "" && !n.Internet && !n.AskAddress, "%+v", n))
		}},
		{"Network", "tell that a named subnet has no free address", func(ctx context.Context, c *cloud) error {
			_, subnet, err := c.ownNetwork(ctx, "10.7.1.0/28")
			image, err2 := c.Image(ctx, "24.04", "amd64")
			n, err3 := c.Network(ctx, aws.NetworkSpec{Subnet: subnet})
			if err := errors.Join(err, err2, err3, that(!n.Full, "full at once")); err != nil {
				return err
			}
			all := sdk.Int32(11) // and five are AWS's own
			if _, err := c.raw.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: &image.ID, InstanceType: types.InstanceTypeT3Micro, SubnetId: &subnet, MinCount: all, MaxCount: all}); err != nil {
				return err
			}
			n, err = c.Network(ctx, aws.NetworkSpec{Subnet: subnet})
			return errors.Join(err, that(n.Full, "%+v", n))
		}},
		{"Network", "refuse a subnet that is not there", func(ctx context.Context, c *cloud) error {
			_, err := c.Network(ctx, aws.NetworkSpec{Subnet: "subnet-0123456789abcdef0"})
			return explained(err, "answers", "There is no such subnet", "InvalidSubnetID.NotFound")
		}},
		{"Network", "refuse a zone that is not the named subnet's", func(ctx context.Context, c *cloud) error {
			_, subnet, err := c.ownNetwork(ctx, "10.7.1.0/24")
			_, refusal := c.Network(ctx, aws.NetworkSpec{Subnet: subnet, Zone: home + "a"})
			return errors.Join(err, explained(refusal, "answers", "The subnet is in another zone", "SubnetInOtherZone"))
		}},
		{"ZonesOf", "list the zones that have a type", func(ctx context.Context, c *cloud) error {
			zones, err := c.ZonesOf(ctx, "t3.micro")
			return errors.Join(err, that(slices.Contains(zones, home+"b") && slices.IsSorted(zones), "%v", zones))
		}},
		{"ZonesOf", "leave out a zone without newer families", func(ctx context.Context, c *cloud) error {
			zones, err := c.ZonesOf(ctx, "t3.micro")
			return errors.Join(err, that(!slices.Contains(zones, home+"e"), "%v", zones))
		}},
	}
}

func ownLaunchPromises() []promise {
	return []promise{
		{"Launch", "go into a subnet of a VPC of its own", func(ctx context.Context, c *cloud) error {
			spec, err := c.specIn(ctx)
			if err != nil {
				return err
			}
			i, err := c.runsIn(ctx, spec)
			return errors.Join(err, same("VPC", i.VPC, spec.VPC), same("subnet", i.Subnet, spec.Subnet), same("zone", i.Zone, home+"b"),
				same("groups", i.GroupIDs, spec.GroupIDs))
		}},
		{"Launch", "give no public address where the subnet gives none", func(ctx context.Context, c *cloud) error {
			spec, err := c.specIn(ctx)
			if err != nil {
				return err
			}
			i, err := c.runsIn(ctx, spec)
			return errors.Join(err, same("address", i.PublicIP, ""), same("name", i.PublicDNS, ""))
		}},
		{"Launch", "give a public address that is asked for", func(ctx context.Context, c *cloud) error {
			spec, err := c.specIn(ctx)
			if err != nil {
				return err
			}
			spec.AskAddress = true
			i, err := c.runsIn(ctx, spec)
			return errors.Join(err, that(i.PublicIP != "", "no public address"), same("VPC", i.VPC, spec.VPC), same("subnet", i.Subnet, spec.Subnet))
		}},
		{"Launch", "put what asks for an address into its groups", func(ctx context.Context, c *cloud) error {
			spec, err := c.specIn(ctx)
			if err != nil {
				return err
			}
			spec.AskAddress = true
			i, err := c.runsIn(ctx, spec)
			return errors.Join(err, same("groups", i.GroupIDs, spec.GroupIDs))
		}},
		{"DryRun", "say yes to a launch that asks for an address in a VPC of its own", func(ctx context.Context, c *cloud) error {
			spec, err := c.specIn(ctx)
			if err != nil {
				return err
			}
			spec.AskAddress = true
			for _, p := range c.DryRun(ctx, spec) {
				if !p.Allowed || !p.Known {
					return that(false, "%+v", p)
				}
			}
			machines, err := c.Find(ctx, map[string]string{})
			return errors.Join(err, same("machines", len(machines), 0))
		}},
	}
}
