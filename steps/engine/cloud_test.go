package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// world is a computer before an embedded cloud with embedded hosts.
type world struct {
	*enginetest.World
	t *testing.T
}

func newWorld(t *testing.T, change func(*ec2sim.Options, *hosts)) *world {
	t.Helper()
	h := newHosts(t)
	o := ec2sim.Options{Hosts: h}
	if change != nil {
		change(&o, h)
	}
	return &world{enginetest.New(t, o), t}
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

// called returns the forms of an action's calls since Forget.
func (w *world) called(action string) []url.Values { return w.Calls()[action] }

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
		if e.Kind == steps.Finished && e.Step == steps.StepServe && a.Mode == steps.ModeSSH && w.Only().LocalPort == 0 {
			w.t.Error("the server answers, and the tunnel's port is not written down: what is to be typed by hand names another one")
		}
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
	// deaf hosts do nothing with user data; others take the host key in it, and
	// begin the install, which most tests have no use for, only if they boot.
	deaf, boot bool
	// late starts hosts that let nobody in before letKeyIn.
	late bool
	// goesDown, unless nil, is waited for before a host that is rebooted goes
	// down: its connections have ended, and its SSH server still lets in.
	goesDown chan struct{}

	mu       sync.Mutex
	running  map[string]*sshhost.Host
	specs    map[string]sshhost.Spec
	at       map[string]*sshhost.Address // nobody takes one while its host restarts
	open     connections
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
	h := &hosts{computer: c, running: map[string]*sshhost.Host{}, specs: map[string]sshhost.Spec{}, at: map[string]*sshhost.Address{}}
	t.Cleanup(h.stopAll)
	return h
}

// letKeyIn lets the key in, as a machine does once cloud-init wrote it down.
func (h *hosts) letKeyIn(ctx context.Context) error {
	return h.restart(ctx, h.lateSpec)
}

// restart ends all that runs on the host and starts it again at its address.
func (h *hosts) restart(ctx context.Context, spec sshhost.Spec) error {
	h.mu.Lock()
	host, at := h.running[spec.ID], h.at[spec.ID]
	h.mu.Unlock()
	if err := host.Stop(ctx); err != nil {
		return err
	}
	var err error
	if spec.Listener, err = at.Listen(); err != nil {
		return err
	}
	host, err = h.computer.Start(ctx, spec)
	h.mu.Lock()
	h.running[spec.ID] = host
	h.mu.Unlock()
	return err
}

// hold takes a host's address over: it stays the test's when the host stops, and
// no other one answers there.
func (h *hosts) hold(t *testing.T, id string) *sshhost.Address {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.at[id]
	if at == nil {
		t.Fatalf("%s has no address", id)
	}
	delete(h.at, id)
	t.Cleanup(at.Release)
	return at
}

// userData is what a host is given of the user data of its launch.
func (h *hosts) userData(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if h.deaf || err != nil {
		return nil
	}
	text, err := io.ReadAll(z)
	if h.boot || err != nil {
		return data
	}
	keys, _, _ := bytes.Cut(text, []byte("\nbootcmd:"))
	return keys
}

func (h *hosts) Launch(ctx context.Context, s ec2sim.HostSpec) (ec2sim.Host, error) {
	at, err := sshhost.Take(s.Index)
	if err != nil {
		return ec2sim.Host{}, err
	}
	l, err := at.Listen()
	if err != nil {
		return ec2sim.Host{}, err
	}
	l = remembering{l, &h.open}
	spec := sshhost.Spec{ID: s.InstanceID, Listener: l, AuthorizedKeys: s.AuthorizedKeys, UserData: h.userData(s.UserData), Disk: s.Snapshot}
	if h.late {
		h.lateSpec = spec
		spec.AuthorizedKeys = nil
	}
	host, err := h.computer.Start(ctx, spec)
	if err != nil {
		at.Release()
		return ec2sim.Host{}, err
	}
	h.mu.Lock()
	h.running[s.InstanceID], h.specs[s.InstanceID], h.at[s.InstanceID] = host, spec, at
	h.mu.Unlock()
	keys := host.HostKeys()
	if h.keys != nil {
		keys = h.keys(keys)
	}
	ip := host.Addr().Addr().String()
	return ec2sim.Host{
		PublicIP: ip, PrivateIP: ip, PublicDNS: ip, SSHPort: int(host.Addr().Port()), HostKeys: keys, Console: host.Console,
	}, nil
}

// Reboot restarts the host.
func (h *hosts) Reboot(ctx context.Context, id string) error {
	h.mu.Lock()
	spec := h.specs[id]
	h.mu.Unlock()
	if h.goesDown != nil {
		h.open.end()
		<-h.goesDown
	}
	return h.restart(ctx, spec)
}

// connections are those to the hosts.
type connections struct {
	mu  sync.Mutex
	all []net.Conn
}

func (c *connections) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.all {
		_ = conn.Close()
	}
}

// remembering is a listener that notes what it accepts.
type remembering struct {
	net.Listener
	open *connections
}

func (l remembering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.open.mu.Lock()
		l.open.all = append(l.open.all, conn)
		l.open.mu.Unlock()
	}
	return conn, err
}

func (h *hosts) Stop(ctx context.Context, id string) error {
	h.mu.Lock()
	host, at := h.running[id], h.at[id]
	delete(h.running, id)
	delete(h.at, id)
	h.mu.Unlock()
	if host == nil {
		return nil
	}
	if at != nil { // else somebody holds it
		defer at.Release()
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
