package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Where a machine goes, as the review and the doctor see it.

// findNetwork looks where the machine would go, and for a subnet that is named,
// whether its zone has the type: EC2 chooses no other zone then.
func (p *preflight) findNetwork(ctx context.Context) (err error) {
	if p.network, err = p.region.Network(ctx, p.at); err != nil || p.at.Subnet == "" {
		return err
	}
	// Where the zones cannot be had, AWS says at the launch.
	p.zones, _ = p.region.ZonesOf(ctx, p.answers.Type)
	return nil
}

// whereFor is where a machine with these answers goes, or is: that of a setup
// that was adopted is where it was found.
func (g *Guide) whereFor(a steps.Answers) aws.NetworkSpec {
	all, err := g.ledger.good()
	if i := slices.IndexFunc(all, func(s steps.Setup) bool { return s.Answers.Name == a.Name && s.Resources.Adopted }); err == nil && i >= 0 {
		return whereIs(&all[i])
	}
	return aws.NetworkSpec{Subnet: a.Subnet}
}

// networkProblems are what keeps a machine from being launched there, or from
// being reached.
func (p *preflight) networkProblems() []problem.Problem {
	n := p.network
	var all []problem.Problem
	switch {
	case n.Internet:
	case p.at.Subnet != "":
		all = append(all, problem.Problem{
			Kind: problem.Refused, Title: "No route to the internet", Text: shutIn(n) + ", so nobody could reach the machine.",
			Next: problem.Say("Add a route 0.0.0.0/0 to an internet gateway in the VPC console, ").Do(problem.ChooseSubnet).Say(", or ").Do(problem.LeaveSubnet).Say("."),
		})
	default:
		all = append(all, problem.Problem{
			Kind: problem.Refused, Title: "No route to the internet",
			Text: fmt.Sprintf("The subnet in VPC %s has no route to an internet gateway, so nobody could reach the machine.", n.VPC),
			Next: problem.Say("Add a route 0.0.0.0/0 to an internet gateway in the VPC console, or ").Do(problem.ChooseRegion).Say("."),
		})
	}
	if n.Full && !p.exists {
		all = append(all, problem.Problem{
			Kind: problem.Refused, Title: "The network has no free address", Text: "The " + subnetIn(n) + " has no free address for another machine.",
			Next: problem.Say("Remove machines or network interfaces there that are no longer used, ").Do(problem.ChooseSubnet).Say(", or ").Do(problem.LeaveSubnet).Say("."),
		})
	}
	if len(p.zones) > 0 && !slices.Contains(p.zones, n.Zone) && !p.exists {
		// It has the title that AWS's own refusal has.
		all = append(all, problem.Problem{
			Kind: problem.Answers, Title: "Not available in " + p.answers.Region,
			Text: fmt.Sprintf("%s is not offered in %s, the zone of %s; it is in %s.", p.answers.Type, n.Zone, n.Subnet, strings.Join(p.zones, ", ")),
			Next: problem.Do(problem.ChooseType).Say(", or ").Act(problem.ChooseSubnet.Of("a subnet in another zone")).Say("."),
		})
	}
	return all
}

// subnetIn names a subnet that was named: "subnet subnet-1 of VPC vpc-1 (eu-central-1a)".
func subnetIn(n aws.Network) string {
	return fmt.Sprintf("subnet %s of VPC %s (%s)", n.Subnet, n.VPC, n.Zone)
}

// shutIn says that a subnet does not lead to the internet.
func shutIn(n aws.Network) string {
	return "The " + subnetIn(n) + " has no route to an internet gateway"
}

// placeWords say in which subnet and VPC things are created, where a subnet is
// named.
func placeWords(at aws.NetworkSpec, n aws.Network) (subnet, vpc string) {
	switch {
	case at.Subnet == "":
		return "", ""
	case n.VPC == "": // it could not be looked up
		return ", in " + at.Subnet, ""
	}
	return fmt.Sprintf(", in %s (%s)", n.Subnet, n.Zone), " in " + n.VPC
}

// network looks whether a machine can be reached where it is, or is to be.
func (d *doctor) network(ctx context.Context) finding {
	i, err := d.existingMachine(ctx)
	if err != nil {
		return wrong(err)
	}
	at := aws.NetworkSpec{Subnet: cmp.Or(i.Subnet, d.s.Answers.Subnet)}
	n, err := d.region.Network(ctx, at)
	if err != nil {
		return wrong(err)
	}
	const route = "Add a route 0.0.0.0/0 to an internet gateway in the VPC console"
	switch {
	case at.Subnet == "" && !n.Internet:
		return finding{
			steps.CheckBad, fmt.Sprintf("No subnet of VPC %s both has a route to an internet gateway and assigns public addresses, so nobody can reach a machine there.", n.VPC),
			problem.Say(route + ", and turn on auto-assign public IPv4 address."), "",
		}
	case at.Subnet == "":
		return fine("VPC %s has a route to the internet.", n.VPC)
	case !n.Internet:
		return finding{steps.CheckBad, shutIn(n) + ", so nobody can reach a machine there.", problem.Say(route + "."), ""}
	case n.Full && !d.s.Launched():
		return finding{
			steps.CheckBad, "The " + subnetIn(n) + " has no free address for another machine.",
			problem.Say("Remove machines or network interfaces there that are no longer used, or ").Do(problem.ChooseSubnet).Say("."), "",
		}
	}
	return fine("The %s has a route to the internet.", subnetIn(n))
}
