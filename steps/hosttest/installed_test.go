package hosttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// seconds turns the minutes of the limits to seconds.
func seconds(c *engine.Config) { c.Minute = time.Second }

// installed is a world with one machine whose guide has come to its end.
type installed struct {
	*world
	g *engine.Guide
	o *steps.Opened
}

func newInstalled(t *testing.T, a steps.Answers, change ...func(*engine.Config)) *installed {
	t.Helper()
	w := newInstalledWorld(t, testhost.Spec{})
	w.change = change
	l := &installed{world: w, o: w.open(a, nil)}
	l.g = w.guide()
	return l
}

func (l *installed) id() string { return l.o.Setup.ID }

// do is something that must succeed; it answers what was said.
func (l *installed) do(what string, op func(ctx context.Context, id string, emit func(steps.Event)) error) string {
	l.t.Helper()
	var said []string
	if err := op(await.Context(l.t), l.id(), func(e steps.Event) { said = append(said, e.Text) }); err != nil {
		l.t.Fatalf("%s: %+v\n%s", what, steps.Explain(err), strings.Join(said, "\n"))
	}
	return strings.Join(said, "\n")
}

func (l *installed) connect() steps.Link {
	l.t.Helper()
	link, err := l.g.Connect(l.t.Context(), l.id())
	if err != nil {
		l.t.Fatalf("%+v", steps.Explain(err))
	}
	l.t.Cleanup(func() { _ = link.Close() })
	return link
}

// healthy waits until the machine says of itself what is wanted.
func (l *installed) healthy(link steps.Link, what string, is func(steps.Health) bool) steps.Health {
	l.t.Helper()
	var h steps.Health
	var err error
	ctx := await.Context(l.t)
	if !await.Comes(ctx, func() bool {
		h, err = link.Health(ctx)
		return err == nil && is(h)
	}) {
		l.t.Fatalf("%s: the machine says %+v, %v", what, h, err)
	}
	return h
}

// A machine after the guide: how it is, its log, files, another mode, its
// server and itself started again, and another address.
func TestInstalledMachine(t *testing.T) {
	l := newInstalled(t, answers(steps.ModeSSH, steps.InstallerUV))
	await.Allow(t, await.Long, "serves in three modes, and reboots between")
	link := l.connect()
	h := l.healthy(link, "at first", func(h steps.Health) bool { return h.ServerUp })
	if !h.Watching || h.MemoryMB <= 0 || h.DiskFreeMB <= 0 || h.Cores <= 0 || h.IdleLimit != time.Hour || h.StopAt.IsZero() || h.Unarmed != "" {
		t.Errorf("the machine says %+v", h)
	}
	until, err := link.Extend(t.Context(), 20*time.Hour)
	if err != nil || until.StopAt.Before(h.At.Add(19*time.Hour)) {
		t.Errorf("extended: %+v, %v", until, err)
	}

	t.Run("files", func(t *testing.T) { l.copies(link) })
	lines := make(chan string, 1000)
	following, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		_ = link.Follow(following, steps.LogServer, 5, func(text string, _ bool) { lines <- text })
	}()
	l.line(lines, "") // the past

	said := l.do("restart", l.g.RestartServer)
	if !strings.Contains(said, "Jupyter Server") {
		t.Errorf("the server's last lines are not told:\n%s", said)
	}
	l.line(lines, "is running at") // of the new one
	l.prove(l.o)

	l.do("reboot", l.g.Reboot)
	l.line(lines, "is running at") // the link found the machine again
	l.prove(l.o)                   // and so did the tunnel

	if err := l.o.Close(); err != nil { // its port is free for the next
		t.Error(err)
	}
	if _, err := l.g.SetMode(t.Context(), l.id(), steps.ModeHTTP, false); err != nil {
		t.Fatal(err)
	}
	l.workAgain(steps.ModeHTTP, []int{22, 8888})
	if _, err := l.g.SetMode(t.Context(), l.id(), steps.ModeSSH, false); err != nil {
		t.Fatal(err)
	}
	again := l.workAgain(steps.ModeSSH, []int{22})
	if again.Setup.LocalPort != l.o.Setup.LocalPort {
		t.Errorf("the local port was %d and is %d", l.o.Setup.LocalPort, again.Setup.LocalPort)
	}
}

// line waits for a line of the log that has the text.
func (l *installed) line(lines <-chan string, text string) {
	l.t.Helper()
	what := fmt.Sprintf("a line of the log with %q", text)
	for !strings.Contains(await.Receive(l.t, what, lines), text) {
	}
}

