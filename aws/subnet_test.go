package aws

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestNetworkOfANamedSubnet(t *testing.T) {
	table := func(association, gateway string) string {
		return `<item><associationSet><item>` + association + `</item></associationSet><routeSet>
<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item>
<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>` + gateway + `</gatewayId><state>active</state></item></routeSet></item>`
	}
	const mainTable, own = "<main>true</main>", "<subnetId>subnet-1</subnetId>"
	for _, c := range []struct {
		name, public, free, tables string
		internet, ask, full        bool
	}{
		{"it assigns addresses", "true", "7", table(mainTable, "igw-1"), true, false, false},
		{"it assigns none automatically", "false", "7", table(mainTable, "igw-1"), true, true, false},
		{"its own table leads nowhere", "true", "7", table(mainTable, "igw-1") + table(own, "nat-1"), false, false, false},
		{"its own table leads out", "false", "7", table(mainTable, "nat-1") + table(own, "igw-1"), true, true, false},
		{"another's table leads out", "false", "7", table(mainTable, "nat-1") + table("<subnetId>subnet-2</subnetId>", "igw-1"), false, false, false},
		{"it is full", "true", "0", table(mainTable, "igw-1"), true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := regional(t, answers{
				"DescribeSubnets": always(ok("DescribeSubnets", `<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>eu-central-1b</availabilityZone>
<mapPublicIpOnLaunch>`+c.public+`</mapPublicIpOnLaunch><availableIpAddressCount>`+c.free+`</availableIpAddressCount></item></subnetSet>`)),
				"DescribeRouteTables": always(ok("DescribeRouteTables", "<routeTableSet>"+c.tables+"</routeTableSet>")),
			})
			got, err := r.Network(context.Background(), NetworkSpec{Subnet: "subnet-1"})
			want := Network{VPC: "vpc-1", Subnet: "subnet-1", Zone: "eu-central-1b", Internet: c.internet, AskAddress: c.ask, Full: c.full}
			if err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
			wantField(t, w.sent("DescribeSubnets", 0), map[string]string{"SubnetId.1": "subnet-1"})
			wantField(t, w.sent("DescribeRouteTables", 0), map[string]string{"Filter.1.Name": "vpc-id", "Filter.1.Value.1": "vpc-1"})
		})
	}
}

// A VPC of one's own may have more route tables than a page.
func TestNetworkReadsAllRouteTables(t *testing.T) {
	r, w := regional(t, answers{
		"DescribeSubnets": always(ok("DescribeSubnets", `<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId></item></subnetSet>`)),
		"DescribeRouteTables": inTurn(
			ok("DescribeRouteTables", `<routeTableSet><item><associationSet><item><main>true</main></item></associationSet></item></routeTableSet><nextToken>more</nextToken>`),
			ok("DescribeRouteTables", `<routeTableSet><item><associationSet><item><subnetId>subnet-1</subnetId></item></associationSet><routeSet>
<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item></routeSet></item></routeTableSet>`)),
	})
	if n, err := r.Network(context.Background(), NetworkSpec{Subnet: "subnet-1"}); err != nil || !n.Internet {
		t.Errorf("%+v, %v", n, err)
	}
	wantField(t, w.sent("DescribeRouteTables", 1), map[string]string{"NextToken": "more"})
}

