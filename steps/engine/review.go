package engine

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Review asks the cloud everything that can be known before a cent is spent:
// whether the type, the image and a way to the internet are there, whether
// the account may do it (DryRun), and what it costs.
func (g *Guide) Review(ctx context.Context, a steps.Answers) (steps.Review, error) {
	if err := a.Valid(); err != nil {
		return steps.Review{}, steps.AnswersFault(err)
	}
	account, err := g.account(ctx, a.Profile)
	if err != nil {
		return steps.Review{}, err
	}
	v := steps.Review{Answers: a}
	look := &preflight{g: g, region: account.In(a.Region), account: account, answers: a, at: g.whereFor(a), exists: g.hasMachine(a.Name)}
	if err := look.run(ctx); err != nil {
		return steps.Review{}, err
	}
	v.ImageID, v.MyAddress = look.image.ID, look.address
	v.Permissions = listOf(look.permissions, func(p aws.Permission) steps.Permission { return steps.Permission(p) })
	v.Cost = steps.CostOf(look.prices, a.Type, a.DiskGB)
	v.Problems, v.Warnings = append(g.taken(a), look.problems...), look.warnings()
	v.Creates = append(creates(a, look.image, look.address, look.at, look.network), look.brings()...)
	v.Commands = steps.Commands(a, isOwn(a, look.image))
	return v, nil
}

// preflight gathers the answers of the cloud for one review.
type preflight struct {
	g       *Guide
	account Cloud
	region  CloudRegion
	answers steps.Answers
	at      aws.NetworkSpec
	exists  bool // the setup's machine is there already, and counted in the quota

	kind        aws.Type
	image       aws.Image
	network     aws.Network
	zones       []string // that offer the type, where a subnet is named
	quota       aws.Quota
	prices      steps.Prices
	address     string
	mfa         aws.MFAState
	owner       string // the account's number; empty where it is not known
	project     steps.ProjectSize
	noProject   bool // its folder cannot be brought
	permissions []aws.Permission
	problems    []problem.Problem
	namesakes   []aws.Instance // machines of that name that are in no record here
}

func (p *preflight) run(ctx context.Context) error {
	kind, err := p.region.Type(ctx, p.answers.Type)
	if err != nil {
		return err
	}
	p.kind = kind
	// Each of these is a round trip or two; together they take as long as the slowest.
	var addressErr, imageErr, networkErr, quotaErr, projectErr error
	// Only the person ends this early, so the groups need no context of their own.
	var eg, launch errgroup.Group
	eg.Go(func() error { p.address, addressErr = p.account.MyAddress(ctx); return ctx.Err() })
	launch.Go(func() error {
		p.image, imageErr = imageFor(ctx, p.region, p.answers, kind.Arch)
		return ctx.Err()
	})
	launch.Go(func() error { networkErr = p.findNetwork(ctx); return ctx.Err() })
	eg.Go(func() error {
		// What a launch elsewhere would be told says nothing of a subnet that cannot be used.
		if err := launch.Wait(); err != nil || imageErr != nil || networkErr != nil && p.at.Subnet != "" {
			return err
		}
		p.dryRun(ctx)
		return ctx.Err()
	})
	eg.Go(func() error {
		// A missing price is no problem: the page then says that it is unknown.
		p.prices, _ = p.g.prices(ctx, p.region, p.answers.Region, p.answers.Type)
		return ctx.Err()
	})
	eg.Go(func() error { p.findNamesakes(ctx); return ctx.Err() })
	eg.Go(func() error {
		// A quota that cannot be had is none to stop at: AWS says at the launch.
		p.quota, quotaErr = p.region.Quota(ctx, kind)
		return ctx.Err()
	})
	eg.Go(func() error {
		if p.answers.Project != "" {
			p.project, projectErr = p.g.projectSize(ctx, p.answers.Project)
			p.noProject = projectErr != nil
		}
		return ctx.Err()
	})
	eg.Go(func() error {
		if who, err := p.account.Identity(ctx); err == nil {
			p.owner = who.Account
			p.mfa = p.account.MFA(ctx, who)
		}
		return ctx.Err()
	})
	if err := eg.Wait(); err != nil {
		return fmt.Errorf("checking the plan: %w", err)
	}
	if quotaErr == nil && !p.exists && p.quota.Used+float64(kind.VCPU) > p.quota.Limit {
		p.problems = append(p.problems, p.quotaProblem())
	}
	for _, err := range []error{addressErr, imageErr, networkErr, projectErr} {
		if err != nil {
			p.problems = append(p.problems, steps.Explain(err))
		}
	}
	if networkErr == nil {
		p.problems = append(p.problems, p.networkProblems()...)
	}
	p.refusals()
	return nil
}

