package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The checks that ask the cloud, and the key file.

func (d *doctor) credentials(ctx context.Context) finding {
	c, who, err := d.signedIn(ctx)
	d.account = c // its way to one's own address needs no credentials
	if err != nil {
		return wrong(err)
	}
	if n := d.s.AccountNumber; n != "" && n != who.Account {
		return wrong(otherAccount(d.s, who.Account))
	}
	f := fine("Account %s, %s.", who.Account, who.ARN)
	mfa := c.MFA(ctx, who)
	switch {
	case steps.Identity(who).Root():
		f.state, f.text = steps.CheckWarn, f.text+" This is the account's root user, who may do anything."
		f.next = problem.Say("Make an IAM user or a role with the policy in docs/iam-policy.json and use its profile.")
	case mfa == aws.MFAOff:
		f.state, f.text = steps.CheckWarn, f.text+" MFA is off."
		f.next = problem.Say("Turn MFA on for this user in the IAM console, as the guide asks.")
	case mfa == aws.MFAOn:
		f.text += " MFA is on."
	}
	return f
}

// signedIn returns the account that is open where its credentials still work,
// which spares a person another MFA code, else one that is opened again.
func (d *doctor) signedIn(ctx context.Context) (Cloud, aws.Identity, error) {
	c, err := d.g.account(ctx, d.profile)
	if err == nil {
		who, err := c.Identity(ctx)
		if err == nil || c.CredentialsFailed() { // to be run once more, its program would tell the same
			return c, who, err
		}
	}
	if c, err = d.g.open(ctx, d.profile); err != nil {
		return nil, aws.Identity{}, err
	}
	who, err := c.Identity(ctx)
	return c, who, err
}

func (d *doctor) regionEnabled(ctx context.Context) finding {
	regions, err := d.account.Regions(ctx)
	if err != nil {
		return wrong(err)
	}
	if d.alone {
		d.s.Answers.Region = d.account.HomeRegion()
	}
	name, enabled, on := d.s.Answers.Region, 0, false
	for _, r := range regions {
		if r.Enabled {
			enabled++
			on = on || r.Name == name
		}
	}
	if !on {
		return finding{
			steps.CheckBad, fmt.Sprintf("The region %s is not enabled for this account.", name),
			problem.Say("Enable it in the AWS console (Account, AWS Regions), or ").Do(problem.ChooseRegion).Say("."), "",
		}
	}
	d.region = d.account.In(name)
	return fine("%s is enabled, with %d others.", name, enabled-1)
}

// offered looks whether the region has the type and the image.
func (d *doctor) offered(ctx context.Context) finding {
	if d.alone {
		types, err := typesOf(ctx, d.region)
		if err != nil {
			return wrong(err)
		}
		d.s.Answers.Type = steps.DefaultTypeFor(types)
	}
	a := d.s.Answers
	var err error
	if d.kind, err = d.region.Type(ctx, a.Type); err != nil {
		return wrong(err)
	}
	d.image, err = imageFor(ctx, d.region, a, d.kind.Arch)
	if err != nil && a.Image != "" && d.s.Launched() { // the machine does without it
		a.Image, a.Release = "", steps.DefaultRelease
		d.image, err = imageFor(ctx, d.region, a, d.kind.Arch)
	}
	if err != nil {
		return wrong(err)
	}
	return fine("%s (%d vCPU, %s) and %s are available in %s.",
		a.Type, d.kind.VCPU, steps.Memory(d.kind.MemoryMiB), imageWithID(a, d.image), a.Region)
}

// permitted asks EC2, as the review does, whether a launch would be allowed.
func (d *doctor) permitted(ctx context.Context) finding {
	a, at := d.s.Answers, d.where()
	spec := aws.LaunchSpec{
		Image: d.image, Type: d.s.Answers.Type, Subnet: cmp.Or(at.Subnet, d.s.Subnet), VPC: d.s.VPC, DiskGB: d.s.Answers.DiskGB,
		Tags: tagsOf(cmp.Or(d.s.ID, "dry-run"), d.s.Answers),
	}
	if id := d.s.Resources.GroupID; id != "" {
		spec.GroupIDs = []string{id}
	}
	if at.Subnet != "" {
		if n, err := d.region.Network(ctx, at); err == nil { // else the network's own check says why
			spec.AskAddress, spec.VPC = n.AskAddress, n.VPC
		}
	}
	var allowed, lacking, silent []string
	var forbidden, obstacle error // the first of each
	for _, p := range d.region.DryRun(ctx, spec) {
		switch {
		case !needs(a.Key, p.Action):
		case p.Allowed:
			allowed = append(allowed, p.Action)
		case p.Known && isForbidden(p.Refusal):
			forbidden = cmp.Or(forbidden, p.Refusal)
		case p.Known:
			lacking = append(lacking, p.Action)
		default:
			obstacle = cmp.Or(obstacle, p.Obstacle)
			silent = append(silent, p.Action+": "+p.Detail)
		}
	}
	switch {
	case forbidden != nil: // which no policy that allows what is lacking helps against
		return wrong(forbidden)
	case len(lacking) > 0:
		return finding{
			steps.CheckBad, "Not permitted: " + strings.Join(lacking, ", ") + ".",
			problem.Say("Ask whoever manages the account for the policy in docs/iam-policy.json, or ").Do(problem.ChooseProfile).Say("."), "",
		}
	case obstacle != nil && !d.s.Launched(): // a machine that is there needs no room
		return wrong(obstacle)
	case len(silent) > 0:
		return finding{
			steps.CheckWarn, "AWS answered neither yes nor no about " + strings.Join(silent, " "),
			problem.Say("Read what it says; if the launch then fails, its message says more."), "",
		}
	}
	return fine("A launch is permitted (%s).", strings.Join(allowed, ", "))
}

