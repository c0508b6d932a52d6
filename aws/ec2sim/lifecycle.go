package ec2sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The instance states, and their codes in stateCode.
const (
	statePending      = "pending"
	stateRunning      = "running"
	stateShuttingDown = "shutting-down"
	stateTerminated   = "terminated"
	stateStopping     = "stopping"
	stateStopped      = "stopped"
)

func stateCode(state string) int {
	switch state {
	case stateRunning:
		return 16
	case stateShuttingDown:
		return 32
	case stateTerminated:
		return 48
	case stateStopping:
		return 64
	case stateStopped:
		return 80
	}
	return 0
}

// instance is one instance.
type instance struct {
	ID, Reservation, ClientToken string
	State                        string
	Since                        time.Time // when it got into State
	Until                        time.Time // a passing State ends then at the earliest
	ReasonCode, Reason           string
	Asked                        time.Time // when a user asked for it to stop or end; zero when nobody did
	Ran                          bool      // has been running: a start that fails leaves it stopped

	Type, Zone, Image, KeyName, PublicKey  string
	VPC, Subnet, ENI, ENIAttachment        string
	PublicIP, PublicDNS, PrivateIP         string
	Private                                bool // nobody is told the public address: in EC2 it has none
	SSHPort, Index, LaunchIndex            int
	Groups                                 []string
	Created                                time.Time // of the instance
	Launched                               time.Time // of the last start
	ShutdownBehavior                       string
	HTTPTokens, HTTPEndpoint, MetadataTags string
	HopLimit                               int
	NoTermination, NoStop                  bool
	EBSOptimized                           bool
	UserData                               []byte
	HostKeys                               []string // of its first start
	Console                                string   // as it was shown last
	Volumes                                []*volume

	op      *operation    // the last one, or nil
	printed func() []byte // Host.Console of the host that runs
}

// operation is a call to Hosts, made off the cloud's lock.
type operation struct {
	kind   opKind
	cancel context.CancelFunc
	done   chan struct{}
	host   Host // these two are to be read once done is closed
	err    error
}

type opKind int

const (
	launchHost opKind = iota
	rebootHost
	stopHost
	terminateHost
	saveHost // by saveDisk
)

// operate begins a call to Hosts for the instance, after those begun before,
// of which a launch still under way is cut short.
func (c *Cloud) operate(i *instance, kind opKind) {
	if c.opts.Hosts == nil {
		return
	}
	before := i.op
	if before != nil && kind != rebootHost {
		before.cancel()
	}
	// Only a launch ends with the cloud: stopping must be done.
	life := c.hosts
	if kind != launchHost {
		life = context.WithoutCancel(life)
	}
	ctx, cancel := context.WithCancel(life)
	op := &operation{kind: kind, cancel: cancel, done: make(chan struct{})}
	i.op = op
	id, spec := i.ID, c.hostSpec(i)
	c.running.Go(func() {
		defer close(op.done)
		if before != nil {
			<-before.done
		}
		switch kind {
		case launchHost:
			if op.err = ctx.Err(); op.err == nil {
				op.host, op.err = c.opts.Hosts.Launch(ctx, spec)
			}
		case rebootHost:
			op.err = c.opts.Hosts.Reboot(ctx, id)
		case stopHost:
			op.err = c.opts.Hosts.Stop(ctx, id)
		case terminateHost:
			op.err = c.opts.Hosts.Terminate(ctx, id)
		case saveHost: // begun by saveDisk
		}
	})
}

func (c *Cloud) hostSpec(i *instance) HostSpec {
	spec := HostSpec{
		InstanceID: i.ID, Region: i.Zone[:len(i.Zone)-1], Index: i.Index,
		PrivateIP: i.PrivateIP, PublicIP: i.PublicIP, UserData: i.UserData,
	}
	if i.PublicKey != "" {
		spec.AuthorizedKeys = []string{i.PublicKey}
	}
	if len(i.Volumes) > 0 {
		spec.DiskGB = i.Volumes[0].Size
		if r := c.state.Regions[spec.Region]; r != nil && r.snapshot(i.Volumes[0].Snapshot) != nil {
			spec.Snapshot = i.Volumes[0].Snapshot
		}
	}
	return spec
}

func (i *instance) become(state string, now time.Time) {
	i.State, i.Since = state, now
	switch state {
	case stateRunning:
		i.Ran = true
	case stateStopped, stateTerminated:
		i.PublicIP, i.PublicDNS, i.SSHPort, i.Index = "", "", 0, 0
		i.Ran = true
	}
}

// start makes a stopped or new instance pending, with a new public address.
func (c *Cloud) start(i *instance, now time.Time) error {
	index, err := c.newIndex()
	if err != nil {
		return err
	}
	i.Index, i.Launched, i.Until = index, now, now.Add(c.opts.Timing.Pending)
	i.PublicIP = fmt.Sprintf("203.0.113.%d", index)
	i.ReasonCode, i.Reason, i.Asked = "", "", time.Time{}
	i.become(statePending, now)
	c.operate(i, launchHost)
	return nil
}