// copies takes a folder there and back.
func (l *installed) copies(link steps.Link) {
	l.t.Helper()
	dir := l.t.TempDir()
	content := make([]byte, 3<<20)
	if _, err := rand.Read(content); err != nil {
		l.t.Fatal(err)
	}
	from := filepath.Join(dir, "from")
	if err := errors.Join(os.MkdirAll(filepath.Join(from, "deep"), 0o700), os.WriteFile(filepath.Join(from, "deep", "a file"), content, 0o600)); err != nil {
		l.t.Fatal(err)
	}
	o := steps.CopyOptions{Recursive: true}
	if done, err := link.Put(l.t.Context(), []string{from}, "there", o); err != nil || done.Bytes != int64(len(content)) {
		l.t.Fatalf("put: %+v, %v", done, err)
	}
	if _, err := link.Get(l.t.Context(), []string{"there"}, filepath.Join(dir, "back"), o); err != nil {
		l.t.Fatalf("get: %v", err)
	}
	back, err := os.ReadFile(filepath.Join(dir, "back", "deep", "a file"))
	if err != nil || !bytes.Equal(back, content) {
		l.t.Errorf("it came back with %d bytes, %v", len(back), err)
	}
}

// workAgain goes through the steps and sees that the group has those ports.
func (l *installed) workAgain(mode steps.Mode, ports []int) *steps.Opened {
	l.t.Helper()
	var o *steps.Opened
	l.do("mode "+string(mode), func(ctx context.Context, id string, emit func(steps.Event)) (err error) {
		o, err = l.g.Work(ctx, id, emit)
		return err
	})
	l.t.Cleanup(func() { _ = o.Close() })
	rules, err := l.region().GroupRules(l.t.Context(), o.Setup.Resources.GroupID)
	if err != nil {
		l.t.Fatal(err)
	}
	var open []int
	for _, r := range rules {
		open = append(open, r.Port)
	}
	slices.Sort(open)
	if !slices.Equal(open, ports) {
		l.t.Errorf("in %s mode the group opens %v", mode, open)
	}
	if !strings.Contains(o.Proof, "answered 42") {
		l.t.Errorf("the proof is %q", o.Proof)
	}
	return o
}

// With minutes turned to seconds the machine stops on its own, the cloud says
// so, and the same machine comes back with the same token and port.
func TestMachineComesBackAfterItsIdleStop(t *testing.T) {
	a := answers(steps.ModeSSH, steps.InstallerUV)
	// Watched since its server begins to start, the machine is idle until the
	// guide's cell runs: that has to come within the limit on a busy computer too.
	a.IdleStop, a.Lifetime = steps.Limit(30*time.Minute), steps.Never
	await.Allow(t, await.Long, "waits out the idle limit, and makes a machine twice")
	l := newInstalled(t, a, seconds)
	l.await(l.o.Setup.Resources.InstanceID, aws.StateStopped)
	var seen steps.Machine
	if err := l.g.Survey(t.Context(), "", func(s steps.Surveyed) {
		for _, m := range s.Machines {
			seen = m
		}
	}); err != nil || seen.State != steps.StateStopped || seen.Elsewhere {
		t.Errorf("the survey says %+v, %v", seen, err)
	}
	l.wait("the tunnel to notice that it is down", func() bool { return l.o.Tunnel.State() != "up" })
	again := l.open(a, nil)
	if again.Setup.Resources.InstanceID != l.o.Setup.Resources.InstanceID || token(t, again) != token(t, l.o) {
		t.Errorf("it came back as another: %+v", again.Setup)
	}
}

// A limit that is over already when it is set does not end what runs on the
// spot: there is time to save it, or to put the stop off.
func TestALimitThatIsOverLeavesTime(t *testing.T) {
	a := answers(steps.ModeSSH, steps.InstallerUV)
	a.IdleStop, a.Lifetime = steps.Never, steps.Never
	await.Allow(t, await.Long, "makes a machine, and waits out its limit")
	l := newInstalled(t, a, func(c *engine.Config) { c.Minute = 6 * time.Second }) // 30 seconds for a proof on a busy computer
	link := l.connect()
	l.healthy(link, "older than its limit", func(h steps.Health) bool { return h.Watching && h.At.Sub(h.Born) > 31*time.Second })
	if _, err := l.g.SetLimits(t.Context(), l.id(), steps.Never, steps.MinLimit); err != nil {
		t.Fatal(err)
	}
	said := l.do("following the limit", func(ctx context.Context, id string, emit func(steps.Event)) error {
		o, err := l.g.Work(ctx, id, emit)
		if err == nil {
			err = o.Close()
		}
		return err
	})
	if !strings.Contains(said, "5 minutes more") {
		t.Errorf("nothing is said of it:\n%s", said)
	}
	l.await(l.o.Setup.Resources.InstanceID, aws.StateStopped)
}

