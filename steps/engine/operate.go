package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// operate does something with a setup's machine, between a Started and a
// Finished or Failed. It holds the setup's lock.
func (g *Guide) operate(ctx context.Context, setupID string, id steps.StepID, title string, emit func(steps.Event), do func(context.Context, *run) (string, error)) error {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := g.newRun(ctx, setupID, id, emit)
	if err != nil {
		return err
	}
	defer r.hangUp()
	ctx, cancel := g.whileCloud(ctx)
	defer cancel()
	return r.during(title+" "+r.s.Answers.Name, func() (string, error) {
		result, err := do(ctx, r)
		if err != nil {
			err = stoppedBy(ctx, err)
		}
		return result, err
	})
}

// state asks how the machine is now.
func (r *run) state(ctx context.Context) (steps.State, error) {
	id := r.s.Resources.InstanceID
	if id == "" {
		return steps.StateNone, nil
	}
	i, err := r.instance(ctx)
	if err != nil {
		return "", err
	}
	if i.State == aws.StateTerminated {
		vanished(r.s, r.g.cfg.Now())
		r.g.traceState(r.s)
		return steps.StateGone, r.save()
	}
	r.observe(i)
	return r.s.State, r.save()
}

// Stop stops the machine. Its disk stays and keeps costing.
func (g *Guide) Stop(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepStop, "Stop", emit, func(ctx context.Context, r *run) (string, error) {
		state, err := r.state(ctx)
		if err != nil {
			return "", err
		}
		id, whole := r.s.Resources.InstanceID, false
		switch {
		case state.On():
			let, all, err := r.lastBeforeStop(ctx)
			if err != nil {
				return "", err
			}
			defer let()
			whole = all
			r.doing("Stopping %s; its disk is kept", id)
		case state.Off():
			r.doing("%s is %s", id, state)
		default:
			return "", notRunning(r.s, state)
		}
		if _, err := r.bring(ctx, id, aws.StateStopped); err != nil {
			return "", err
		}
		if whole {
			r.g.noteLast(r.s)
		}
		return id + " is stopped" + r.onAWS("; only its disk costs money now"), nil
	})
}

// rebootPatience is how long a machine may go on as if nothing had been asked
// of it: EC2 answers at once, and presses its power button after some minutes.
const rebootPatience = 5 * time.Minute

// Reboot restarts the machine and waits until its server answers again.
func (g *Guide) Reboot(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepReboot, "Reboot", emit, func(ctx context.Context, r *run) (string, error) {
		state, err := r.state(ctx)
		if err == nil && state != steps.StateRunning {
			err = notRunning(r.s, state)
		}
		if err != nil {
			return "", err
		}
		// The end of a connection shows that it goes down.
		before, err := r.dial(ctx)
		var boot string
		if err != nil {
			r.doing("Cannot log in (%s); rebooting it anyway", steps.Explain(err).Title)
		} else {
			boot, _ = jupyter.BootID(ctx, before) // one that runs no commands is rebooted all the same
		}
		r.doing("Rebooting %s", r.s.Resources.InstanceID)
		if err := r.region.Reboot(ctx, r.s.Resources.InstanceID); err != nil {
			return "", err
		}
		if before != nil {
			if err := r.awaitEnd(ctx, before); err != nil {
				return "", err
			}
		}
		if err := r.loginAfter(ctx, boot); err != nil {
			return "", err
		}
		return r.serveAgain(ctx)
	})
}

// awaitEnd waits until a machine that reboots has ended the connection.
func (r *run) awaitEnd(ctx context.Context, c *remote.Client) error {
	defer func() { _ = c.Close() }()
	waiting, cancel := context.WithTimeout(ctx, min(r.g.cfg.Patience, rebootPatience))
	defer cancel()
	select {
	case <-c.Done():
		r.doing("It went down; waiting until it is back")
		return nil
	case <-waiting.Done():
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &problem.Error{
			Kind: problem.Unreachable, Title: "The machine did not reboot", Text: "EC2 accepted the request, but the machine keeps running as before.",
			Next: problem.Say("Try again; if it happens again, stop and start it instead."),
		}
	}
}

// loginAfter logs in to a machine once it has started again. One that goes down
// may let in once more after it has ended a connection: what tells is the ID of
// its boot, which before names, unless it is empty.
func (r *run) loginAfter(ctx context.Context, before string) error {
	for {
		if err := r.waitSSH(ctx); err != nil {
			return err
		}
		if _, err := r.connect(ctx); err != nil {
			return err
		}
		if before == "" {
			return nil
		}
		now, err := jupyter.BootID(ctx, r.client)
		var lost *remote.Error
		switch {
		case err == nil && now == before:
			r.doing("The boot that is ending has let in once more; waiting until it is over")
			if err := r.awaitEnd(ctx, r.client); err != nil {
				return err
			}
		case errors.As(err, &lost) && lost.Again(): // it went down just then
		default:
			return err
		}
	}
}

