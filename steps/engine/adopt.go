package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// fromTags makes a setup of a machine that only the cloud knows. The tags tell
// whose it is; what they do not tell (mode, release, disk) is the default.
func (g *Guide) fromTags(i aws.Instance, at steps.Place) steps.Setup {
	name := i.Tags[TagName]
	if !steps.ValidName(name) {
		name = "unnamed"
	}
	s := steps.Setup{
		ID: i.Tags[TagSetup], Sandbox: g.cfg.Sandbox, Created: i.Created, Done: map[steps.StepID]time.Time{},
		Answers: steps.Answers{
			Name: name, Profile: at.Profile, Region: at.Region, Release: steps.DefaultRelease, Type: i.Type, DiskGB: steps.DefaultDiskGB,
			Key: steps.KeyAnswer{Source: steps.KeyFile}, Mode: steps.ModeSSH, Installer: steps.InstallerUV, UI: steps.UILab,
		},
		Resources: steps.Resources{
			KeyPairName: i.KeyName, ClientToken: i.ClientToken, ImageID: i.ImageID, InstanceID: i.ID, Launches: 1, Adopted: true,
		},
	}
	s.Subnet = i.Subnet // else its group would be looked for in the default network
	if len(i.GroupIDs) > 0 {
		s.Resources.GroupID = i.GroupIDs[0]
	}
	g.observe(&s, i)
	return s
}

// Adopt rebuilds the ledger of a machine from its tags. Where its private key
// is copied to the path of the answer, it can be worked on as well.
func (g *Guide) Adopt(ctx context.Context, m steps.Machine) (steps.Setup, error) {
	s := m.Setup
	if !m.Elsewhere || !validID(s.ID) {
		return steps.Setup{}, &problem.Error{
			Kind: problem.Answers, Title: "This machine cannot be adopted",
			Text: fmt.Sprintf("The tag %s of %s names no setup of its own: %q.", TagSetup, s.Resources.InstanceID, s.ID),
			Next: problem.Say("Check the instance in the EC2 console; if it is yours, terminate it there."),
		}
	}
	unlock, err := g.ledger.waitLock(ctx, "begin")
	if err != nil {
		return steps.Setup{}, err
	}
	defer unlock()
	all, err := g.ledger.all()
	if err != nil {
		return steps.Setup{}, err
	}
	if i := slices.IndexFunc(all, func(o steps.Setup) bool { return o.ID == s.ID }); i >= 0 {
		if all[i].Bad != nil {
			_, err := g.ledger.load(s.ID)
			return steps.Setup{}, err
		}
		return all[i], nil
	}
	s.AccountNumber = m.Account
	s.Resources.GroupName = "jupyter-ec2-" + s.Answers.Name + "-" + s.ID
	s.Resources.KeyPath = g.ledger.file("keys", s.Answers.Name+"-"+s.ID+".pem")
	s.Answers.Key.Path = s.Resources.KeyPath
	s.Done[steps.StepLaunch] = g.cfg.Now().UTC() // and nothing after it was seen from here
	// Only a pair that carries the setup's tag is removed with it.
	s.Resources.KeyPairOurs, s.Resources.KeyFileOurs = true, true
	if slices.ContainsFunc(all, func(o steps.Setup) bool { return o.Answers.Name == s.Answers.Name }) {
		s.Answers.Name = s.Answers.Name[:min(len(s.Answers.Name), steps.MaxName-5)] + "-" + s.ID[:min(len(s.ID), 4)]
	}
	return s, g.ledger.create(&s)
}
