package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// WaitState looks at the instance, as often as pace allows, until it has the
// state, until ctx ends, or until it can no longer get there; then EC2's
// reason is in the *Error. One that EC2 does not show is waited for, because it
// may be new; where it is to be terminated, it is taken for that after some
// seconds. each, unless nil, is given every look.
func (r *Regional) WaitState(ctx context.Context, id string, want State, each func(Instance)) (Instance, error) {
	a := r.awaited(id, want, each)
	if want == StateTerminated {
		a.look = r.Instance
	}
	return a.await(ctx)
}

// Bring has an instance run, stop or terminate, and waits like WaitState until it is there. EC2 may take a request and do
// nothing, so it is asked again for as long as the instance shows no sign of
// it. One that EC2 does not show is waited for in any case: it may be a new one
// that is to be terminated.
func (r *Regional) Bring(ctx context.Context, id string, want State, each func(Instance)) (Instance, error) {
	a := r.awaited(id, want, each)
	a.ask = r.Terminate
	switch want {
	case StateRunning:
		a.ask = r.Start
	case StateStopped:
		a.ask = r.Stop
	case StateTerminated, StatePending, StateStopping, StateShuttingDown:
	}
	return a.await(ctx)
}

// awaited is an instance on its way to a state.
type awaited struct {
	*Regional
	id   string
	want State
	each func(Instance)
	look func(ctx context.Context, id string) (Instance, error)
	ask  func(ctx context.Context, id string) error // nil leaves it to others

	patience
	asked   int       // how often it was asked for
	askedAt time.Time // the last time
	started bool      // a start has begun: what stops now has failed
	last    Instance
	hidden  bool  // EC2 has said that it knows no such instance
	refused error // EC2 throttled the last look
}

func (r *Regional) awaited(id string, want State, each func(Instance)) *awaited {
	return &awaited{
		Regional: r, id: id, want: want, each: each, look: r.look,
		patience: patience{least: r.account.least, most: r.account.tick, began: time.Now()},
	}
}

// maxVanish is the longest pause between two requests to delete something.
const maxVanish = 10 * time.Second

// askAgain is after how many of the longest pauses a request that had no effect
// is made again.
const askAgain = 5

func (a *awaited) await(ctx context.Context) (Instance, error) {
	defer timing.Wait(ctx, timing.AWS)()
	doing := fmt.Sprintf("wait for the instance %s to be %s", a.id, a.want)
	for {
		i, err := a.look(ctx, a.id)
		unshown := codeOf(err) == codeNoInstance
		a.refused = nil
		if a.throttled(throttle(codeOf(err))); a.slow > 0 {
			a.refused = err
		}
		switch {
		case unshown && a.want == StateTerminated && (a.ask == nil || a.last.State.Ended()):
			return Instance{ID: a.id, State: StateTerminated}, nil // EC2 forgets them after an hour
		case unshown:
			a.hidden = true
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return a.last, a.late(ctx, doing, ctx.Err())
		case a.refused != nil && ctx.Err() == nil:
		case err != nil:
			return a.last, a.fail(ctx, doing, err)
		default:
			if done, err := a.arrived(doing, i); done || err != nil {
				return i, err
			}
		}
		if err := a.insist(ctx, unshown); err != nil {
			return a.last, err
		}
		if err := a.rest(ctx); errors.Is(err, context.DeadlineExceeded) {
			return a.last, a.late(ctx, doing, err)
		} else if err != nil {
			return a.last, a.fail(ctx, doing, err)
		}
	}
}

// rest waits until the next look.
func (a *awaited) rest(ctx context.Context) error {
	if err := smithytime.SleepWithContext(ctx, a.pause()); err != nil {
		return err
	}
	return a.looks.turn(ctx)
}

// arrived takes a look's answer, and reports whether it is the end of the wait.
func (a *awaited) arrived(doing string, i Instance) (done bool, err error) {
	a.started = a.started || i.State == StatePending || a.asked > 0 && !i.Launched.Equal(a.last.Launched)
	a.last = i
	if a.each != nil {
		a.each(i)
	}
	if i.State != a.want && lost(i.State, a.want, a.started) {
		return true, a.stateError(doing, i)
	}
	return i.State == a.want, nil
}