// serveAgain makes sure that the server runs of a machine that has started
// again.
func (r *run) serveAgain(ctx context.Context) (string, error) {
	if r.s.ServerPort == 0 {
		return "it is up again", nil
	}
	if err := r.probe(ctx); err != nil {
		return "", err
	}
	if _, err := r.serve(ctx); err != nil {
		return "", err
	}
	return "it is up again, and its server answers", nil
}

func (r *run) probe(ctx context.Context) (err error) {
	r.facts, err = jupyter.Probe(ctx, r.client)
	return err
}

// RestartServer ends the server and starts it again, with its last lines told.
func (g *Guide) RestartServer(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepRestart, "Restart the server of", emit, func(ctx context.Context, r *run) (string, error) {
		state, err := r.state(ctx)
		switch {
		case err != nil:
			return "", err
		case state != steps.StateRunning:
			return "", notRunning(r.s, state)
		case r.s.ServerPort == 0:
			return "", unfinished(r.s)
		}
		if _, err := r.connect(ctx); err != nil {
			return "", err
		}
		if err := r.probe(ctx); err != nil {
			return "", err
		}
		if err := jupyter.RestartServer(ctx, r.client, r.facts, r.output); err != nil {
			return "", err
		}
		// It finds the server running, or puts right what keeps it from that.
		return r.serve(ctx)
	})
}

// unfinished is a setup whose guide has not come to its end.
func unfinished(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "The setup is not finished", Text: fmt.Sprintf("The guide for %s has not finished: there is no server yet.", s.Answers.Name),
		Next: problem.Act(on(problem.Continue, s)).Say(": it continues where it stopped."),
	}
}

// Resize gives a stopped machine another type.
func (g *Guide) Resize(ctx context.Context, setupID, instanceType string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepResize, "Change the type of", emit, func(ctx context.Context, r *run) (string, error) {
		state, err := r.state(ctx)
		if err != nil {
			return "", err
		}
		if state == steps.StateStopping {
			if _, err := r.bring(ctx, r.s.Resources.InstanceID, aws.StateStopped); err != nil {
				return "", err
			}
			state = steps.StateStopped
		}
		if state != steps.StateStopped {
			return "", needsStopped(r.s, state)
		}
		if err := r.sameArch(ctx, instanceType); err != nil {
			return "", err
		}
		r.doing("Changing %s from %s to %s", r.s.Resources.InstanceID, r.s.Answers.Type, instanceType)
		if err := r.region.SetType(ctx, r.s.Resources.InstanceID, instanceType); err != nil {
			return "", err
		}
		r.s.Answers.Type, r.s.Cost = instanceType, steps.Cost{}
		if r.s.Next != nil {
			r.s.Next.Type = instanceType
		}
		if err := r.save(); err != nil {
			return "", err
		}
		if err := r.notePrice(ctx); err != nil {
			return "", err
		}
		return fmt.Sprintf("it is a %s now, and still stopped", instanceType), nil
	})
}

func needsStopped(s *steps.Setup, state steps.State) error {
	if state.On() {
		return &problem.Error{
			Kind: problem.Answers, Title: "The machine is " + string(state),
			Text: "EC2 changes the type of a stopped machine only.",
			Next: problem.Say("First ").Act(on(problem.Stop, s)).Say("."),
		}
	}
	return notRunning(s, state)
}

// sameArch refuses a type that the machine's disk cannot start on.
func (r *run) sameArch(ctx context.Context, instanceType string) error {
	now, err := r.region.Type(ctx, r.s.Answers.Type)
	if err != nil {
		return err
	}
	next, err := r.region.Type(ctx, instanceType)
	if err != nil {
		return err
	}
	return steps.SameProcessor(steps.InstanceType(now), steps.InstanceType(next))
}

// stoppedBy turns a failure into the person's own stop, where it is one.
func stoppedBy(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	if ended := (*problem.Error)(nil); errors.As(context.Cause(ctx), &ended) {
		return ended
	}
	if told := (*problem.Error)(nil); errors.As(err, &told) && told.Kind == problem.Interrupted {
		return err // and what it left
	}
	return &problem.Error{
		Kind: problem.Interrupted, Title: "Stopped", Text: "You stopped the work.",
		Next: steps.Explain(context.Canceled).Next, Err: errors.Join(ctx.Err(), err),
	}
}
