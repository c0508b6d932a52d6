package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// user is the login name of Ubuntu's images.
const user = "ubuntu"

// connect logs in, having made sure that the host is the machine that was
// launched.
func (r *run) connect(ctx context.Context) (string, error) {
	r.byHand(steps.StepConnect)
	r.s.KnownHosts = r.g.hostKeys().Path()
	seen := r.lookAtConsole(ctx)
	client, err := r.dialPatiently(ctx)
	if k, another := r.anotherKey(err); another {
		if err := r.takeAnotherKey(ctx, k); err != nil {
			return "", err
		}
		client, err = r.dialPatiently(ctx)
	}
	if err != nil {
		return "", err
	}
	r.client = client
	over := timing.Wait(ctx, timing.AWS)
	printed := <-seen
	over()
	if err := r.secondWitness(printed); err != nil {
		return "", err
	}
	pinned, err := r.g.hostKeys().Lookup(r.s.Resources.InstanceID)
	if err != nil || len(pinned) == 0 {
		return "logged in as " + user, err
	}
	r.notePin(pinned)
	return fmt.Sprintf("logged in as %s; host key %s", user, pinned[0].Fingerprint), nil
}

func (g *Guide) hostKeys() *remote.HostKeys {
	return remote.NewHostKeys(g.ledger.file("", "known_hosts"))
}