// EC2 would terminate this machine when it shuts itself down: it is told to
// stop it, before anything is armed.
func TestAMachineThatWouldBeTerminatedIsStopped(t *testing.T) {
	await.Allow(t, await.Long, "goes through the guide three times")
	l := newInstalled(t, answers(steps.ModeSSH, steps.InstallerUV))
	id := l.o.Setup.Resources.InstanceID
	// While nobody can tell what EC2 would do, nothing is armed.
	l.setDenied("DescribeInstanceAttribute")
	l.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	l.healthy(l.connect(), "unarmed", func(h steps.Health) bool { return h.Unarmed != "" && h.StopAt.IsZero() })
	l.setDenied("")
	l.terminatesOnShutdown(id)
	l.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	l.healthy(l.connect(), "armed", func(h steps.Health) bool { return h.Unarmed == "" && !h.StopAt.IsZero() })
	if stops, err := l.region().StopsOnShutdown(t.Context(), id); err != nil || !stops {
		t.Errorf("it stops on shutdown: %v, %v", stops, err)
	}
	if !l.saidLine("this is changed to stop") {
		t.Error("nothing is said of it")
	}
	if _, err := l.machine(id).Run(t.Context(), "systemctl poweroff"); err != nil {
		t.Log(err) // the command may end with the machine
	}
	l.await(id, aws.StateStopped)
}

// This computer gets another address, and the old one's way is closed: the rule
// moves, and the tunnel heals.
func TestMyAddressChanges(t *testing.T) {
	await.Allow(t, await.Long, "waits until a tunnel misses its machine, and until it is up again")
	l := newInstalled(t, answers(steps.ModeSSH, steps.InstallerUV))
	machine := l.machine(l.o.Setup.Resources.InstanceID)
	group := l.o.Setup.Resources.GroupID
	const moved = "198.51.100.23"
	// As a firewall that lets in another address than mine would.
	if err := machine.Dark(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	l.SetAddress(moved)
	l.wait("the tunnel to notice that it is down", func() bool { return l.o.Tunnel.State() != "up" })
	l.wait("the rule for the new address", func() bool {
		rules, err := l.region().GroupRules(t.Context(), group)
		return err == nil && len(rules) == 1 && rules[0].CIDR == moved+"/32"
	})
	if err := machine.Dark(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	l.wait("the tunnel to be up again", func() bool { return l.o.Tunnel.State() == "up" })
	l.prove(l.o)
}

// A notebook on one machine runs its kernels on another one's gateway.
func TestANotebookUsesAnotherMachinesGateway(t *testing.T) {
	l := newInstalled(t, answers(steps.ModeSSH, steps.InstallerUV))
	await.Allow(t, await.Long, "makes two machines, one after the other")
	a := answers(steps.ModeGateway, steps.InstallerUV)
	a.Name = "gateway"
	gw := l.open(a, nil)
	if _, err := l.g.UseGateway(t.Context(), l.id(), gw.Setup.ID); err != nil {
		t.Fatal(err)
	}
	l.workAgain(steps.ModeSSH, []int{22})
	rules, err := l.region().GroupRules(t.Context(), gw.Setup.Resources.GroupID)
	if err != nil {
		t.Fatal(err)
	}
	in := aws.Rule{Port: 8888, CIDR: l.machine(l.o.Setup.Resources.InstanceID).Public().String() + "/32", Ours: true}
	if !slices.Contains(rules, in) {
		t.Errorf("the gateway's group has %+v, and not %+v", rules, in)
	}
	kernels := func(id string) string {
		out, err := l.machine(id).Run(t.Context(), "pgrep -fc '[i]pykernel_launcher' || :")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	l.startKernel()
	l.wait("one kernel on the gateway's machine", func() bool { return kernels(gw.Setup.Resources.InstanceID) == "1" }) // that of the proof may be ending
	if here := kernels(l.o.Setup.Resources.InstanceID); here != "0" {
		t.Errorf("%s kernels run on the notebook's machine", here)
	}
}

// startKernel starts a kernel at the URL, as a notebook does.
func (l *installed) startKernel() {
	l.t.Helper()
	o, err := l.g.Reopen(l.t.Context(), l.id())
	if err != nil {
		l.t.Fatalf("%+v", steps.Explain(err))
	}
	defer func() { _ = o.Close() }()
	url := fmt.Sprintf("http://localhost:%d/api/kernels", o.Tunnel.LocalPort())
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+token(l.t, o))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		l.t.Fatalf("starting a kernel answered %s", res.Status)
	}
}