// isForbidden reports whether a policy forbids it expressly.
func isForbidden(err error) bool {
	var e *aws.Error
	return errors.As(err, &e) && e.Forbidden()
}

func (d *doctor) quota(ctx context.Context) finding {
	q, err := d.region.Quota(ctx, d.kind)
	if err != nil {
		return unsure(err)
	}
	i, err := d.existingMachine(ctx)
	if err != nil {
		return unsure(err)
	}
	counted := steps.State(i.State).On()
	text := fmt.Sprintf("%g of %g vCPUs are in use (%s); %s takes %d", q.Used, q.Limit, q.Name, d.kind.Name, d.kind.VCPU)
	switch {
	case counted:
		return fine("%s, and they are counted.", text)
	case q.Used+float64(d.kind.VCPU) > q.Limit:
		return finding{
			steps.CheckBad, text + ": it does not fit.",
			problem.Say("Stop another machine, ").Act(problem.ChooseType.Of("a smaller type")).Say(", or ask for more in the Service Quotas console (quota " + q.Code + ")."), "",
		}
	}
	return fine("%s.", text)
}

func (d *doctor) myAddress(ctx context.Context) finding {
	if d.account == nil {
		return skipped("Not checked until this is fixed: " + titleOf(checkCredentials) + ".")
	}
	var err error
	if d.address, err = d.account.MyAddress(ctx); err != nil {
		return wrong(err)
	}
	return fine("AWS sees you at %s.", d.address)
}

// existingMachine looks for the setup's instance once; a State of "" means that
// there is none.
func (d *doctor) existingMachine(ctx context.Context) (aws.Instance, error) {
	if d.alone || d.instance.ID != "" || d.s.Resources.ClientToken == "" {
		return d.instance, nil
	}
	found, err := d.region.Find(ctx, map[string]string{TagSetup: d.s.ID})
	if err != nil {
		return aws.Instance{}, err
	}
	if found, err = d.g.missed(ctx, d.region, []steps.Setup{*d.s}, found); err != nil {
		return aws.Instance{}, err
	}
	switch i := machineOf(d.s, found); {
	case i.ID == "" && d.s.Resources.InstanceID != "" && d.g.young(d.s):
		return i, unshown(d.s)
	case i.ID != "" && i.State != aws.StateTerminated:
		d.observe(i)
		d.instance, d.s.Resources.InstanceID = i, i.ID
	}
	return d.instance, nil
}

func (d *doctor) machine(ctx context.Context) finding {
	i, err := d.existingMachine(ctx)
	if err != nil {
		return wrong(err)
	}
	switch i.State {
	case aws.StateRunning:
		if d.s.PublicAddr == "" {
			return finding{
				steps.CheckBad, i.ID + " runs and has no public address.",
				problem.Say("Turn on auto-assign public IPv4 address for its subnet in the VPC console, then stop and start the machine."), "",
			}
		}
		return fine("%s (%s) is running at %s.", i.ID, i.Type, d.s.PublicAddr)
	case aws.StateStopped:
		return finding{steps.CheckBad, i.ID + " is stopped: " + cmp.Or(i.StateReason, "nobody said why") + ".", problem.Act(on(problem.Start, d.s)).Say("."), "start the machine"}
	case aws.StateStopping, aws.StatePending:
		return finding{steps.CheckBad, i.ID + " is " + string(i.State) + ".", problem.Say("Wait a minute and ").Act(on(problem.Doctor, d.s)).Say("."), ""}
	case "":
		if !d.s.Launched() {
			return finding{steps.CheckBad, "No machine has been launched yet.", problem.Act(on(problem.Continue, d.s)).Say(": it continues where it stopped."), ""}
		}
	case aws.StateShuttingDown, aws.StateTerminated:
	}
	return finding{
		steps.CheckBad, "The machine is gone: it was terminated elsewhere.",
		launchOrRemove(d.s), "",
	}
}

