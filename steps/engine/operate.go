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
func (g *Guide) operate(ctx context.Context, setupID string, id steps.StepID, title string, emit func(steps.Event), do func(context.Context, *work) (string, error)) error {
	unlock, err := g.ledger.lock(setupID)
	if err != nil {
		return err
	}
	defer unlock()
	w, err := g.newWork(ctx, setupID, emit)
	if err != nil {
		return err
	}
	defer w.hangUp()
	ctx, cancel := g.whileCloud(ctx)
	defer cancel()
	w.step = id
	w.say(steps.Started, title+" "+w.s.Answers.Name)
	result, err := do(ctx, w)
	if err != nil {
		err = stoppedBy(ctx, err)
		w.send(steps.Event{Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
		return err
	}
	w.say(steps.Finished, result)
	return nil
}

// state asks how the machine is now.
func (w *work) state(ctx context.Context) (steps.State, error) {
	id := w.s.Resources.InstanceID
	if id == "" {
		return steps.StateNone, nil
	}
	i, err := w.instance(ctx)
	if err != nil {
		return "", err
	}
	if i.State == aws.StateTerminated {
		vanished(w.s, w.g.cfg.Now())
		w.g.traceState(w.s)
		return steps.StateGone, w.save()
	}
	w.see(i)
	return w.s.State, w.save()
}

// Stop stops the machine. Its disk stays and goes on costing.
func (g *Guide) Stop(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepStop, "Stop", emit, func(ctx context.Context, w *work) (string, error) {
		state, err := w.state(ctx)
		if err != nil {
			return "", err
		}
		id := w.s.Resources.InstanceID
		switch {
		case state.On():
			w.doing("Stopping %s; its disk is kept", id)
		case state.Off():
			w.doing("%s is %s", id, state)
		default:
			return "", notRunning(w.s, state)
		}
		if _, err := w.bring(ctx, id, aws.StateStopped); err != nil {
			return "", err
		}
		return id + " is stopped" + w.onAWS("; only its disk costs money now"), nil
	})
}

// rebootPatience is how long a machine may go on as if nothing had been asked
// of it: EC2 answers at once, and presses its power button after some minutes.
const rebootPatience = 5 * time.Minute

// Reboot restarts the machine and waits until its server answers again.
func (g *Guide) Reboot(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepReboot, "Reboot", emit, func(ctx context.Context, w *work) (string, error) {
		state, err := w.state(ctx)
		if err == nil && state != steps.StateRunning {
			err = notRunning(w.s, state)
		}
		if err != nil {
			return "", err
		}
		// The end of a connection shows that it went down.
		before, err := w.dial(ctx)
		if err != nil {
			w.doing("Cannot log in (%s); rebooting it anyway", steps.Explain(err).Title)
		}
		w.doing("Rebooting %s", w.s.Resources.InstanceID)
		if err := w.region.Reboot(ctx, w.s.Resources.InstanceID); err != nil {
			return "", err
		}
		if before != nil {
			if err := w.awaitEnd(ctx, before); err != nil {
				return "", err
			}
		}
		return w.serveAgain(ctx)
	})
}

// awaitEnd waits until a machine that reboots has ended the connection.
func (w *work) awaitEnd(ctx context.Context, c *remote.Client) error {
	defer func() { _ = c.Close() }()
	waiting, cancel := context.WithTimeout(ctx, min(w.g.cfg.Patience, rebootPatience))
	defer cancel()
	select {
	case <-c.Done():
		w.doing("It went down; waiting until it is back")
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

// serveAgain logs in to a machine that has started again, and makes sure that
// its server runs.
func (w *work) serveAgain(ctx context.Context) (string, error) {
	if err := w.waitSSH(ctx); err != nil {
		return "", err
	}
	if _, err := w.connect(ctx); err != nil {
		return "", err
	}
	if w.s.ServerPort == 0 {
		return "it is up again", nil
	}
	if err := w.probe(ctx); err != nil {
		return "", err
	}
	if _, err := w.serve(ctx); err != nil {
		return "", err
	}
	return "it is up again, and its server answers", nil
}

func (w *work) probe(ctx context.Context) (err error) {
	w.facts, err = jupyter.Probe(ctx, w.client)
	return err
}

// RestartServer ends the server and starts it again, with its last lines told.
func (g *Guide) RestartServer(ctx context.Context, setupID string, emit func(steps.Event)) error {
	return g.operate(ctx, setupID, steps.StepRestart, "Restart the server of", emit, func(ctx context.Context, w *work) (string, error) {
		state, err := w.state(ctx)
		switch {
		case err != nil:
			return "", err
		case state != steps.StateRunning:
			return "", notRunning(w.s, state)
		case w.s.ServerPort == 0:
			return "", unfinished(w.s)
		}
		if _, err := w.connect(ctx); err != nil {
			return "", err
		}
		if err := w.probe(ctx); err != nil {
			return "", err
		}
		if err := jupyter.RestartServer(ctx, w.client, w.facts, w.output); err != nil {
			return "", err
		}
		// It finds the server running, or puts right what keeps it from that.
		return w.serve(ctx)
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
	return g.operate(ctx, setupID, steps.StepResize, "Change the type of", emit, func(ctx context.Context, w *work) (string, error) {
		state, err := w.state(ctx)
		if err != nil {
			return "", err
		}
		if state == steps.StateStopping {
			if _, err := w.bring(ctx, w.s.Resources.InstanceID, aws.StateStopped); err != nil {
				return "", err
			}
			state = steps.StateStopped
		}
		if state != steps.StateStopped {
			return "", needsStopped(w.s, state)
		}
		if err := w.sameArch(ctx, instanceType); err != nil {
			return "", err
		}
		w.doing("Changing %s from %s to %s", w.s.Resources.InstanceID, w.s.Answers.Type, instanceType)
		if err := w.region.SetType(ctx, w.s.Resources.InstanceID, instanceType); err != nil {
			return "", err
		}
		w.s.Answers.Type, w.s.Cost = instanceType, steps.Cost{}
		if w.s.Next != nil {
			w.s.Next.Type = instanceType
		}
		if err := w.save(); err != nil {
			return "", err
		}
		if err := w.settleCost(ctx); err != nil {
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
func (w *work) sameArch(ctx context.Context, instanceType string) error {
	now, err := w.region.Type(ctx, w.s.Answers.Type)
	if err != nil {
		return err
	}
	next, err := w.region.Type(ctx, instanceType)
	if err != nil {
		return err
	}
	if now.Arch == next.Arch {
		return nil
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "The type has another processor",
		Text: fmt.Sprintf("%s is %s and %s is %s; the system on the disk is made for %s.", now.Name, now.Arch, next.Name, next.Arch, now.Arch),
		Next: problem.Act(problem.Action{Verb: problem.ChooseType, What: "a type with " + now.Arch}).Say(", or launch a new machine."),
	}
}

// stoppedBy turns a failure into the person's own stop, where it is one.
func stoppedBy(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	if ended := (*problem.Error)(nil); errors.As(context.Cause(ctx), &ended) {
		return ended
	}
	return &problem.Error{
		Kind: problem.Interrupted, Title: "Stopped", Text: "You stopped the work.",
		Next: steps.Explain(context.Canceled).Next, Err: errors.Join(ctx.Err(), err),
	}
}
