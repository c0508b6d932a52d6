package engine

import (
	"context"
	"fmt"
	"reflect"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// change has a setup get other answers. Once its server runs they are written
// down as wanted, and Work makes the machine follow: until then those that it
// had are in effect. What its account refuses is not written down at all.
func (g *Guide) change(ctx context.Context, setupID string, to func(*steps.Answers) error) (steps.Setup, error) {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return steps.Setup{}, err
	}
	defer unlock()
	s, err := g.ledger.load(setupID)
	if err != nil {
		return steps.Setup{}, err
	}
	a := s.Wanted()
	if err := to(&a); err != nil {
		return steps.Setup{}, err
	}
	if err := a.Valid(); err != nil {
		return steps.Setup{}, steps.AnswersFault(err)
	}
	if err := g.want(ctx, s, a); err != nil {
		return steps.Setup{}, err
	}
	return *s, g.ledger.save(s)
}

// want gives a setup other answers, in effect or wanted.
func (g *Guide) want(ctx context.Context, s *steps.Setup, a steps.Answers) error {
	if s.Launched() && !reflect.DeepEqual(a, s.Wanted()) {
		account, err := g.account(ctx, a.Profile)
		if err == nil {
			err = g.sameAccount(ctx, s, account)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case !s.Finished(steps.StepServe):
		s.Answers, s.Next = a, nil
	case reflect.DeepEqual(a, s.Answers):
		s.Next = nil
	default:
		s.Next = &a
	}
	return nil
}

// SetMode changes how the server is reached.
func (g *Guide) SetMode(ctx context.Context, setupID string, mode steps.Mode, noTLS bool) (steps.Setup, error) {
	return g.change(ctx, setupID, func(a *steps.Answers) error {
		a.Mode, a.NoTLS = mode, noTLS
		if mode == steps.ModeGateway {
			a.Gateway = "" // its kernels are its own
		}
		return nil
	})
}

// SetUI changes the page that the URL leads to. It is in effect at once, since
// the server has both. JupyterLab, asked for where a proof found none, is taken to
// be there until the next proof tells: it may have been installed since.
func (g *Guide) SetUI(_ context.Context, setupID string, ui steps.UI) (steps.Setup, error) {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return steps.Setup{}, err
	}
	defer unlock()
	s, err := g.ledger.load(setupID)
	if err != nil {
		return steps.Setup{}, err
	}
	if s.Wanted().Mode == steps.ModeGateway {
		return steps.Setup{}, &problem.Error{
			Kind: problem.Answers, Title: "A gateway has no page",
			Text: fmt.Sprintf("%s is a Kernel Gateway: notebooks elsewhere use its kernels, and it has no page of its own.", s.Answers.Name),
			Next: problem.Say("For a page, ").Act(inMode(steps.ModeSSH, s)).Say("."),
		}
	}
	s.Answers.UI = ui
	if ui == steps.UILab {
		s.NoLab = false
	}
	if s.Next != nil {
		s.Next.UI = ui
	}
	if err := s.Answers.Valid(); err != nil {
		return steps.Setup{}, steps.AnswersFault(err)
	}
	return *s, g.ledger.save(s)
}

// SetLimits changes when the machine stops on its own; 0 leaves a limit as it is.
func (g *Guide) SetLimits(ctx context.Context, setupID string, idle, lifetime steps.Limit) (steps.Setup, error) {
	return g.change(ctx, setupID, func(a *steps.Answers) error {
		a.IdleStop, a.Lifetime = idle.Or(a.IdleStop), lifetime.Or(a.Lifetime)
		return nil
	})
}

// SetWork changes which programs count as activity.
func (g *Guide) SetWork(ctx context.Context, setupID string, rule steps.WorkRule) (steps.Setup, error) {
	return g.change(ctx, setupID, func(a *steps.Answers) error {
		a.Work = rule
		return nil
	})
}

// UseGateway has a notebook's kernels run on another setup's machine, or on its
// own again.
func (g *Guide) UseGateway(ctx context.Context, setupID, gatewayID string) (steps.Setup, error) {
	if gatewayID != "" {
		gw, err := g.ledger.load(gatewayID)
		if err != nil {
			return steps.Setup{}, err
		}
		if err := usableGateway(gw); err != nil {
			return steps.Setup{}, err
		}
	}
	return g.change(ctx, setupID, func(a *steps.Answers) error {
		if a.Mode == steps.ModeGateway {
			return &problem.Error{
				Kind: problem.Answers, Title: "This is a gateway itself",
				Text: fmt.Sprintf("%s is a Kernel Gateway: it has kernels, and no notebook that could use another's.", a.Name),
				Next: problem.Say("First ").Act(problem.Action{Verb: problem.ChangeMode, Name: a.Name, Sandbox: g.cfg.Sandbox, What: string(steps.ModeSSH)}).Say("."),
			}
		}
		a.Gateway = gatewayID
		return nil
	})
}

func usableGateway(gw *steps.Setup) error {
	if gw.Answers.Mode == steps.ModeGateway && gw.Finished(steps.StepOpen) {
		return nil
	}
	text := fmt.Sprintf("%s is in %s mode.", gw.Answers.Name, gw.Answers.Mode)
	if gw.Answers.Mode == steps.ModeGateway {
		text = fmt.Sprintf("The guide for %s has not finished yet.", gw.Answers.Name)
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "This setup is not a Kernel Gateway", Text: text,
		Next: problem.Say("To make it one, ").Act(inMode(steps.ModeGateway, gw)).Say("."),
	}
}

// users are the rules that let in the notebooks whose kernels run on this
// setup's gateway. Within a VPC they come with their private address, since
// EC2's public names lead to private addresses there; in another network that
// address is somebody else's, and so is that of a machine that is gone.
func (g *Guide) users(s *steps.Setup) ([]aws.Rule, error) {
	if s.Answers.Mode != steps.ModeGateway {
		return nil, nil
	}
	all, err := g.ledger.good()
	if err != nil {
		return nil, err
	}
	var rules []aws.Rule
	for _, o := range all {
		if o.Answers.Gateway != s.ID && o.Wanted().Gateway != s.ID || !o.State.Exists() {
			continue
		}
		ips := []string{o.PublicIP}
		if mayShareVPC(&o, s) {
			ips = append(ips, o.PrivateIP)
		}
		for _, ip := range ips {
			if ip != "" {
				rules = append(rules, aws.Rule{Port: steps.ServerPort, CIDR: cidr(ip), Ours: true})
			}
		}
	}
	return rules, nil
}

// mayShareVPC reports whether two machines may be in one network, as far as is known.
func mayShareVPC(s, o *steps.Setup) bool {
	same := func(a, b string) bool { return a == "" || b == "" || a == b }
	return s.Answers.Region == o.Answers.Region && same(s.AccountNumber, o.AccountNumber) && same(s.VPC, o.VPC)
}

// shutOut has a gateway's group let in those alone who use it now. Where that
// does not work, it is put right when the gateway is worked on next.
func (g *Guide) shutOut(ctx context.Context, gatewayID string) {
	t, err := g.target(ctx, gatewayID, "", silent)
	if err != nil || t.s.Answers.Mode != steps.ModeGateway || t.s.Resources.Removing || !t.s.State.Exists() {
		return
	}
	if address, err := t.account.MyAddress(ctx); err == nil {
		_ = t.ensureGroup(ctx, address)
	}
}
