package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// target is a setup's machine within reach: its account and region are open,
// and it can be looked for, logged in to and let in to.
type target struct {
	teller
	s       *steps.Setup
	account Cloud
	region  CloudRegion
	network aws.Network     // where the setup's group was found, or made
	greeted *remote.Greeted // of a run: what a wait for the SSH server leaves to the login
}

// target opens the account and region of a setup of the ledger.
func (g *Guide) target(ctx context.Context, setupID string, step steps.StepID, emit func(steps.Event)) (*target, error) {
	s, err := g.ledger.load(setupID)
	if err != nil {
		return nil, err
	}
	return g.targetOf(ctx, s, step, emit)
}

// targetOf is target for a setup that is at hand.
func (g *Guide) targetOf(ctx context.Context, s *steps.Setup, step steps.StepID, emit func(steps.Event)) (*target, error) {
	account, err := g.account(ctx, s.Answers.Profile)
	if err != nil {
		return nil, err
	}
	if err := g.sameAccount(ctx, s, account); err != nil {
		return nil, err
	}
	return &target{
		teller: teller{g: g, setup: s.ID, step: step, emit: emit},
		s:      s, account: account, region: account.In(s.Answers.Region),
	}, nil
}

// observe takes over what the cloud says of a setup's instance now.
func (g *Guide) observe(s *steps.Setup, i aws.Instance) {
	applyInstance(s, i, g.cfg.Now())
	s.SSHPort = g.cfg.SSHPort(i)
	g.traceState(s)
}

func (t *target) observe(i aws.Instance) { t.g.observe(t.s, i) }

// tags are on everything that is created for the setup.
func (t *target) tags() map[string]string {
	tags := tagsOf(t.s.ID, t.s.Answers)
	tags[TagName], tags["Name"] = t.s.Answers.Name, "jupyter-ec2 "+t.s.Answers.Name
	return tags
}

// tagsOf are the person's own tags, and the one that says whose a thing is.
func tagsOf(setup string, a steps.Answers) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, a.Tags)
	tags[TagSetup] = setup
	return tags
}

// onAWS is a text about money, which nothing costs in the sandbox.
func (t *target) onAWS(text string) string {
	if t.g.cfg.Sandbox {
		return ""
	}
	return text
}

// sshAddr is where the setup's machine answers SSH.
func sshAddr(s *steps.Setup) string { return net.JoinHostPort(s.PublicAddr, strconv.Itoa(s.SSHPort)) }

// serverAt is the server as its own host reaches it.
func serverAt(loopback string, port int) string {
	return net.JoinHostPort(cmp.Or(loopback, "127.0.0.1"), fmt.Sprint(port))
}