func (p *preflight) dryRun(ctx context.Context) {
	p.permissions = p.region.DryRun(ctx, aws.LaunchSpec{
		Image: p.image, Type: p.answers.Type, Subnet: p.network.Subnet, AskAddress: p.network.AskAddress, VPC: p.network.VPC,
		DiskGB: p.answers.DiskGB,
		Tags:   tagsOf("dry-run", p.answers), // an organization may demand some, or refuse others
	})
	p.permissions = slices.DeleteFunc(p.permissions, func(perm aws.Permission) bool { return !needs(p.answers.Key, perm.Action) })
}

// refusals are the problems that the DryRun met.
func (p *preflight) refusals() {
	for _, perm := range p.permissions {
		switch {
		case perm.Known && !perm.Allowed:
			p.problems = append(p.problems, steps.Explain(perm.Refusal))
		case perm.Obstacle != nil && !p.exists:
			met := steps.Explain(perm.Obstacle)
			if !slices.ContainsFunc(p.problems, func(known problem.Problem) bool { return known.Title == met.Title }) {
				p.problems = append(p.problems, met)
			}
		}
	}
}

// quotaProblem has the title that AWS's own refusal has.
func (p *preflight) quotaProblem() problem.Problem {
	q := p.quota
	return problem.Problem{
		Kind: problem.Refused, Title: "The vCPU quota is too small",
		Text: fmt.Sprintf("%s takes %d vCPUs. Your account may run %g in %s, of which %g are in use (%s). A quota of 0 is normal for GPU types in a new account.",
			p.kind.Name, p.kind.VCPU, q.Limit, p.answers.Region, q.Used, q.Name),
		Next: problem.Act(problem.ChooseType.Of("a smaller type")).
			Say(" or stop another machine, or ask for more of " + q.Code + " in the Service Quotas console, Amazon EC2. AWS often needs hours to answer."),
	}
}

// hasMachine reports whether the setup of that name has launched its machine.
func (g *Guide) hasMachine(name string) bool {
	all, err := g.ledger.all()
	return err == nil && slices.ContainsFunc(all, func(s steps.Setup) bool { return s.Answers.Name == name && s.Resources.InstanceID != "" })
}

// findNamesakes looks for machines that this launch would be taken for: another
// computer made them, or their record here is gone. Where EC2 does not tell, none
// is known.
func (p *preflight) findNamesakes(ctx context.Context) {
	found, err := p.region.Find(ctx, map[string]string{TagName: p.answers.Name})
	all, ledgerErr := p.g.ledger.all()
	if err != nil || ledgerErr != nil {
		return
	}
	for _, i := range found {
		known := slices.ContainsFunc(all, func(s steps.Setup) bool { return s.ID == i.Tags[TagSetup] })
		if state := steps.State(i.State); state.Exists() && state != steps.StateShuttingDown && !known {
			p.namesakes = append(p.namesakes, i)
		}
	}
}

// taken is the problem of a name that belongs to a setup with another machine.
func (g *Guide) taken(a steps.Answers) []problem.Problem {
	all, err := g.ledger.all()
	if err != nil {
		return nil // Begin says what is wrong with the records
	}
	for i := range all {
		if s := &all[i]; s.Answers.Name == a.Name && s.Bad == nil {
			if what := otherMachine(s, a); what != "" {
				return []problem.Problem{steps.Explain(nameTaken(s, what))}
			}
		}
	}
	return nil
}

// needs reports whether the launch with this key takes that permission.
func needs(k steps.KeyAnswer, action string) bool {
	switch action {
	case "ec2:CreateKeyPair":
		return k.Source == steps.KeyMadeByEC2
	case "ec2:ImportKeyPair":
		return k.Source != steps.KeyMadeByEC2 && k.PairName == ""
	}
	return true
}

