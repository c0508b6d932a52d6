package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// witnessPatience is how long the login waits, at most, for what the console
// shows: it is read one time, while the login is under way.
const witnessPatience = 10 * time.Second

// lookAtConsole looks at the console of a machine that still has the key it was
// given. What comes is nil where it shows no keys, or not in time. The time until
// then is the login's; only who waits for it when that is over waits for AWS.
func (r *run) lookAtConsole(ctx context.Context) <-chan []string {
	found := make(chan []string, 1)
	if r.s.Resources.HostKey == "" {
		close(found)
		return found
	}
	id := r.s.Resources.InstanceID
	go func() {
		looking, cancel := context.WithTimeout(timing.Aside(ctx), witnessPatience)
		defer cancel()
		printed, _ := consoleKeys(looking, r.region, id)
		found <- printed
	}()
	return found
}

// secondWitness holds the machine's keys against those on the console, where it
// shows any yet: the given one, and what is pinned. The machine may have made
// another since, and have been cut off before that was written down.
func (r *run) secondWitness(printed []string) error {
	if len(printed) == 0 || r.s.Resources.HostKey == "" {
		return nil
	}
	pinned, err := r.g.hostKeys().Lookup(r.s.Resources.InstanceID)
	if err != nil || len(pinned) == 0 {
		return err
	}
	given, err := remote.ParseKey(r.s.Resources.HostKey)
	if err != nil {
		return err
	}
	for _, k := range append(pinned, given) {
		if slices.Contains(printed, k.Fingerprint) {
			r.doing("The machine's console shows the same key")
			return nil
		}
	}
	return r.notLaunched(pinned[0])
}

// anotherKey is the key that a machine showed at the very first login, in the
// place of the one that it was given.
func (r *run) anotherKey(err error) (remote.Key, bool) {
	var e *remote.Error
	if r.s.Resources.HostKey == "" || r.s.Finished(steps.StepConnect) || !errors.As(err, &e) || e.Reason != remote.HostKeyChanged {
		return remote.Key{}, false
	}
	return e.Key, true
}

// takeAnotherKey decides about a machine that did not take the key it was given.
// Ubuntu's own images take it: there the console alone may vouch for another.
// Other images may not, and a person may be asked.
func (r *run) takeAnotherKey(ctx context.Context, k remote.Key) error {
	r.doing("The host shows an %s key, %s, and not the one that the machine was given", k.Type, k.Fingerprint)
	if r.s.Answers.Image == "" {
		if printed, why := r.awaitConsole(ctx, r.g.cfg.Patience/120, time.Second); len(printed) == 0 {
			return r.keyNotTaken(k, why)
		}
	}
	if err := r.judgeKey(ctx, k, "the image did not take the host key that the machine was given, and "); err != nil {
		return err
	}
	return r.settleHostKey(k)
}

func (r *run) keyNotTaken(k remote.Key, why string) error {
	return &problem.Error{
		Kind: problem.Unreachable, Title: "The machine does not show the key it was given",
		Text: fmt.Sprintf("It was launched with a host key that was made here, and the host at %s shows another one, %s. Nothing confirms that one: %s.", r.s.PublicAddr, k.Fingerprint, why),
		Next: problem.Say("Wait some minutes, until EC2 shows the machine's console, and ").Do(problem.Retry).Say(": the key is then compared with it. If it persists, try another network, or ").
			Act(naming(problem.Remove, r.s, "the setup")).Say("."),
	}
}

// settleHostKey pins the key that the machine has now in the place of the one
// that it was given, which nobody needs any more.
func (r *run) settleHostKey(k remote.Key) error {
	if err := r.g.hostKeys().Keep(r.s.Resources.InstanceID, k); err != nil {
		return err
	}
	if err := r.dropUserData(); err != nil {
		return err
	}
	r.s.Resources.HostKey, r.s.Resources.PinnedKey = "", k.Line
	return r.save()
}

// keyChange is a new host key, or why there is none.
type keyChange struct {
	key remote.Key
	err error
}

