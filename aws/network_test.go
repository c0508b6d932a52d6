package aws

import (
	"context"
	"strings"
	"testing"
)

func TestNetwork(t *testing.T) {
	vpc := ok("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>true</isDefault></item></vpcSet>")
	subnet := func(id, zone, public string) string {
		return `<item><subnetId>` + id + `</subnetId><availabilityZone>` + zone + `</availabilityZone><mapPublicIpOnLaunch>` + public + `</mapPublicIpOnLaunch></item>`
	}
	table := func(association, gateway, routeState string) string {
		return `<item><associationSet><item>` + association + `</item></associationSet><routeSet>
<item><destinationCidrBlock>172.31.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state></item>
<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>` + gateway + `</gatewayId><state>` + routeState + `</state></item></routeSet></item>`
	}
	const mainTable = "<main>true</main>"
	a, b := subnet("subnet-a", "eu-central-1a", "true"), subnet("subnet-b", "eu-central-1b", "true")
	out := table(mainTable, "igw-1", "active")
	for _, c := range []struct {
		name, zone, subnets, tables string
		want                        Network
	}{
		{"as AWS makes it", "", a + b, out, Network{VPC: "vpc-1", Internet: true}},
		{"a zone is named", "eu-central-1a", a, out, Network{VPC: "vpc-1", Subnet: "subnet-a", Zone: "eu-central-1a", Internet: true}},
		{"one subnet leads nowhere", "", a + b, out + table("<subnetId>subnet-a</subnetId>", "nat-1", "active"), Network{VPC: "vpc-1", Subnet: "subnet-b", Zone: "eu-central-1b", Internet: true}},
		{"one subnet leads out", "", a + b, table(mainTable, "vgw-1", "active") + table("<subnetId>subnet-b</subnetId>", "igw-1", "active"), Network{VPC: "vpc-1", Subnet: "subnet-b", Zone: "eu-central-1b", Internet: true}},
		{"the gateway is gone", "", a + b, table(mainTable, "igw-1", "blackhole"), Network{VPC: "vpc-1"}},
		{"no public addresses", "", subnet("subnet-a", "eu-central-1a", "false"), out, Network{VPC: "vpc-1"}},
		{"no table", "", a, "", Network{VPC: "vpc-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, w := regional(t, answers{
				"DescribeVpcs": always(vpc), "DescribeSubnets": always(ok("DescribeSubnets", "<subnetSet>"+c.subnets+"</subnetSet>")),
				"DescribeRouteTables": always(ok("DescribeRouteTables", "<routeTableSet>"+c.tables+"</routeTableSet>")),
			})
			got, err := r.Network(context.Background(), NetworkSpec{Zone: c.zone})
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
			wantField(t, w.sent("DescribeSubnets", 0), map[string]string{"Filter.1.Value.1": "vpc-1", "Filter.3.Value.1": c.zone})
		})
	}
}

// EC2 itself says of it that something is missing in the launch.
func TestNoDefaultSubnet(t *testing.T) {
	r, _ := regional(t, answers{
		"DescribeVpcs":        always(ok("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>")),
		"DescribeSubnets":     always(ok("DescribeSubnets", "<subnetSet/>")),
		"DescribeRouteTables": always(ok("DescribeRouteTables", "<routeTableSet/>")),
		"RunInstances":        always(ec2Error("MissingInput", "No subnets found for the default VPC 'vpc-1'. Please specify a subnet.")),
	})
	_, before := r.Network(context.Background(), NetworkSpec{})
	_, at := r.Launch(context.Background(), spec())
	for _, err := range []error{before, at} {
		kind, title, _, next := explained(t, err)
		if kind != "refused" || title != "The default network has no subnet" ||
			!strings.Contains(next, "aws ec2 create-default-subnet --availability-zone eu-central-1a --region eu-central-1") {
			t.Errorf("%s: %s: %s", kind, title, next)
		}
	}
}

func TestNoDefaultVPC(t *testing.T) {
	r, _ := regional(t, answers{"DescribeVpcs": always(ok("DescribeVpcs", "<vpcSet/>"))})
	_, err := r.Network(context.Background(), NetworkSpec{})
	kind, _, _, next := explained(t, err)
	if kind != "refused" || !strings.Contains(next, "aws ec2 create-default-vpc --region eu-central-1") {
		t.Errorf("%s: %s", kind, next)
	}
}