func TestASubnetThatCannotBeUsed(t *testing.T) {
	const one = `<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>eu-central-1b</availabilityZone></item></subnetSet>`
	for _, c := range []struct {
		name                string
		answer              reply
		zone                string
		kind, title, within string
	}{
		{"it is not there", ec2Error("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"), "", "answers", "There is no such subnet", "not in eu-central-1 of this account. AWS said: The subnet ID 'subnet-1'"},
		{"it is malformed", ec2Error("InvalidSubnetID.Malformed", "Invalid id"), "", "answers", "There is no such subnet", "eu-central-1"},
		{"nothing is answered", ok("DescribeSubnets", "<subnetSet/>"), "", "answers", "There is no such subnet", "eu-central-1"},
		{"another zone", ok("DescribeSubnets", one), "eu-central-1a", "answers", "The subnet is in another zone", "subnet-1 is in the zone eu-central-1b, and not in eu-central-1a."},
		{"not allowed", ec2Error("UnauthorizedOperation", "no"), "", "refused", "Not permitted: ec2:DescribeSubnets", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := regional(t, answers{"DescribeSubnets": always(c.answer)})
			_, err := r.Network(context.Background(), NetworkSpec{Subnet: "subnet-1", Zone: c.zone})
			kind, title, text, next := explained(t, err)
			if kind != c.kind || title != c.title || !strings.Contains(text, c.within) {
				t.Errorf("%s: %s: %s", kind, title, text)
			}
			if kind == "answers" && !strings.Contains(next, "[choose-subnet], or [leave-subnet]") {
				t.Errorf("next: %s", next)
			}
			if n := w.count("DescribeRouteTables"); n > 0 {
				t.Errorf("the route tables were asked for %d times", n)
			}
		})
	}
}

func TestZonesOf(t *testing.T) {
	r, w := regional(t, answers{"DescribeInstanceTypeOfferings": inTurn(
		ok("DescribeInstanceTypeOfferings", `<instanceTypeOfferingSet><item><location>eu-central-1b</location></item></instanceTypeOfferingSet><nextToken>more</nextToken>`),
		ok("DescribeInstanceTypeOfferings", `<instanceTypeOfferingSet><item><location>eu-central-1a</location></item></instanceTypeOfferingSet>`),
	)})
	got, err := r.ZonesOf(context.Background(), "t3.micro")
	if err != nil || !slices.Equal(got, []string{"eu-central-1a", "eu-central-1b"}) {
		t.Errorf("%v, %v", got, err)
	}
	wantField(t, w.sent("DescribeInstanceTypeOfferings", 0), map[string]string{
		"LocationType": "availability-zone", "Filter.1.Name": "instance-type", "Filter.1.Value.1": "t3.micro",
	})
}

// A public address is asked for in the network interface, beside which EC2 takes
// no subnet and no groups; everything else is as ever, also in the dry run.
func TestLaunchAsksForAnAddress(t *testing.T) {
	yes := always(ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
	r, w := regional(t, answers{
		"RunInstances": inTurn(ok("RunInstances", oneInstance), ec2Error("DryRunOperation", "yes")), "CreateSecurityGroup": yes,
		"ImportKeyPair": yes, "CreateKeyPair": yes, "AuthorizeSecurityGroupIngress": yes,
	})
	s := spec()
	s.AskAddress, s.VPC, s.UserData = true, "vpc-1", []byte("data")
	if _, err := r.Launch(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	r.DryRun(context.Background(), s)
	for n, token := range []string{"setup-1-launch", ""} {
		form := w.sent("RunInstances", n)
		if token == "" { // the SDK makes one up
			token = form.Get("ClientToken")
		}
		wantField(t, form, map[string]string{
			"NetworkInterface.1.DeviceIndex": "0", "NetworkInterface.1.SubnetId": "subnet-1", "NetworkInterface.1.SecurityGroupId.1": "sg-1",
			"NetworkInterface.1.AssociatePublicIpAddress": "true", "NetworkInterface.1.DeleteOnTermination": "true",
			"ClientToken": token, "UserData": "ZGF0YQ==", "TagSpecification.3.ResourceType": "network-interface", "KeyName": "key",
		})
		if form.Has("SubnetId") || form.Has("SecurityGroupId.1") || form.Has("NetworkInterface.2.DeviceIndex") {
			t.Errorf("sent what EC2 refuses: %v", form)
		}
	}
	wantField(t, w.sent("CreateSecurityGroup", 0), map[string]string{"VpcId": "vpc-1"})
	if form := w.sent("RunInstances", 1); form.Get("DryRun") != "true" {
		t.Errorf("no dry run: %v", form)
	}
}