// gpuDiskGB has room for the system and what a GPU is used with.
const gpuDiskGB = 40

// warnings are worth reading and stop nothing.
func (p *preflight) warnings() []string {
	var w []string
	for _, i := range p.namesakes {
		w = append(w, fmt.Sprintf("A machine called %s is there already (%s, %s), and in no record of this computer: this launches another one. To use that one, adopt it.", p.answers.Name, i.ID, i.State))
	}
	w = append(w, p.imageWarnings()...)
	if r := steps.ReleaseFor(p.answers.Release); r.Version == "20.04" {
		w = append(w, "Ubuntu 20.04 is past standard support: it gets no more free security updates, and its Python 3.8 gets older Jupyter versions.")
	}
	if p.mfa == aws.MFAOff {
		w = append(w, "MFA is off for this identity. The guide asks you to turn it on in the IAM console.")
	}
	if p.kind.MemoryMiB > 0 && p.kind.MemoryMiB < 1024 {
		w = append(w, fmt.Sprintf("%s has %s of memory; Jupyter and one kernel want about 1 GiB. The install makes a swap file.", p.kind.Name, steps.Memory(p.kind.MemoryMiB)))
	}
	if p.kind.GPU != "" {
		w = append(w, fmt.Sprintf("%s has a GPU, and Ubuntu's image has no driver for it: no kernel can use the GPU until you install one.", p.kind.Name))
		if p.answers.DiskGB < gpuDiskGB {
			w = append(w, fmt.Sprintf("A GPU's driver, CUDA and a library such as PyTorch take about 20 GB, which a disk of %d GB has no room for: choose %d GB or more.", p.answers.DiskGB, gpuDiskGB))
		}
	}
	if p.project.Large() {
		text := "The project is large: " + p.project.Words() + "."
		if parts := p.project.PartWords(); parts != "" {
			text += " Most of it: " + parts + "."
		}
		w = append(w, text+" You are asked before it is brought.")
	}
	if p.answers.NoTLS && p.answers.Mode != steps.ModeSSH {
		w = append(w, "Without TLS the token and everything you type cross the internet in clear text.")
	}
	return w
}

// brings says what of this computer is brought to the machine.
func (p *preflight) brings() []string {
	if p.answers.Project == "" || p.noProject {
		return nil
	}
	return []string{fmt.Sprintf("the folder ~/%s on the machine, kept alike with %s here: %s", p.answers.ProjectFolder(), p.answers.Project, p.project.Words())}
}

// Tag keys of everything a setup creates.
const (
	TagSetup = aws.TagSetup // the setup's ID
	TagName  = aws.TagName  // the setup's name
)

func creates(a steps.Answers, image aws.Image, address string, at aws.NetworkSpec, n aws.Network) []string {
	if address == "" {
		address = "your address"
	}
	inSubnet, inVPC := placeWords(at, n)
	out := []string{
		fmt.Sprintf("1 instance %s, %s, IMDSv2 only, tagged %s%s", a.Type, imageTitle(a, image), a.Name, inSubnet),
		fmt.Sprintf("1 encrypted gp3 disk of %d GB, deleted with the instance", a.DiskGB),
		"1 security group" + inVPC + ": " + opens(a.Mode, address),
	}
	// Whoever may read the machine's user data in EC2 reads it.
	install := "the install, to begin at boot"
	if isOwn(a, image) {
		install += ", which finds what is in the image"
	}
	out = append(out, "user data: a host key made for it alone, and "+install+"; no other secret")
	switch {
	case a.Key.Source == steps.KeyMadeHere:
		out = append(out, "1 key pair, made here; EC2 gets the public half")
	case a.Key.Source == steps.KeyMadeByEC2:
		out = append(out, "1 key pair, made by EC2; the .pem is saved here, "+problem.Here().Protects())
	case a.Key.PairName != "":
		out = append(out, "no key pair: yours, "+a.Key.PairName+", is used")
	default:
		out = append(out, "1 key pair in EC2, from your key's public half")
	}
	out = append(out, "1 public IPv4 address while the instance runs")
	if len(a.Tags) > 0 {
		out = append(out, "your tags on all of it: "+steps.TagWords(a.Tags))
	}
	return out
}
