package engine_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// world is an embedded cloud with embedded hosts, and the state folder of one
// computer that uses it.
type world struct {
	t     *testing.T
	cloud *ec2sim.Cloud
	open  func(context.Context, aws.Options) (engine.Cloud, error) // an account of the cloud
	dir   string
	ask   steps.Asker
	// patience is the guide's; 0 means 20 seconds.
	patience time.Duration

	ended func() engine.Ending

	mu    sync.Mutex
	fault func(action string) *ec2sim.Fault
	// request, unless nil, is asked like fault, with the request.
	request func(action string, r *http.Request) *ec2sim.Fault
	address string // this computer's public one; empty leaves it to the cloud
	// calls are the forms of the calls so far, by action.
	calls map[string][]url.Values
}

func newWorld(t *testing.T, change func(*ec2sim.Options, *hosts)) *world {
	t.Helper()
	h := newHosts(t)
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "state"), ask: asker{}, calls: map[string][]url.Values{}}
	o := ec2sim.Options{Hosts: h, Fault: func(action string, r *http.Request) *ec2sim.Fault {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls[action] = append(w.calls[action], maps.Clone(r.Form))
		if w.request != nil {
			return w.request(action, r)
		}
		if w.fault == nil {
			return nil
		}
		return w.fault(action)
	}}
	if change != nil {
		change(&o, h)
	}
	var err error
	if w.cloud, err = ec2sim.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })
	w.open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile = ""
		o.Endpoint = &aws.Endpoint{URL: "http://ec2.test", AccessKeyID: "AKIATEST", SecretAccessKey: "secret", HTTP: network{w.cloud.HTTPClient(), w}}
		return engine.OpenAWS(ctx, o)
	}
	return w
}

// network is how this computer reaches the cloud: from an address that may change.
type network struct {
	aws.HTTPDoer
	w *world
}

func (n network) Do(r *http.Request) (*http.Response, error) {
	n.w.mu.Lock()
	address := n.w.address
	n.w.mu.Unlock()
	if address == "" || r.URL.Path != "/checkip" {
		return n.HTTPDoer.Do(r)
	}
	answer := httptest.NewRecorder()
	_, err := answer.WriteString(address + "\n")
	return answer.Result(), err
}

// setAddress gives this computer another public address.
func (w *world) setAddress(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.address = address
}