// insist asks for the state where it is time to.
func (a *awaited) insist(ctx context.Context, unshown bool) error {
	due := false
	switch a.want {
	case StateTerminated:
		due = unshown || !a.last.State.Ended()
	case StateStopped: // EC2 stops only what runs
		due = !unshown && a.last.State == StateRunning
	case StateRunning:
		due = !unshown && a.last.State == StateStopped
	case StatePending, StateStopping, StateShuttingDown: // on the way to another one
	}
	if a.ask == nil || !due || a.refused != nil || a.asked > 0 && time.Since(a.askedAt) < askAgain*a.most {
		return nil
	}
	err := a.ask(ctx, a.id)
	if a.throttled(throttle(codeOf(err))); a.slow > 0 {
		return nil // it is asked for after the next look
	}
	a.asked, a.askedAt = a.asked+1, time.Now()
	// What was shown may be a moment old: the next look tells.
	if code := codeOf(err); code == codeNoInstance || code == "IncorrectInstanceState" && a.asked > 1 {
		return nil
	}
	return err
}

// late is the error when the time allowed is over. Where EC2 has not answered
// at all, that is the error, and nothing is said of the instance.
func (a *awaited) late(ctx context.Context, doing string, err error) error {
	if a.last.State == "" && !a.hidden {
		if a.refused != nil {
			err = a.refused
		}
		return a.fail(ctx, doing, err)
	}
	e := &Error{Doing: doing, Code: codeStateFailed, Message: "it is still " + string(a.last.State), Region: a.name, err: err}
	if a.last.State == "" {
		e.Code, e.Message = codeUnshown, "it is not shown"
	}
	return e
}

// lost reports whether an instance in this state will not get to the wanted one
// on its own: it is ending, or its start has failed.
func lost(state, want State, started bool) bool {
	switch state {
	case StateShuttingDown, StateTerminated:
		return want != StateTerminated
	case StateStopping, StateStopped:
		return started && want == StateRunning
	case StatePending, StateRunning:
	}
	return false
}

// stateError names the reason's own code where it has one that can be
// explained, as "Server.InsufficientInstanceCapacity: …".
func (a *awaited) stateError(doing string, i Instance) error {
	e := &Error{
		Doing: doing, Code: codeStateFailed, Message: "it is " + string(i.State),
		Profile: a.account.profile, Region: a.name, Type: i.Type,
	}
	if i.StateReason != "" {
		e.Message += " (" + i.StateReason + ")"
	}
	for _, code := range []string{"InsufficientInstanceCapacity", "VolumeLimitExceeded"} {
		if strings.Contains(i.StateReason, code) {
			e.Code = code
		}
	}
	// EC2 says no more than "Client error on launch" when it may not use the
	// key that the disk is encrypted with:
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
	if strings.Contains(i.StateReason, "Client.InternalError") || strings.Contains(i.StateReason, "Client.InvalidKMSKey") {
		e.Code = codeDiskKey
	}
	return e
}

// vanish asks for something to be deleted until it is not there any more, ever
// more slowly, until ctx ends. EC2 may say yes, or that there is no such thing,
// while it is still there: only a look tells, and one that keeps telling so is
// believed in the end.
func (r *Regional) vanish(ctx context.Context, doing string, ask func() error, there func() (bool, error)) error {
	end := time.Now().Add(2 * r.account.newborn)
	var inUse error // EC2's last answer, where it was that
	for wait := r.account.tick / 2; ; wait = min(wait*2, maxVanish) {
		asked := time.Now() // an answer that comes late is of this time
		err := ask()
		if inUse != nil && err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = inUse // the time is over while EC2 was asked again
		}
		code := codeOf(err)
		if err != nil && !strings.HasSuffix(code, ".NotFound") && code != "DependencyViolation" {
			return r.fail(ctx, doing, err)
		}
		if code != "DependencyViolation" {
			still, lookErr := there()
			if lookErr != nil {
				return r.fail(ctx, doing, lookErr)
			}
			if !still {
				return nil
			}
		}
		used := code == "DependencyViolation"
		if inUse = nil; used {
			inUse = err
		}
		if (used || asked.Before(end)) && smithytime.SleepWithContext(ctx, wait) == nil {
			continue
		}
		if !used {
			err = r.own(codeStillThere, doing, "EC2 says that it is deleted, but it is still there")
		}
		return r.fail(ctx, doing, err)
	}
}

// byID describes things by a filter: unlike an ID that is asked for, one that
// is not there is no error.
func byID(name, id string) []types.Filter { return []types.Filter{filter(name, id)} }

// Known looks at instances once. Those that EC2 does not show are left out;
// terminated ones are listed for as long as EC2 does, which is about an hour.
func (r *Regional) Known(ctx context.Context, ids ...string) ([]Instance, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := r.instances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: sdk.String("instance-id"), Values: ids}}})
	return list, r.fail(ctx, "look up the instances "+strings.Join(ids, ", "), err)
}