// dialPatiently tries again while the failure is one that a starting machine
// gets over on its own: refused, timeout, "booting up", not yet the key.
func (r *run) dialPatiently(ctx context.Context) (*remote.Client, error) {
	defer timing.Wait(ctx, timing.Machine)()
	w := r.patient("a login at " + sshAddr(r.s))
	last, tries, denials := "", 0, 0
	for pause := firstAgain; ; pause = min(pause*3/2, time.Second) {
		client, err := r.dial(ctx)
		if err == nil {
			return client, nil
		}
		if !r.mayPass(err, w.end()) {
			return nil, w.gaveUp(ctx, err)
		}
		if tries++; tries%lookAfter == 0 {
			if err := r.stillOn(ctx); err != nil {
				return nil, err
			}
		}
		title := steps.Explain(err).Title
		if title != last {
			last = title
			r.retrying("Not yet: %s", title)
		}
		w.still(title)
		wait := pause
		if e := (*remote.Error)(nil); errors.As(err, &e) && e.Reason == remote.Denied {
			wait = afterDenial(denials)
			denials++
		}
		if err := remote.Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// firstAgain is after how long a failed login is tried again for the first time.
const firstAgain = 100 * time.Millisecond

// afterDenial is the pause after the nth denied login, from 0. The first come
// fast: the machine may be about to write its authorized_keys. But a server
// counts 5 seconds of penalty for each, and refuses this computer once 15 have
// come together (PerSourcePenalties in OpenSSH's sshd_config(5), from 9.8 on):
// from the third on, no more are added than have passed.
func afterDenial(n int) time.Duration {
	return []time.Duration{250 * time.Millisecond, time.Second, 5 * time.Second}[min(n, 2)]
}

// deniedPatience is how long "Permission denied" is taken for a machine that
// has not written its authorized_keys yet; cloud-init does so within seconds
// of sshd's start.
const deniedPatience = 45 * time.Second

// mayPass reports whether a failure to log in may be over in a moment.
func (r *run) mayPass(err error, deadline time.Time) bool {
	var e *remote.Error
	if !errors.As(err, &e) {
		return false
	}
	now := r.g.cfg.Now()
	if e.Reason == remote.Denied {
		return now.Sub(r.s.Done[steps.StepLaunch]) < deniedPatience
	}
	return e.Again() && now.Before(deadline)
}

// dial makes one connection with the setup's key; a host key that is seen for
// the first time is checked, and pinned. One that known_hosts has lost is pinned
// again as the record has it, once the host has shown it.
func (t *target) dial(ctx context.Context) (*remote.Client, error) {
	lost, err := t.lostPin()
	if err != nil {
		return nil, err
	}
	check := remote.HostKeyCheck{Known: t.g.hostKeys(), Ask: t.checkNewHostKey}
	if lost {
		check.Expected = []string{t.s.Resources.PinnedKey}
	}
	client, err := t.dialChecked(ctx, check)
	if err == nil && lost {
		t.g.cfg.Ask.Tell(fmt.Sprintf("The machine's line was missing from %s. Its host key is pinned again, as this setup's record has it.", check.Known.Path()))
	}
	return client, t.keyChanged(err)
}

// dialPinned is dial that accepts the pinned host key alone, and asks nobody.
func (t *target) dialPinned(ctx context.Context) (*remote.Client, error) {
	client, err := t.dialChecked(ctx, remote.HostKeyCheck{Known: t.g.hostKeys()})
	return client, t.keyChanged(err)
}

// dialChecked makes one connection with the setup's key.
func (t *target) dialChecked(ctx context.Context, check remote.HostKeyCheck) (*remote.Client, error) {
	k, err := t.g.signer(ctx, t.s)
	if err != nil {
		return nil, err
	}
	return remote.Dial(ctx,
		remote.Target{Addr: sshAddr(t.s), User: user, InstanceID: t.s.Resources.InstanceID, Greeted: t.greeted, Log: t.g.cfg.Log},
		remote.Auth{Signers: []remote.Signer{k}}, check)
}

// checkNewHostKey decides about a host key seen for the first time: the machine's own
// console decides where it has printed its keys, and a person otherwise.
func (t *target) checkNewHostKey(ctx context.Context, k remote.Key) error {
	t.doing("The host shows an %s key, %s", k.Type, k.Fingerprint)
	if t.s.Resources.MakesHostKey() {
		return t.unconfirmed(k)
	}
	return t.judgeKey(ctx, k, "")
}

// judgeKey has the console, or a person, decide about a key; before is what a
// person is told first of why.
func (t *target) judgeKey(ctx context.Context, k remote.Key, before string) error {
	// The console is often a moment behind the SSH server: a person is not
	// asked about what the next look would answer.
	printed, why := t.awaitConsole(ctx, t.g.cfg.Patience/120, time.Second)
	waited := false
	for len(printed) == 0 {
		answer, err := t.g.cfg.Ask.HostKey(ctx, steps.HostKeyQuestion{
			Host: t.s.PublicAddr, InstanceID: t.s.Resources.InstanceID, KeyType: k.Type, Fingerprint: k.Fingerprint, Why: before + why, Waited: waited,
		})
		if err != nil {
			return err
		}
		switch answer {
		case steps.HostKeyAccept:
			t.doing("You accepted it; it is pinned to %s", t.s.Resources.InstanceID)
			return nil
		case steps.HostKeyWait:
			waited = true
			t.retrying("Waiting for the machine's console output, to compare its host key")
			if printed, why = t.awaitConsole(ctx, t.g.cfg.Patience/2, 5*time.Second); ctx.Err() != nil {
				return ctx.Err()
			}
		default:
			return &problem.Error{
				Kind: problem.Unreachable, Title: "The host key was not accepted",
				Text: "Nothing confirms the key " + k.Fingerprint + ", and nobody accepted it: " + why + ".",
				Next: problem.Say("Compare it with the machine's system log in the EC2 console (Actions, Monitor and troubleshoot), then ").Do(problem.Retry).Say("."),
				Err:  steps.ErrDeclined,
			}
		}
	}
	if slices.Contains(printed, k.Fingerprint) {
		t.doing("The machine's console shows the same key: it is pinned to %s", t.s.Resources.InstanceID)
		return nil
	}
	return t.notLaunched(k)
}

// notLaunched is a host whose key is not among those on the machine's console.
func (t *target) notLaunched(k remote.Key) error {
	var copied problem.Next
	if !t.s.Resources.UserData {
		copied = problem.Say("If another computer launched it, it has made a new host key since: copy its line of that computer's known_hosts to " + t.g.hostKeys().Path() + ". ")
	}
	return &problem.Error{
		Kind: problem.Unreachable, Title: "This is not the machine that was launched",
		Text: fmt.Sprintf("The host at %s shows the key %s, but the machine printed other keys on its console.", t.s.PublicAddr, k.Fingerprint),
		Next: copied.Then(t.pinAdvice()),
	}
}

// consoleKeys returns the fingerprints of the host keys on the machine's
// console, or why there are none.
func consoleKeys(ctx context.Context, region CloudRegion, instanceID string) (fingerprints []string, why string) {
	lines, err := region.ConsoleHostKeys(ctx, instanceID)
	if err != nil {
		return nil, "the console output is not available: " + steps.Explain(err).Title
	}
	for _, l := range lines {
		if k, err := remote.ParseKey(l); err == nil {
			fingerprints = append(fingerprints, k.Fingerprint)
		}
	}
	if len(fingerprints) == 0 {
		why = "EC2 does not show the machine's console output yet, which takes a minute or two"
	}
	return fingerprints, why
}

// awaitConsole looks at the console until it shows keys: it lags by a minute or
// two after the boot.
func (t *target) awaitConsole(ctx context.Context, patience, every time.Duration) (fingerprints []string, why string) {
	defer timing.Wait(ctx, timing.AWS)()
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for during := ctx; ; during = waiting { // the first look is a whole one, however slow the answer
		found, reason := consoleKeys(during, t.region, t.s.Resources.InstanceID)
		if len(found) > 0 {
			return found, ""
		}
		// A look that was cut short by the end of the wait tells nothing.
		if during.Err() == nil || why == "" {
			why = reason
		}
		if remote.Pause(waiting, every) != nil {
			return nil, why
		}
	}
}

// redial is dial for links that are made again later. Since then the machine's
// address may have changed, by a stop and start, and this computer's own, which
// is all that the security group lets in.
func (t *target) redial(ctx context.Context) (*remote.Client, error) {
	client, err := t.dial(ctx)
	var re *remote.Error
	if err == nil || !errors.As(err, &re) || !re.Again() && !another(re) {
		return client, err
	}
	if how := t.g.ended(); how != CloudRuns {
		return nil, errors.Join(cloudEnded(how), err)
	}
	if t.revive(ctx) != nil {
		return nil, err
	}
	i, ierr := t.instance(ctx)
	if ierr != nil {
		return nil, err // the host's own reason tells more
	}
	if i.State != aws.StateRunning {
		return nil, errors.Join(notRunning(t.s, steps.State(i.State)), err)
	}
	moved := cmp.Or(i.PublicDNS, i.PublicIP) != t.s.PublicAddr || t.g.cfg.SSHPort(i) != t.s.SSHPort
	if moved {
		t.observe(i)
	}
	if re.Reason == remote.Timeout && t.followMe(ctx) || moved {
		t.g.cfg.Log.Debug("redial", "setup", t.s.ID, "instance", i.ID, "address", sshAddr(t.s), "moved", moved, "after", re.Reason)
		return t.dial(ctx)
	}
	return nil, err
}

// another reports whether somebody else may be at the machine's address: EC2
// gives an address that was let go to the next who wants one.
func another(e *remote.Error) bool {
	return e.Reason == remote.HostKeyChanged || e.Reason == remote.NotSSH
}

// followMe moves the security group's rule to this computer's address when it
// lets in another, and reports whether it did. The group itself is asked: a link
// that moved the rule earlier wrote nothing into the ledger.
func (t *target) followMe(ctx context.Context) bool {
	address, err := t.account.MyAddress(ctx)
	if err != nil {
		return false
	}
	rules, err := t.region.GroupRules(ctx, t.s.Resources.GroupID)
	if err != nil || len(closedTo(address, t.s.Answers.Mode.Ports(), rules)) == 0 {
		return false
	}
	if err := t.ensureGroup(ctx, address); err != nil {
		t.retrying("Your address is now %s, and the security group could not be updated: %s", address, steps.Explain(err).Title)
		return false
	}
	t.doing("Your address is now %s; the security group is updated", address)
	return true
}

// closedTo lists the ports at which the rules do not let the address in.
func closedTo(address string, ports []int, rules []aws.Rule) []string {
	var closed []string
	for _, port := range ports {
		if !slices.ContainsFunc(rules, func(r aws.Rule) bool { return r.Port == port && covers(r.CIDR, address) }) {
			closed = append(closed, strconv.Itoa(port))
		}
	}
	return closed
}

// notRunning is a machine that nobody can reach because it does not run.
func notRunning(s *steps.Setup, state steps.State) error {
	f := &problem.Error{
		Kind: problem.Unreachable, Title: "The machine is " + string(state),
		Text: fmt.Sprintf("%s (%s) is %s.", s.Answers.Name, s.Resources.InstanceID, state),
		Next: problem.Act(on(problem.Start, s)).Say("."),
	}
	switch state {
	case steps.StateGone, steps.StateTerminated, steps.StateShuttingDown:
		f.Title = "The machine is gone"
		f.Text = fmt.Sprintf("%s (%s) was terminated.", s.Answers.Name, s.Resources.InstanceID)
		f.Next = launchOrRemove(s)
	case steps.StatePending:
		f.Next = problem.Say("Try again in a moment.")
	case steps.StateNone:
		f.Title, f.Text = "There is no machine yet", fmt.Sprintf("%s was never launched.", s.Answers.Name)
		f.Next = problem.Act(on(problem.Launch, s)).Say(".")
	case steps.StateRunning, steps.StateStopping, steps.StateStopped:
	}
	return f
}