func (w *world) setFault(f func(action string) *ec2sim.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

func (w *world) setRequestFault(f func(action string, r *http.Request) *ec2sim.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.request = f
}

// regionOf is the region that a request was signed for.
func regionOf(r *http.Request) string {
	// Credential=KEY/DATE/REGION/SERVICE/aws4_request
	parts := strings.Split(r.Header.Get("Authorization"), "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

// called returns the forms of an action's calls since forget.
func (w *world) called(action string) []url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[action]
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = map[string][]url.Values{}
}

// guide is a program freshly started on that computer, guideAt one whose clock
// is another.
func (w *world) guide() *engine.Guide { return w.guideAt(time.Now) }

func (w *world) guideAt(now func() time.Time) *engine.Guide {
	return engine.New(engine.Config{
		Dir: w.dir, Ask: w.ask, Env: func(string) string { return "" }, SSHDir: filepath.Join(w.dir, "ssh"),
		Open: w.open, Now: now, Ended: w.ended,
		SSHPort: func(i aws.Instance) int {
			port, err := strconv.Atoi(i.Tags[ec2sim.SSHPortTag])
			if err != nil {
				return 22
			}
			return port
		},
		Patience: cmp.Or(w.patience, 20*time.Second),
	})
}

// region speaks to the cloud beside the guide, to see what is really there.
func (w *world) region() engine.CloudRegion {
	w.t.Helper()
	a, err := w.open(w.t.Context(), aws.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.In("us-east-1")
}

func answers() steps.Answers {
	return steps.Answers{
		Name: "jupyter", Region: "us-east-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
	}
}

// errStop ends a run where a test has seen enough.
var errStop = errors.New("the test has seen enough")

// until runs the guide's work until a step has finished, and answers the error
// if it failed before.
func (w *world) until(ctx context.Context, g *engine.Guide, a steps.Answers, last steps.StepID) error {
	s, err := g.Begin(ctx, a)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finished := false
	opened, err := g.Work(ctx, s.ID, func(e steps.Event) {
		if e.Kind == steps.Finished && e.Step == last {
			finished = true
			cancel(errStop)
		}
	})
	if opened != nil {
		_ = opened.Close()
	}
	if finished {
		return nil
	}
	return err
}

// hosts are embedded hosts for ec2sim.
type hosts struct {
	computer *sshhost.Computer
	// keys replaces what the console shows of the host keys.
	keys func(real []string) []string
	// late starts hosts that let nobody in before letKeyIn.
	late bool

	mu       sync.Mutex
	running  map[string]*sshhost.Host
	specs    map[string]sshhost.Spec
	lateSpec sshhost.Spec
}

// computer is ready for hosts. It is made once, of some thousand links, in a
// folder that TestMain removes.
var computer = sync.OnceValues(func() (*sshhost.Computer, error) {
	return sshhost.Prepare(context.Background(), computerDir, os.Environ())
})

var computerDir string

func TestMain(m *testing.M) {
	var err error
	// Not t.TempDir, into which the hosts' user does not get.
	if computerDir, err = os.MkdirTemp("", "jupyter-ec2-steps-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(computerDir)
	os.Exit(code)
}

func newHosts(t *testing.T) *hosts {
	t.Helper()
	c, err := computer()
	if err != nil {
		t.Fatal(err)
	}
	h := &hosts{computer: c, running: map[string]*sshhost.Host{}, specs: map[string]sshhost.Spec{}}
	t.Cleanup(h.stopAll)
	return h
}

// letKeyIn lets the key in, as a machine does once cloud-init wrote it down.
func (h *hosts) letKeyIn(ctx context.Context) error {
	h.mu.Lock()
	host := h.running[h.lateSpec.ID]
	h.mu.Unlock()
	if err := host.Stop(ctx); err != nil {
		return err
	}
	spec := h.lateSpec
	l, err := net.Listen("tcp4", host.Addr().String())
	if err != nil {
		return err
	}
	spec.Listener = l
	host, err = h.computer.Start(ctx, spec)
	h.mu.Lock()
	h.running[spec.ID] = host
	h.mu.Unlock()
	return err
}

func (h *hosts) Launch(ctx context.Context, s ec2sim.HostSpec) (ec2sim.Host, error) {
	l, err := sshhost.Listen(s.Index)
	if err != nil {
		return ec2sim.Host{}, err
	}
	spec := sshhost.Spec{ID: s.InstanceID, Listener: l, AuthorizedKeys: s.AuthorizedKeys}
	if h.late {
		h.lateSpec = spec
		spec.AuthorizedKeys = nil
	}
	host, err := h.computer.Start(ctx, spec)
	if err != nil {
		return ec2sim.Host{}, err
	}
	h.mu.Lock()
	h.running[s.InstanceID], h.specs[s.InstanceID] = host, spec
	h.mu.Unlock()
	keys := host.HostKeys()
	if h.keys != nil {
		keys = h.keys(keys)
	}
	ip := host.Addr().Addr().String()
	return ec2sim.Host{PublicIP: ip, PrivateIP: ip, PublicDNS: ip, SSHPort: int(host.Addr().Port()), HostKeys: keys}, nil
}

// Reboot ends all that runs on the host and starts it again at its address.
func (h *hosts) Reboot(ctx context.Context, id string) error {
	h.mu.Lock()
	host, spec := h.running[id], h.specs[id]
	h.mu.Unlock()
	if err := host.Stop(ctx); err != nil {
		return err
	}
	l, err := net.Listen("tcp4", host.Addr().String())
	if err != nil {
		return err
	}
	spec.Listener = l
	host, err = h.computer.Start(ctx, spec)
	h.mu.Lock()
	h.running[id] = host
	h.mu.Unlock()
	return err
}

func (h *hosts) Stop(ctx context.Context, id string) error {
	h.mu.Lock()
	host := h.running[id]
	delete(h.running, id)
	h.mu.Unlock()
	if host == nil {
		return nil
	}
	return host.Stop(ctx)
}

func (h *hosts) Terminate(ctx context.Context, id string) error {
	if err := h.Stop(ctx, id); err != nil {
		return err
	}
	return h.computer.Remove(ctx, id)
}

func (h *hosts) stopAll() {
	h.mu.Lock()
	var ids []string
	for id := range h.running {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	for _, id := range ids {
		_ = h.Terminate(context.Background(), id)
	}
}

// asker answers as it is told; nothing else may be asked.
type asker struct {
	hostKey func(steps.HostKeyQuestion) steps.HostKeyAnswer
}

func (a asker) Tell(string)                                     {}
func (a asker) MFACode(context.Context, string) (string, error) { return "", steps.ErrDeclined }

func (a asker) Passphrase(context.Context, string, bool) ([]byte, error) {
	return nil, steps.ErrDeclined
}

func (a asker) HostKey(_ context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	if a.hostKey == nil {
		return steps.HostKeyReject, steps.ErrDeclined
	}
	return a.hostKey(q), nil
}
