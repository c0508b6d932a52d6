package ec2sim

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Cloud is one account in an embedded AWS. It is an http.Handler for all
// services at one address; the credential scope of a request's signature says
// which service and which region it is for. GET /checkip answers the client's
// address. It is safe for concurrent use.
type Cloud struct {
	opts     Options
	services map[string]service

	// hosts is the life of the host operations under way.
	hosts   context.Context
	endLife context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // guards what follows
	state  *state
	closed bool
}

// New opens a cloud. It fails when the state file cannot be read.
func New(opts Options) (*Cloud, error) {
	if opts.Account == "" {
		opts.Account = "000000000000"
	}
	if opts.User == "" {
		opts.User = "sandbox"
	}
	if opts.OptedIn == nil {
		opts.OptedIn = []string{"ap-east-1", "eu-central-2"}
	}
	if opts.StandardVCPUs == 0 {
		opts.StandardVCPUs = 32
	}
	if opts.Timing.Forget == 0 {
		opts.Timing.Forget = time.Hour
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	st, err := loadState(opts.StatePath)
	if err != nil {
		return nil, err
	}
	c := &Cloud{opts: opts, services: services(), state: st}
	c.hosts, c.endLife = context.WithCancel(context.Background())
	for _, r := range st.Regions {
		r.wakeUp(opts.Now())
	}
	return c, nil
}

// HTTPClient is a client that reaches the cloud in memory, whatever address
// the request names. It satisfies aws.HTTPDoer and the SDK's HTTPClient.
func (c *Cloud) HTTPClient() *Client { return &Client{handler: c} }

// Close stops the hosts of all instances, waits for them and saves the state.
// The cloud answers no requests afterwards.
func (c *Cloud) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.endLife()
	var ops []*operation
	for _, r := range c.state.Regions {
		for _, i := range r.Instances {
			if i.State == statePending || i.State == stateRunning {
				c.operate(i, stopHost)
			}
			if i.op != nil {
				ops = append(ops, i.op)
			}
		}
	}
	c.mu.Unlock()
	c.running.Wait()

	c.mu.Lock()
	defer c.mu.Unlock()
	var failed []error
	for _, op := range ops {
		if op.kind != launchHost { // a launch that was cut short is no failure
			failed = append(failed, op.err)
		}
	}
	for _, r := range c.state.Regions {
		r.wakeUp(c.opts.Now())
	}
	return errors.Join(append(failed, c.state.save(c.opts.StatePath))...)
}

// Instances lists the instances of all regions, terminated ones too, oldest
// first.
func (c *Cloud) Instances() []InstanceSummary {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []InstanceSummary
	for _, name := range keysOf(c.state.Regions) {
		r := c.state.Regions[name]
		c.advance(r, c.opts.Now())
		for _, i := range r.Instances {
			all = append(all, InstanceSummary{
				ID: i.ID, Region: name, Name: r.Tags[i.ID]["Name"], State: i.State,
				Type: i.Type, PublicIP: i.PublicIP, SSHPort: max(i.SSHPort, defaultSSHPort(i)), Launched: i.Created,
			})
		}
	}
	sortBy(all, func(a, b InstanceSummary) int { return a.Launched.Compare(b.Launched) })
	return all
}

// InstanceSummary is one instance for the sandbox's status.
type InstanceSummary struct {
	ID       string
	Region   string
	Name     string // the Name tag
	State    string // as in DescribeInstances
	Type     string
	PublicIP string
	SSHPort  int // 0 unless it has an address
	Launched time.Time
}

// Exists reports whether the instance is not terminated.
func (i InstanceSummary) Exists() bool { return i.State != stateTerminated }

// On reports whether the instance runs, or is about to.
func (i InstanceSummary) On() bool { return i.State == statePending || i.State == stateRunning }

func defaultSSHPort(i *instance) int {
	if i.PublicIP == "" {
		return 0
	}
	return 22
}

// HostDown tells the cloud that an instance's host shut down on its own, as by
// "shutdown -h now" on it: the instance is stopped or terminated, as its
// InstanceInitiatedShutdownBehavior says, and Hosts is told so. Other
// instances than running ones are left as they are, and unknown IDs ignored.
// It may be called by Hosts, at any time.
func (c *Cloud) HostDown(instanceID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opts.Now()
	for _, r := range c.state.Regions {
		c.advance(r, now)
		i := r.instance(instanceID)
		if c.closed || i == nil || i.State != stateRunning {
			continue
		}
		if i.ShutdownBehavior == "terminate" {
			c.terminate(i, now)
		} else {
			c.stop(i, now)
		}
		i.ReasonCode, i.Reason, i.Asked = "Client.InstanceInitiatedShutdown", "Instance initiated shutdown", time.Time{}
		// The next request saves again; a failure here has nobody to hear it.
		_ = c.state.save(c.opts.StatePath)
	}
}
