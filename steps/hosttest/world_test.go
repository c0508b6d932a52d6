package hosttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// lab is closed by TestMain.
var lab testhost.Lab

func TestMain(m *testing.M) {
	code := m.Run()
	if err := lab.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// world is an embedded cloud whose instances are real machines, and the state
// folder of one computer that uses it.
type world struct {
	*enginetest.World
	t    testing.TB
	port int // where its first tunnel is tried: the tests share this computer's ports
	// spec is what the instances are.
	spec testhost.Spec
	// booted is called with each machine that came up, before EC2 says so.
	booted func(*testhost.Host)
	// between, unless nil, is what the machine's SSH server is reached through.
	between *between

	// change is done to the config of every guide.
	change []func(*engine.Config)

	mu       sync.Mutex
	machines map[string]*testhost.Host
	disks    map[string]string // copies of disks, by their snapshots
	lines    []string          // what the last work said
}

func newWorld(t *testing.T, spec testhost.Spec, change ...func(*ec2sim.Options)) *world {
	t.Helper()
	testhost.Need(t)
	t.Parallel()
	await.Turn(t)
	// Not within a guide, which would not wait so long for a launch.
	await.Shared(t, "the disk that machines begin with", func() (any, error) { return nil, lab.Ready(t.Context(), spec) })
	w := &world{t: t, port: await.Port(t), spec: spec, machines: map[string]*testhost.Host{}, disks: map[string]string{}}
	t.Cleanup(w.report)
	t.Cleanup(func() { // after the cloud is closed
		for id := range w.machines {
			if err := w.Terminate(context.Background(), id); err != nil {
				t.Error(err)
			}
		}
	})
	o := ec2sim.Options{Hosts: w}
	for _, to := range change {
		to(&o)
	}
	w.World = enginetest.New(t, o)
	w.Patience = await.Wait
	return w
}

// installedDisk is the disk of a machine with Jupyter on it, made once: where the
// install is not what is tested.
var installedDisk = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*await.Long)
	defer cancel()
	pair, err := remote.Generate("image")
	if err != nil {
		return "", err
	}
	h, err := lab.New(ctx, testhost.Spec{AuthorizedKeys: []string{pair.Public}})
	if err != nil {
		return "", err
	}
	if err := h.Start(ctx); err != nil {
		return "", err
	}
	job := jupyter.InstallJob(jupyter.Facts{}, jupyter.UV)
	// Compiled once here, and not at each machine's first start.
	const compile = "\n~/.jupyter-ec2/venv/bin/python -m compileall -q -j0 ~/.jupyter-ec2/venv >/dev/null || :"
	if out, err := h.Run(ctx, "su - ubuntu -c '. /etc/environment; export UV_CACHE_DIR; exec sh' <<'JOB'\n"+job.Script+compile+"\nJOB\n"); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return h.Image(ctx)
})

// newInstalledWorld is newWorld with machines that have Jupyter already.
func newInstalledWorld(t *testing.T, spec testhost.Spec, change ...func(*ec2sim.Options)) *world {
	t.Helper()
	w := newWorld(t, spec, change...)
	w.spec.Image = await.Shared(t, "a disk with Jupyter", installedDisk)
	return w
}

// report tells what a failed test saw.
func (w *world) report() {
	if w.t.Failed() {
		w.t.Logf("the guide said:\n%s", strings.Join(w.said(), "\n"))
	}
}

func (w *world) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines
}

// Launch is ec2sim's.
func (w *world) Launch(ctx context.Context, s ec2sim.HostSpec) (ec2sim.Host, error) {
	w.mu.Lock()
	h, disk := w.machines[s.InstanceID], w.disks[s.Snapshot]
	w.mu.Unlock()
	if h == nil {
		spec := w.spec
		spec.Image = cmp.Or(disk, spec.Image)
		spec.AuthorizedKeys = s.AuthorizedKeys
		if spec.CloudInit != nil {
			spec.CloudInit = &testhost.CloudInit{InstanceID: s.InstanceID, UserData: s.UserData}
		}
		spec.Down = func() { w.Cloud.HostDown(s.InstanceID) }
		var err error
		if h, err = lab.New(ctx, spec); err != nil {
			return ec2sim.Host{}, err
		}
		w.mu.Lock()
		w.machines[s.InstanceID] = h
		w.mu.Unlock()
	}
	if err := h.Start(ctx); err != nil {
		return ec2sim.Host{}, err
	}
	if w.booted != nil {
		w.booted(h)
	}
	ip := h.Public().String()
	up := ec2sim.Host{PublicIP: ip, PublicDNS: ip, PrivateIP: h.Private().String(), HostKeys: h.HostKeys()}
	if w.spec.CloudInit != nil {
		up.Console = func() []byte { return []byte(h.Console()) }
	}
	if w.between != nil {
		up.PublicIP, up.PublicDNS, up.SSHPort = w.between.start(w.t, net.JoinHostPort(ip, "22"))
	}
	return up, nil
}

