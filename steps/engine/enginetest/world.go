// Package enginetest is for tests only: a computer that has the guide on it,
// before an embedded cloud. What the cloud's machines are, its users say.
package enginetest

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// World is a cloud, and the state folder of one computer that uses it. Its
// fields are for the guides that are made from then on.
type World struct {
	Cloud *ec2sim.Cloud
	// Open opens an account of the cloud.
	Open func(context.Context, aws.Options) (engine.Cloud, error)
	Dir  string
	Ask  steps.Asker
	// Patience is the guides'; 0 means 90 seconds, since a computer that has
	// much to do may take long for what is done in a moment.
	Patience time.Duration
	// Ended tells how the cloud has ended; nil means that it does not.
	Ended func() engine.CloudEnding

	t          testing.TB
	background sync.WaitGroup // what the guides do that nobody waits for
	mu         sync.Mutex
	// fault is asked about each call; request, unless nil, in its place.
	fault   func(action string) *ec2sim.Fault
	request func(action string, r *http.Request) *ec2sim.Fault
	address string                  // this computer's public one; empty leaves it to the cloud
	calls   map[string][]url.Values // the forms of the calls so far, by action
}

// New makes a World with an embedded cloud, which is closed at the test's end.
func New(t testing.TB, o ec2sim.Options) *World {
	t.Helper()
	w := Before(t, nil)
	o.Fault = w.faulty
	var err error
	if w.Cloud, err = ec2sim.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Cloud.Close() })
	w.Through(network{w.Cloud.HTTPClient(), w})
	return w
}

// Before makes a World before a cloud that open reaches; it has no Cloud.
func Before(t testing.TB, open func(context.Context, aws.Options) (engine.Cloud, error)) *World {
	w := &World{Open: open, Dir: filepath.Join(t.TempDir(), "state"), Ask: Person{}, t: t, calls: map[string][]url.Values{}}
	t.Cleanup(w.Idle)
	return w
}

// faulty keeps a call and answers what is wrong with it.
func (w *World) faulty(action string, r *http.Request) *ec2sim.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[action] = append(w.calls[action], maps.Clone(r.Form))
	switch {
	case w.request != nil:
		return w.request(action, r)
	case w.fault != nil:
		return w.fault(action)
	}
	return nil
}

// Through has this computer reach the cloud through another network.
func (w *World) Through(network aws.HTTPDoer) {
	w.Open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile, o.Endpoint = "", endpoint(network)
		return engine.OpenAWS(ctx, o)
	}
}

// Endpoint is where the cloud is, as this computer reaches it.
func (w *World) Endpoint() *aws.Endpoint { return endpoint(network{w.Cloud.HTTPClient(), w}) }

func endpoint(over aws.HTTPDoer) *aws.Endpoint {
	return &aws.Endpoint{URL: "http://ec2.test", AccessKeyID: "AKIATEST", SecretAccessKey: "secret", HTTP: over}
}

// SetAddress gives this computer another public address.
func (w *World) SetAddress(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.address = address
}

// SetFault says what is wrong with calls from now on; nil is nothing.
func (w *World) SetFault(f func(action string) *ec2sim.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

// SetRequestFault is SetFault for who looks at the requests.
func (w *World) SetRequestFault(f func(action string, r *http.Request) *ec2sim.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.request = f
}

// Calls are the forms of all calls since Forget, by action.
func (w *World) Calls() map[string][]url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}

// Forget forgets the calls.
func (w *World) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = map[string][]url.Values{}
}

// Guide is a program freshly started on that computer. change has the last word
// on what it is made of.
func (w *World) Guide(change ...func(*engine.Config)) *engine.Guide {
	c := engine.Config{
		Dir: w.Dir, Ask: w.Ask, Env: func(string) string { return "" }, SSHDir: filepath.Join(w.Dir, "ssh"),
		Open: w.Open, SSHPort: sshPort, Ended: w.Ended, Background: &w.background, Patience: cmp.Or(w.Patience, 90*time.Second),
	}
	for _, to := range change {
		to(&c)
	}
	return engine.New(c)
}

// Idle waits for what the guides do that nobody else waits for.
func (w *World) Idle() { w.background.Wait() }

// GuideAt is Guide with another clock.
func (w *World) GuideAt(now func() time.Time) *engine.Guide {
	return w.Guide(func(c *engine.Config) { c.Now = now })
}

func sshPort(i aws.Instance) int {
	port, err := strconv.Atoi(i.Tags[ec2sim.SSHPortTag])
	if err != nil || port == 0 {
		return 22
	}
	return port
}

// Region speaks to the cloud beside the guide, to see what is really there.
func (w *World) Region() engine.CloudRegion {
	w.t.Helper()
	a, err := w.Open(w.t.Context(), aws.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.In("us-east-1")
}

// Only is the one setup that there is.
func (w *World) Only() steps.Setup {
	w.t.Helper()
	all, err := w.Guide().Setups(w.t.Context())
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d setups: %v", len(all), err)
	}
	return all[0]
}