// changeHostKey has the machine make itself a host key, while the step works:
// the one that it was given is in its user data, which others may read. That it
// begins is written down first, since this may end before what came of it is.
// What is returned waits for it and writes it down.
func (r *run) changeHostKey(ctx context.Context) (finish func(context.Context) error) {
	if r.s.Resources.HostKey == "" || ctx.Err() != nil {
		return func(context.Context) error { return nil }
	}
	r.s.Resources.HostKeyChanging = true
	if err := r.save(); err != nil {
		return func(context.Context) error { return err }
	}
	changing := make(chan keyChange, 1)
	change := r.keyChanger()
	client := r.client
	go func() { changing <- change(ctx, client) }()
	return func(ctx context.Context) error {
		done := <-changing
		var e *remote.Error
		if errors.As(done.err, &e) && (e.Again() || e.Reason == remote.NoSession) && ctx.Err() == nil {
			// The connection was lost and made again, or had no room beside the work.
			done = change(ctx, r.client)
		}
		return r.hostKeyChanged(ctx, done)
	}
}

// keyChanger goes by the setup as it is now, whatever the steps make of it.
func (r *run) keyChanger() func(context.Context, *remote.Client) keyChange {
	s := *r.s
	t := &target{teller: r.teller, s: &s, account: r.account, region: r.region}
	return func(ctx context.Context, c *remote.Client) keyChange {
		old, err := remote.ParseKey(s.Resources.HostKey)
		if err != nil {
			return keyChange{err: err}
		}
		k, err := c.ChangeHostKey(ctx, remote.HostKeyChange{
			Known: t.g.hostKeys(), InstanceID: s.Resources.InstanceID, Old: old,
			Dial: func(ctx context.Context, k remote.Key) (*remote.Client, error) {
				return t.dialChecked(ctx, remote.HostKeyCheck{Expected: []string{k.Line}})
			},
		})
		return keyChange{k, err}
	}
}

// hostKeyChanged writes a change of the host key down. One that failed fails
// nothing else: what is pinned opens the machine, and the next run tries again.
func (r *run) hostKeyChanged(ctx context.Context, done keyChange) error {
	var kept *remote.HostKeyKept
	switch {
	case errors.As(done.err, &kept):
		r.doing("The machine keeps the host key it was launched with, which is in its user data: %s", kept.Why)
		r.s.Resources.HostKeyChanging = false
		return r.save()
	case done.err != nil && ctx.Err() != nil:
		return nil // the step tells
	case done.err != nil:
		r.retrying("The machine's host key could not be replaced; the next run tries again: %s", steps.Explain(done.err).Text)
		return nil
	}
	r.doing("The machine made a new host key, %s, which is pinned; the one it was launched with is no longer used", done.key.Fingerprint)
	r.s.Resources.HostKeyMade, r.s.Resources.HostKeyChanging = true, false
	return r.settleHostKey(done.key)
}

// replaceHostKey has the machine make itself another host key: its own is on
// the disk that was copied. A machine that keeps it is told of; a connection
// that was lost is an error, and the next run tries again.
func (r *run) replaceHostKey(ctx context.Context, s *steps.Saving) error {
	old, err := remote.ParseKey(s.HostKey)
	if err != nil {
		return nil // nothing was pinned
	}
	res := &r.s.Resources
	was := res.PinnedKey
	res.HostKeyChanging, res.PinnedKey = true, "" // the one that is in the image is never pinned again
	if err := r.save(); err != nil {
		return err
	}
	made, err := r.client.ChangeHostKey(ctx, remote.HostKeyChange{
		Known: r.g.hostKeys(), InstanceID: r.s.Resources.InstanceID, Old: old,
		Dial: func(ctx context.Context, k remote.Key) (*remote.Client, error) {
			return r.dialChecked(ctx, remote.HostKeyCheck{Expected: []string{k.Line}})
		},
	})
	var lost *remote.Error
	var kept *remote.HostKeyKept
	switch {
	case err == nil:
		res.HostKeyMade, res.HostKeyChanging, res.PinnedKey = true, false, made.Line
		r.doing("The machine made a new host key, %s, which is pinned; the one in the image is no longer used", made.Fingerprint)
	case ctx.Err() != nil, errors.As(err, &lost) && lost.Again():
		return err
	case errors.As(err, &kept):
		r.doing("The machine keeps its host key, which is in the image as well: %s", kept.Why)
		res.HostKeyChanging, res.PinnedKey = false, was
		return r.save()
	default:
		r.doing("The machine keeps its host key, which is in the image as well: %s", steps.Explain(err).Text)
	}
	return nil
}