// shutdown looks at what the idle stop relies on: a machine that shuts itself
// down must be stopped, and not terminated with its disk.
func (d *doctor) shutdown(ctx context.Context) finding {
	if d.instance.ID == "" {
		return skipped("There is no machine.")
	}
	stops, err := d.region.StopsOnShutdown(ctx, d.instance.ID)
	if err != nil {
		return unsure(err)
	}
	if !stops {
		return finding{
			steps.CheckBad, "A shutdown on the machine terminates it, and its disk is lost.",
			problem.Say("Set its shutdown behaviour to stop in the EC2 console (Actions, Instance settings)."), "let a shutdown stop the machine",
		}
	}
	return fine("A shutdown stops the machine and keeps its disk.")
}

// group holds the security group's rules against this computer's address.
func (d *doctor) group(ctx context.Context) finding {
	id := d.s.Resources.GroupID
	if id == "" {
		return skipped("There is no security group yet.")
	}
	rules, err := d.region.GroupRules(ctx, id)
	if err != nil {
		return wrong(err)
	}
	if d.instance.ID != "" && !slices.Contains(d.instance.GroupIDs, id) {
		return finding{
			steps.CheckBad, fmt.Sprintf("The machine is not in its security group %s but in %s.", id, strings.Join(d.instance.GroupIDs, ", ")),
			problem.Say("Put it back in the EC2 console (Actions, Security, Change security groups)."), "",
		}
	}
	var wide []string
	shut := closedTo(d.address, d.s.Answers.Mode.Ports(), rules)
	for _, r := range rules {
		if p, err := netip.ParsePrefix(r.CIDR); err == nil && p.Bits() == 0 {
			wide = append(wide, fmt.Sprint(r.Port))
		}
	}
	switch {
	case len(shut) > 0:
		return finding{
			steps.CheckBad, fmt.Sprintf("%s does not let in your current address %s on port %s; it lets in %s.", id, d.address, strings.Join(shut, " and "), listed(rules)),
			problem.Act(on(problem.Continue, d.s)).Say(": it moves the rule."), "let in your current address instead of the old one",
		}
	case len(wide) > 0:
		return finding{
			steps.CheckWarn, fmt.Sprintf("%s lets in the whole internet on port %s.", id, strings.Join(wide, " and ")),
			problem.Say("Remove that rule in the EC2 console, unless you made it for a reason."), "",
		}
	}
	return fine("%s lets in %s.", id, listed(rules))
}

func covers(cidr, address string) bool {
	p, err := netip.ParsePrefix(cidr)
	a, aerr := netip.ParseAddr(address)
	return err == nil && aerr == nil && p.Contains(a)
}

func listed(rules []aws.Rule) string {
	var all []string
	for _, r := range rules {
		all = append(all, fmt.Sprintf("%s on port %d", r.CIDR, r.Port))
	}
	return cmp.Or(strings.Join(all, ", "), "nobody")
}

// key holds the key file against what EC2 knows of the pair.
func (d *doctor) key(ctx context.Context) finding {
	r := d.s.Resources
	if d.s.Answers.Key.Source == steps.KeyAgent {
		if _, err := d.g.signer(ctx, d.s); err != nil {
			d.keyless = true
			return wrong(err)
		}
		return fine("ssh-agent holds the key %s.", d.s.Answers.Key.Fingerprint)
	}
	if r.KeyPath == "" {
		return skipped("There is no key yet.")
	}
	f := remote.InspectKey(r.KeyPath)
	switch {
	case f.Err != nil:
		d.keyless = true
		return wrong(f.Err)
	case f.TooOpen:
		d.keyless = true
		return finding{steps.CheckBad, "Other users of this computer can read " + r.KeyPath + ".", problem.ProtectFile(r.KeyPath), "make it readable only by you (" + problem.Here().Protects() + ")"}
	}
	if d.region == nil {
		return fine("Only you can read %s; EC2 cannot be asked whether it matches the key pair.", r.KeyPath)
	}
	pairs, err := d.region.KeyPairs(ctx)
	if err != nil {
		return unsure(err)
	}
	at := slices.IndexFunc(pairs, func(p aws.KeyPair) bool { return p.Name == cmp.Or(d.instance.KeyName, r.KeyPairName) })
	switch {
	case at < 0:
		return finding{
			steps.CheckWarn, "EC2 has no key pair " + r.KeyPairName + " any more; the machine keeps the public half that it was launched with.",
			problem.Say("Nothing has to be done while the SSH login works."), "",
		}
	case f.PublicKey == "" || pairs[at].PublicKey == "":
		return fine("Only you can read %s; only the login shows whether it matches the key pair.", r.KeyPath)
	case f.PublicKey != pairs[at].PublicKey:
		return finding{
			steps.CheckBad, fmt.Sprintf("%s (%s) is not the private half of the key pair %s.", r.KeyPath, f.Fingerprint, pairs[at].Name),
			problem.Say("Put the right private key back in its place; without it nobody can log in to the machine, and a new one has to be launched."), "",
		}
	case f.Garbled:
		return finding{steps.CheckWarn, garbledKey(r.KeyPath), problem.Say("It works here anyway; once rewritten, it works with ssh -i too."), "write it as ssh reads it"}
	}
	return fine("Only you can read %s, and it matches the key pair %s.", r.KeyPath, pairs[at].Name)
}
