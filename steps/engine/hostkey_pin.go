package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// What is done where the pinned host key was lost, or is not the one that the
// machine shows.

// fixPin is what the doctor offers to do about it.
const fixPin = "show the key that the machine has now, ask whether it is the right one, and pin it"

// lostPin reports whether known_hosts has lost a key that is in the record.
func (t *target) lostPin() (bool, error) {
	if t.s.Resources.PinnedKey == "" {
		return false, nil
	}
	pinned, err := t.g.hostKeys().Lookup(t.s.Resources.InstanceID)
	return len(pinned) == 0, err
}

// notePin writes down which key is pinned, once somebody has logged in with it.
// The key that the machine was given is no such one: others may know it.
func (r *run) notePin(pinned []remote.Key) {
	if res := &r.s.Resources; res.HostKey == "" && r.s.Saving == nil && len(pinned) == 1 {
		res.PinnedKey = pinned[0].Line
	}
}

// pinAdvice is what to do about a host key that nothing here confirms.
func (t *target) pinAdvice() problem.Next {
	return problem.Say("Do not log in until you know why: someone may be in between; try another network. If you know why (the machine was rebuilt, or the file of pinned keys was lost or changed), put the machine's line back into " + t.g.hostKeys().Path() + " from a backup, or ").
		Act(on(problem.Fix, t.s)).Say(": it shows the key that the machine has now and asks whether to pin it.")
}

// keyChanged tells of a host that shows another key than is pinned, with the
// place where it is pinned and a way out.
func (t *target) keyChanged(err error) error {
	var e *remote.Error
	if !errors.As(err, &e) || e.Reason != remote.HostKeyChanged {
		return err
	}
	p := e.Problem()
	if e.Console { // nothing was pinned: the record was believed
		p.Text = fmt.Sprintf("%s shows the %s key %s. No key is pinned for this instance any more, and the record of this setup has %s.", e.Addr, e.Key.Type, e.Key.Fingerprint, fingerprints(e.Want))
	}
	return &problem.Error{Kind: p.Kind, Title: p.Title, Text: p.Text, Next: t.pinAdvice(), Err: err}
}

// unconfirmed is a machine that may have made itself a key, of which nothing is
// left here: its console may show the one before, which others may know.
func (t *target) unconfirmed(k remote.Key) error {
	return &problem.Error{
		Kind: problem.Unreachable, Title: "Nothing here confirms the machine's host key",
		Text: fmt.Sprintf("The host at %s shows the key %s. The machine made itself a key after the first login, which was pinned here and is not any more; its console does not show that one.",
			t.s.PublicAddr, k.Fingerprint),
		Next: t.pinAdvice(),
	}
}

func fingerprints(keys []remote.Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Fingerprint)
	}
	return strings.Join(all, " and ")
}

// errShown ends a connection that was made to see the host's key.
var errShown = errors.New("the host key was all that was asked for")

// shownKey is the key that the host at the machine's address proves to have.
// Nothing else is sent there.
func (t *target) shownKey(ctx context.Context) (shown remote.Key, err error) {
	client, err := t.dialChecked(ctx, remote.HostKeyCheck{Ask: func(_ context.Context, k remote.Key) error {
		shown = k
		return errShown
	}})
	switch {
	case errors.Is(err, errShown):
		return shown, nil
	case err == nil:
		err = errors.Join(errors.New("the host's key was not asked about"), client.Close())
	}
	return remote.Key{}, err
}

// pinShown pins the key that the machine shows now, in the place of what was
// pinned, once a person says that it is the machine's own. Where nothing is
// pinned and the record has that very key, nobody is asked.
func (r *run) pinShown(ctx context.Context) (string, error) {
	i, err := r.instance(ctx)
	if err == nil && steps.State(i.State) != steps.StateRunning {
		err = notRunning(r.s, steps.State(i.State))
	}
	if err != nil {
		return "", err
	}
	r.observe(i)
	shown, err := r.shownKey(ctx)
	if err != nil {
		return "", err
	}
	pinned, err := r.g.hostKeys().Lookup(i.ID)
	if err != nil {
		return "", err
	}
	known := slices.Contains(pinned, shown) || len(pinned) == 0 && shown.Line == r.s.Resources.PinnedKey
	if !known {
		if err := r.askToPin(ctx, shown, pinned); err != nil {
			return "", err
		}
	}
	if err := r.settleShown(shown, known); err != nil {
		return "", err
	}
	client, err := r.dialPinned(ctx)
	if err != nil {
		return "", err
	}
	return shown.Fingerprint + " is pinned, and opens the machine", client.Close()
}

// askToPin shows a person both keys, and how the machine itself tells its own.
func (r *run) askToPin(ctx context.Context, shown remote.Key, pinned []remote.Key) error {
	before := "No key of this machine is pinned here."
	if len(pinned) > 0 {
		before = "Pinned here is " + fingerprints(pinned) + "."
	}
	why := []string{before}
	if k, err := remote.ParseKey(r.s.Resources.PinnedKey); err == nil && !slices.Contains(pinned, k) {
		why = append(why, "The record of this setup has "+k.Fingerprint+".")
	}
	if printed, _ := consoleKeys(ctx, r.region, r.s.Resources.InstanceID); slices.Contains(printed, shown.Fingerprint) {
		why = append(why, "The machine's console shows this key: it had it at its first boot.")
		if r.s.Resources.MakesHostKey() {
			why = append(why, "It has made another one since, and whoever can read the machine's user data can show this one.")
		}
	} else if len(printed) > 0 {
		why = append(why, "The machine's console shows "+strings.Join(printed, " and ")+": the keys of its first boot, which may have been replaced since.")
	}
	why = append(why, "To compare, log in to the machine in another way, such as the EC2 serial console or Session Manager (Connect in the EC2 console), and run there: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
	answer, err := r.g.cfg.Ask.HostKey(ctx, steps.HostKeyQuestion{
		Host: r.s.PublicAddr, InstanceID: r.s.Resources.InstanceID, KeyType: shown.Type, Fingerprint: shown.Fingerprint,
		Why: strings.Join(why, "\n"), Replaces: true,
	})
	if err != nil {
		return err
	}
	if answer == steps.HostKeyAccept {
		return nil
	}
	return &problem.Error{
		Kind: problem.Unreachable, Title: "The host key was not accepted", Text: "The key " + shown.Fingerprint + " was not pinned; nothing has changed.",
		Next: problem.Say("Compare it with what the machine itself tells, then ").Do(problem.Retry).Say("."), Err: steps.ErrDeclined,
	}
}

// settleShown pins a key that is the machine's. The one that it was given stays
// for the next run to replace.
func (r *run) settleShown(k remote.Key, known bool) error {
	if known {
		return r.g.hostKeys().Pin(r.s.Resources.InstanceID, k)
	}
	r.doing("You accepted %s; it is pinned to %s", k.Fingerprint, r.s.Resources.InstanceID)
	if given, err := remote.ParseKey(r.s.Resources.HostKey); err == nil && given == k {
		return r.g.hostKeys().Keep(r.s.Resources.InstanceID, k)
	}
	r.s.Resources.HostKeyMade, r.s.Resources.HostKeyChanging = true, false
	return r.settleHostKey(k)
}
