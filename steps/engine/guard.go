package engine

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// guard makes sure that the watcher runs on the machine and stops it when it is
// idle or has run for long enough: also while this computer is away.
func (r *run) guard(ctx context.Context) error {
	a := r.s.Answers
	rule := a.StopRule()
	spec := jupyter.WatchSpec{
		Idle: r.g.scaled(rule.Idle), Lifetime: r.g.scaled(rule.Lifetime), Every: r.g.scaled(steps.Limit(watchEvery)),
		WorkLeast: float64(a.Work.Percent) / 100, Ignore: a.Work.Ignore, Window: r.g.scaled(steps.Limit(time.Minute)),
		Facts: r.facts, Mode: string(a.Mode), Bind: r.bind(), Port: r.s.ServerPort, TLS: r.s.Answers.HasTLS(),
	}
	if !rule.Never() {
		spec.Unarmed = r.unsafeToStop(ctx)
		spec.Armed = spec.Unarmed == ""
	}
	r.grace(ctx, spec)
	if err := jupyter.Watch(ctx, r.client, spec); err != nil {
		return err
	}
	switch {
	case spec.Armed:
		r.doing("Auto-stop: %s; the disk is kept", rule.Words())
	case spec.Unarmed != "":
		r.doing("It will not stop automatically: %s", spec.Unarmed)
	default:
		r.doing("It never stops automatically, as you chose")
	}
	return nil
}

// grace puts the stop off for a moment where the limits are over already, or
// nearly so, when they are set: what runs there would end on the spot. A
// watcher that cannot be asked is left to Watch.
func (r *run) grace(ctx context.Context, spec jupyter.WatchSpec) {
	h, err := jupyter.ReadHealth(ctx, r.client)
	if err != nil || !h.Watching || !spec.Armed {
		return
	}
	soon := h.At.Add(r.g.scaled(steps.MinLimit))
	over := spec.Lifetime > 0 && h.Born.Add(spec.Lifetime).Before(soon)
	idle := spec.Idle > 0 && !h.Idle.IsZero() && h.Idle.Add(spec.Idle).Before(soon)
	if !over && !idle || h.Held.After(soon) {
		return
	}
	if _, err := jupyter.Extend(ctx, r.client, r.g.scaled(steps.MinLimit)); err == nil {
		r.doing("Its limits would stop it within %s: it gets %s more", steps.MinLimit.Words(), steps.MinLimit.Words())
	}
}

// watchEvery is how often the watcher looks.
const watchEvery = 5 * time.Second

// scaled is a limit in the guide's own time: tests turn minutes to seconds.
func (g *Guide) scaled(l steps.Limit) time.Duration {
	return time.Duration(float64(l.Duration()) * g.cfg.Minute.Seconds() / 60)
}

// unsafeToStop says why the machine must not shut itself down, or nothing: EC2
// may be told to terminate a machine that does, and its disk with it.
func (r *run) unsafeToStop(ctx context.Context) string {
	stops, err := r.region.StopsOnShutdown(ctx, r.s.Resources.InstanceID)
	if err == nil && !stops {
		r.doing("EC2 would terminate the machine when it shuts itself down: this is changed to stop")
		err = r.region.SetStopsOnShutdown(ctx, r.s.Resources.InstanceID)
	}
	if err != nil {
		return "it is not certain that EC2 stops the machine, and does not terminate it (" + steps.Explain(err).Title + ")"
	}
	return ""
}

// bind is the address that the server listens on.
func (r *run) bind() string {
	if r.s.Answers.Mode == steps.ModeSSH {
		return cmp.Or(r.facts.Loopback, "127.0.0.1")
	}
	return r.s.PrivateIP
}

// gateway is the Kernel Gateway that this notebook's kernels run on, or nil for
// its own machine. Its security group is made to let this machine in.
func (r *run) gateway(ctx context.Context) (*jupyter.GatewaySpec, error) {
	if r.s.Answers.Gateway == "" || r.s.Answers.Mode == steps.ModeGateway {
		return nil, nil
	}
	s, err := r.g.ledger.load(r.s.Answers.Gateway)
	if err != nil {
		return nil, &problem.Error{
			Kind: problem.Answers, Title: "The gateway is gone", Text: "The setup whose kernels this notebook uses no longer exists.", Err: err,
			Next: problem.Act(on(problem.OwnKernels, r.s)).Say(", or give it another gateway."),
		}
	}
	if err := usableGateway(s); err != nil {
		return nil, err
	}
	gw, err := r.g.targetOf(ctx, s, r.step, r.emit)
	if err != nil {
		return nil, err
	}
	i, err := gw.instance(ctx)
	if err != nil {
		return nil, err
	}
	if i.State != aws.StateRunning {
		return nil, notRunning(s, steps.State(i.State))
	}
	gw.observe(i)
	address, err := gw.account.MyAddress(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.save(); err != nil { // the rules are made from the addresses in the ledger
		return nil, err
	}
	if err := gw.ensureGroup(ctx, address); err != nil {
		return nil, err
	}
	r.doing("The kernels run on %s, which lets this machine in", s.Answers.Name)
	return gw.gatewaySpec(ctx)
}

// gatewaySpec is what a notebook needs to use this setup's gateway.
func (t *target) gatewaySpec(ctx context.Context) (*jupyter.GatewaySpec, error) {
	token, err := t.token(ctx, nil)
	if err != nil {
		return nil, err
	}
	spec := &jupyter.GatewaySpec{URL: t.s.PublicURL(), Token: token}
	if t.s.Answers.HasTLS() {
		if spec.Cert, err = os.ReadFile(t.g.certPath(t.s.ID)); err != nil {
			return nil, fmt.Errorf("reading the gateway's certificate: %w", err)
		}
	}
	return spec, nil
}