// SaveDisk is ec2sim's.
func (w *world) SaveDisk(ctx context.Context, id, snapshot string, running bool) error {
	if running {
		return errors.New("the disk of a machine that runs is not copied")
	}
	disk, err := w.machine(id).Copy(ctx, snapshot)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disks[snapshot] = disk
	return err
}

// DropDisk is ec2sim's. The copy lasts as long as the lab.
func (w *world) DropDisk(_ context.Context, snapshot string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.disks, snapshot)
	return nil
}

// Reboot is ec2sim's.
func (w *world) Reboot(ctx context.Context, id string) error { return w.machine(id).Reboot(ctx) }

// Stop is ec2sim's. A machine whose launch failed is not there.
func (w *world) Stop(ctx context.Context, id string) error {
	if h := w.machine(id); h != nil {
		return h.Stop(ctx)
	}
	return nil
}

// Terminate is ec2sim's.
func (w *world) Terminate(ctx context.Context, id string) error {
	h := w.machine(id)
	if h == nil {
		return nil
	}
	w.mu.Lock()
	delete(w.machines, id)
	w.mu.Unlock()
	return h.Remove(ctx)
}

func (w *world) machine(id string) *testhost.Host {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.machines[id]
}

// guide is a program freshly started on that computer. change, when given,
// has the last word on what it is made of.
func (w *world) guide(change ...func(*engine.Config)) *engine.Guide {
	port := func(c *engine.Config) { c.LocalPort = w.port }
	return w.Guide(slices.Concat([]func(*engine.Config){port}, w.change, change)...)
}

// region speaks to the cloud beside the guide.
func (w *world) region() *aws.Regional {
	w.t.Helper()
	a, err := aws.Open(w.t.Context(), aws.Options{Endpoint: w.Endpoint()})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.In("us-east-1")
}

func answers(mode steps.Mode, installer steps.Installer) steps.Answers {
	a := enginetest.Answers()
	a.Mode, a.Installer = mode, installer
	return a
}

// work runs the whole guide and answers what it opened, or why it did not.
// each is told every event, and may be nil.
func (w *world) work(a steps.Answers, each func(steps.Event)) (*steps.Opened, error) {
	w.t.Helper()
	began := time.Now()
	g := w.guide()
	s, err := g.Begin(w.t.Context(), a)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.lines = nil
	w.mu.Unlock()
	opened, err := g.Work(w.t.Context(), s.ID, func(e steps.Event) {
		w.mu.Lock()
		w.lines = append(w.lines, fmt.Sprintf("%6.1f %-7s %-8s %s", time.Since(began).Seconds(), e.Step, e.Kind, e.Text))
		w.mu.Unlock()
		if e.Kind == steps.Finished {
			w.t.Logf("%s after %.1f s: %s", e.Step, time.Since(began).Seconds(), e.Text)
		}
		if each != nil {
			each(e)
		}
	})
	if opened != nil {
		w.t.Cleanup(func() { _ = opened.Close() })
	}
	return opened, err
}

// open is work that must succeed, with a cell run over the user's path.
func (w *world) open(a steps.Answers, each func(steps.Event)) *steps.Opened {
	w.t.Helper()
	o, err := w.work(a, each)
	if err != nil {
		w.t.Fatalf("%+v", steps.Explain(err))
	}
	if !strings.Contains(o.Proof, "answered 42") {
		w.t.Errorf("the proof is %q", o.Proof)
	}
	return o
}

// saidLine reports whether the last work said a line with that text.
func (w *world) saidLine(text string) bool {
	for _, l := range w.said() {
		if strings.Contains(l, text) {
			return true
		}
	}
	return false
}
