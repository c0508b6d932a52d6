package engine_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ownSubnet makes a VPC with one subnet in us-east-1, by EC2's own steps. out has
// it lead to the internet.
func (w *world) ownSubnet(cidr, zone string, out bool) (vpc, subnet string) {
	w.t.Helper()
	made := func(id string, form map[string]string) string {
		answer := w.call("us-east-1", form)
		m := regexp.MustCompile("<" + id + ">([^<]+)<").FindStringSubmatch(answer)
		if m == nil {
			w.t.Fatalf("no %s in %s", id, answer)
		}
		return m[1]
	}
	vpc = made("vpcId", map[string]string{"Action": "CreateVpc", "CidrBlock": "10.7.0.0/16"})
	subnet = made("subnetId", map[string]string{"Action": "CreateSubnet", "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone})
	if !out {
		return vpc, subnet
	}
	gate := made("internetGatewayId", map[string]string{"Action": "CreateInternetGateway"})
	w.call("us-east-1", map[string]string{"Action": "AttachInternetGateway", "InternetGatewayId": gate, "VpcId": vpc})
	table := made("routeTableId", map[string]string{"Action": "DescribeRouteTables", "Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpc})
	w.call("us-east-1", map[string]string{"Action": "CreateRoute", "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gate})
	return vpc, subnet
}

func noDefaultVPC(o *ec2sim.Options, _ *hosts) { o.NoDefaultVPC = true }

// A machine goes into the subnet that is named, with its group in that VPC, also
// where the account has no default network; all that looks after it stays there.
func TestAMachineInANamedSubnet(t *testing.T) {
	w := newWorld(t, noDefaultVPC)
	vpc, subnet := w.ownSubnet("10.7.1.0/24", "us-east-1b", true)
	g, a := w.Guide(), enginetest.Answers()
	a.Subnet = subnet
	review, err := g.Review(t.Context(), a)
	if all := strings.Join(review.Creates, "\n"); err != nil || len(review.Problems) > 0 ||
		!strings.Contains(all, "in "+subnet+" (us-east-1b)") || !strings.Contains(all, "1 security group in "+vpc+": ") {
		t.Fatalf("%q, %+v, %v", review.Creates, review.Problems, err)
	}
	for _, p := range review.Permissions {
		if !p.Known || !p.Allowed {
			t.Errorf("permission %+v", p)
		}
	}
	if err := w.until(t.Context(), g, a, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	runs := w.called("ec2:RunInstances")
	for _, form := range runs {
		if form.Get("NetworkInterface.1.SubnetId") != subnet || form.Get("NetworkInterface.1.AssociatePublicIpAddress") != "true" || form.Has("SubnetId") {
			t.Errorf("launched with %v", form)
		}
	}
	s := w.Only()
	i, err := w.Region().Instance(t.Context(), s.Resources.InstanceID)
	if err != nil || len(runs) != 2 || i.Subnet != subnet || i.VPC != vpc || i.PublicIP == "" || !slices.Equal(i.GroupIDs, []string{s.Resources.GroupID}) {
		t.Errorf("%d launches with the dry one: %+v, %v", len(runs), i, err)
	}
	if s.Subnet != subnet || !s.AskAddress || s.VPC != vpc {
		t.Errorf("written down are %q, %t and %q", s.Subnet, s.AskAddress, s.VPC)
	}
	checks := w.doctor(g, s.ID)
	for _, id := range []string{"network", "permissions", "group"} {
		if checks[id].State != steps.CheckOK {
			t.Errorf("%+v", checks[id])
		}
	}
	if !strings.Contains(checks["network"].Text, subnet) {
		t.Errorf("another network was checked: %s", checks["network"].Text)
	}
	w.keepsItsGroup(g, a)
	if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if left, err := w.Region().GroupsByTag(t.Context(), map[string]string{engine.TagSetup: s.ID}); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// keepsItsGroup has this computer move, and the machine stopped: its group lets
// in the new address, and there is no other one.
func (w *world) keepsItsGroup(g *engine.Guide, a steps.Answers) {
	w.t.Helper()
	s := w.Only()
	w.SetAddress("198.51.100.23")
	if _, err := w.Region().Bring(w.t.Context(), s.Resources.InstanceID, aws.StateStopped, nil); err != nil {
		w.t.Fatal(err)
	}
	if err := w.until(w.t.Context(), g, a, steps.StepConnect); err != nil {
		w.t.Fatalf("%+v", steps.Explain(err))
	}
	groups, err := w.Region().GroupsByTag(w.t.Context(), map[string]string{engine.TagSetup: s.ID})
	rules, err2 := w.Region().GroupRules(w.t.Context(), s.Resources.GroupID)
	if err != nil || err2 != nil || !slices.Equal(groups, []string{s.Resources.GroupID}) || len(rules) != 1 || rules[0].CIDR != "198.51.100.23/32" {
		w.t.Errorf("groups %v, rules %+v, %v, %v", groups, rules, err, err2)
	}
	b := a
	b.Subnet = "subnet-0123456789abcdef0"
	if _, err := g.Begin(w.t.Context(), b); err == nil || !strings.Contains(err.Error(), "another subnet") {
		w.t.Errorf("elsewhere: %v", err)
	}
	if last, ok := g.Last(w.t.Context()); !ok || last.Subnet != a.Subnet {
		w.t.Errorf("another machine like it goes into %q", last.Subnet)
	}
}

// Where a subnet gives public addresses, the launch asks for none: it is as ever.
func TestANamedSubnetThatGivesAddresses(t *testing.T) {
	w := newWorld(t, nil)
	_, subnet := w.ownSubnet("10.7.1.0/24", "us-east-1b", true)
	w.call("us-east-1", map[string]string{"Action": "ModifySubnetAttribute", "SubnetId": subnet, "MapPublicIpOnLaunch.Value": "true"})
	a := enginetest.Answers()
	a.Subnet = subnet
	if err := w.until(t.Context(), w.Guide(), a, steps.StepLaunch); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	form := w.called("ec2:RunInstances")[0]
	if form.Get("SubnetId") != subnet || form.Get("SecurityGroupId.1") != w.Only().Resources.GroupID || form.Has("NetworkInterface.1.DeviceIndex") {
		t.Errorf("launched with %v", form)
	}
}

// What keeps a machine out of a subnet is said before anything is created.
func TestReviewOfASubnetThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		subnet      func(w *world) string
		kind        string
		title, text string
		next        string
	}{
		"it is not there": {
			func(*world) string { return "subnet-0123456789abcdef0" },
			"answers", "There is no such subnet", "not in us-east-1 of this account", "[choose-subnet], or [leave-subnet].",
		},
		"it leads nowhere": {
			func(w *world) string { _, subnet := w.ownSubnet("10.7.1.0/24", "us-east-1b", false); return subnet },
			"refused", "No route to the internet", "(us-east-1b) has no route to an internet gateway", "[choose-subnet], or [leave-subnet].",
		},
		"its zone has not the type": {
			func(w *world) string { _, subnet := w.ownSubnet("10.7.1.0/24", "us-east-1e", true); return subnet },
			"answers", "Not available in us-east-1", "t3.micro is not offered in us-east-1e, the zone of subnet-", "[choose-type], or [choose-subnet a subnet in another zone].",
		},
		"it is full": {
			func(w *world) string {
				_, subnet := w.ownSubnet("10.7.1.0/28", "us-east-1b", true)
				image, err := w.Region().Image(w.t.Context(), "24.04", "amd64")
				if err != nil {
					w.t.Fatal(err)
				}
				w.call("us-east-1", map[string]string{"Action": "RunInstances", "ImageId": image.ID, "InstanceType": "t3.micro", "SubnetId": subnet, "MinCount": "11", "MaxCount": "11"})
				return subnet
			},
			"refused", "The network has no free address", "(us-east-1b) has no free address", "[choose-subnet], or [leave-subnet].",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Hosts = nil })
			a := enginetest.Answers()
			a.Type, a.Subnet = "t3.micro", c.subnet(w)
			before := len(w.called("ec2:RunInstances"))
			review, err := w.Guide().Review(t.Context(), a)
			if err != nil || len(review.Problems) != 1 {
				t.Fatalf("%+v, %v", review.Problems, err)
			}
			p := review.Problems[0]
			if string(p.Kind) != c.kind || p.Title != c.title || !strings.Contains(p.Text, c.text) || !strings.Contains(p.Next.String(), c.next) {
				t.Errorf("%s: %s: %s %s", p.Kind, p.Title, p.Text, p.Next)
			}
			for _, form := range w.called("ec2:RunInstances")[before:] {
				if form.Get("DryRun") != "true" {
					t.Errorf("launched with %v", form)
				}
			}
		})
	}
}

// A text that is no subnet's ID is told before anybody is asked.
func TestNoSubnetsID(t *testing.T) {
	w := newWorld(t, noHosts)
	a := enginetest.Answers()
	a.Subnet = "vpc-0123456789abcdef0"
	_, err := w.Guide().Review(t.Context(), a)
	if p := steps.Explain(err); p.Kind != problem.Answers || !strings.Contains(p.Text, "no subnet's ID") || len(w.Calls()) > 0 {
		t.Errorf("%+v, %d calls", p, len(w.Calls()))
	}
}

// A machine of another computer's is looked after in the network that it is in.
func TestAnAdoptedMachinesSubnet(t *testing.T) {
	w := newWorld(t, noDefaultVPC)
	vpc, subnet := w.ownSubnet("10.7.1.0/24", "us-east-1b", true)
	a := enginetest.Answers()
	a.Subnet = subnet
	if err := w.until(t.Context(), w.Guide(), a, steps.StepLaunch); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	group := w.Only().Resources.GroupID
	w.Dir = t.TempDir() // another computer's
	g := w.Guide()
	machines, _ := surveyed(t, g)
	for _, m := range machines {
		s, err := g.Adopt(t.Context(), m)
		if err != nil || s.Subnet != subnet || s.VPC != vpc || s.Answers.Subnet != "" {
			t.Fatalf("%+v, %v", s, err)
		}
		w.SetAddress("198.51.100.23")
		if !engine.FollowMe(t.Context(), g, s.ID) {
			t.Error("the group does not follow")
		}
		if groups, err := w.Region().GroupsByTag(t.Context(), map[string]string{engine.TagSetup: s.ID}); err != nil || !slices.Equal(groups, []string{group}) {
			t.Errorf("groups %v, %v; it was %s", groups, err, group)
		}
		if c := w.doctor(g, s.ID)["network"]; c.State != steps.CheckOK || !strings.Contains(c.Text, subnet) {
			t.Errorf("%+v", c)
		}
		if review, err := g.Review(t.Context(), s.Answers); err != nil || slices.ContainsFunc(review.Problems, func(p problem.Problem) bool { return strings.Contains(p.Title, "network") }) {
			t.Errorf("%+v, %v", review.Problems, err)
		}
	}
	if len(machines) != 1 {
		t.Errorf("found %d machines", len(machines))
	}
}