// userInitiated gives that as the reason for what comes.
func (i *instance) userInitiated(now time.Time) {
	i.ReasonCode, i.Reason, i.Asked = "Client.UserInitiatedShutdown", "User initiated shutdown", now
}

func (c *Cloud) stop(i *instance, now time.Time) {
	i.userInitiated(now)
	i.Until = now.Add(c.opts.Timing.Stop)
	i.become(stateStopping, now)
	c.operate(i, stopHost)
}

func (c *Cloud) terminate(i *instance, now time.Time) {
	i.userInitiated(now)
	i.Until = now.Add(c.opts.Timing.Stop)
	i.become(stateShuttingDown, now)
	c.operate(i, terminateHost)
}

// newIndex is the next of 2 to 254 that no instance has.
func (c *Cloud) newIndex() (int, error) {
	used := map[int]bool{}
	for _, r := range c.state.Regions {
		for _, i := range r.Instances {
			used[i.Index] = true
		}
	}
	for range 253 {
		c.state.Index++
		if c.state.Index < 2 || c.state.Index > 254 {
			c.state.Index = 2
		}
		if !used[c.state.Index] {
			return c.state.Index, nil
		}
	}
	return 0, refuse("InsufficientInstanceCapacity", "")
}

// advance moves the region's instances on whose passing states are over, and
// forgets those that were terminated long ago.
func (c *Cloud) advance(r *region, now time.Time) {
	r.developImages(c, now)
	for _, i := range r.Instances {
		r.advanceInstance(c, i, now)
	}
	r.Instances = slices.DeleteFunc(r.Instances, func(i *instance) bool {
		old := i.State == stateTerminated && !now.Before(i.Since.Add(c.opts.Timing.Forget))
		if old {
			r.forget(i)
		}
		return old
	})
}

func (r *region) advanceInstance(c *Cloud, i *instance, now time.Time) {
	var host Host
	var hostErr error
	if i.op != nil {
		select {
		case <-i.op.done:
			host, hostErr = i.op.host, i.op.err
		default:
			return
		}
	}
	switch {
	case i.State == statePending && hostErr != nil:
		i.fail(hostErr, now)
		// What a failed launch left behind goes too.
		if i.State == stateTerminated {
			c.operate(i, terminateHost)
			r.release(i)
		}
	case now.Before(i.Until):
	case i.State == statePending:
		i.takeAddresses(c, host)
		i.become(stateRunning, now)
	case i.State == stateStopping:
		i.become(stateStopped, now)
		i.blame(hostErr)
	case i.State == stateShuttingDown:
		i.become(stateTerminated, now)
		i.blame(hostErr)
		r.release(i)
	}
}

// fail ends a launch whose host did not come up.
func (i *instance) fail(err error, now time.Time) {
	i.blame(err)
	if errors.Is(err, context.Canceled) {
		i.Reason = "Internal error on launch"
	}
	if i.Ran {
		i.become(stateStopped, now)
	} else {
		i.become(stateTerminated, now)
	}
}

// blame gives a host's error as the state's reason.
func (i *instance) blame(err error) {
	if err != nil {
		i.ReasonCode, i.Reason, i.Asked = "Server.InternalError", err.Error(), time.Time{}
	}
}

// takeAddresses takes over what the host answered; without hosts the
// instance gets what a host would have.
func (i *instance) takeAddresses(c *Cloud, h Host) {
	if h.PublicIP != "" {
		i.PublicIP, i.PublicDNS = h.PublicIP, h.PublicDNS
	} else {
		i.PublicDNS = publicName(i.PublicIP, i.Zone[:len(i.Zone)-1])
	}
	if h.PrivateIP != "" {
		i.PrivateIP = h.PrivateIP
	}
	i.SSHPort, i.printed = h.SSHPort, h.Console
	if c.opts.Hosts == nil && len(i.HostKeys) == 0 {
		h.HostKeys = []string{exampleHostKey(i.ID)}
	}
	// What the first boot printed stays, whatever keys the host has later.
	if len(i.HostKeys) == 0 {
		i.HostKeys = h.HostKeys
	}
}

// release gives back what a terminated instance held: its volumes go with it
// or are nobody's from then on.
func (r *region) release(i *instance) {
	for _, v := range i.Volumes {
		if v.DeleteOnTermination {
			delete(r.Tags, v.ID)
			continue
		}
		v.Zone = i.Zone
		r.Volumes = append(r.Volumes, v)
	}
	i.Volumes = nil
	delete(r.Tags, i.ENI)
}

// forget drops what still leads to an instance that is no longer listed.
func (r *region) forget(i *instance) {
	delete(r.Tags, i.ID)
	if i.ClientToken != "" {
		delete(r.Tokens, i.ClientToken)
	}
}

// instance is the instance with that ID, or nil.
func (r *region) instance(id string) *instance {
	return find(r.Instances, func(i *instance) bool { return i.ID == id })
}
