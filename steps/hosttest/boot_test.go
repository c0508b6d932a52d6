package hosttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// booted is a world with machines that cloud-init boots, of types whose console
// says nothing for an hour, and a network that may lead to somebody else.
type booted struct {
	*world
	passed atomic.Int64 // of EC2's time, beside what really passes
	job    string       // of the machine's install: the run that was begun at boot
	given  []byte       // the machine's user data
}

// installDir is where the guide's install is a job of the user's.
const installDir = "/home/ubuntu/.jupyter-ec2/jobs/install-uv"

// silent has the consoles of the guide's own type say nothing for an hour: on
// EC2 it takes minutes.
func silent(o *ec2sim.Options) { o.Timing.Xen = time.Hour }

func newBooted(t *testing.T) *booted {
	t.Helper()
	b := &booted{}
	b.world = newWorld(t, testhost.Spec{CloudInit: &testhost.CloudInit{}}, silent, func(o *ec2sim.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(b.passed.Load())) }
	})
	b.between = &between{}
	// EC2 says that the machine runs only once the install does: nobody can have
	// logged in by then, nor knows where.
	b.booted = func(h *testhost.Host) {
		b.given = h.UserData()
		name, err := h.Run(await.Context(t), "until [ -s "+installDir+"/name ] && cat "+installDir+"/name; do sleep 0.1; done; ! journalctl -q _COMM=sshd | grep Accepted >&2")
		if err != nil {
			t.Errorf("the install was not begun at boot, before any login: %v\n%s", err, h.Console())
		}
		b.job = name
	}
	return b
}

// consoleSpeaks lets an hour pass for EC2, and waits for what the console shows.
func (b *booted) consoleSpeaks() {
	b.t.Helper()
	b.passed.Store(int64(time.Hour))
	b.wait("the console to show host keys", func() bool {
		keys, err := b.region().ConsoleHostKeys(b.t.Context(), b.Only().Resources.InstanceID)
		return err == nil && len(keys) > 0
	})
}

// machineSays is what root's command prints on the machine.
func (b *booted) machineSays(script string) string {
	b.t.Helper()
	out, err := b.machine(b.Only().Resources.InstanceID).Run(b.t.Context(), script)
	if err != nil {
		b.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return strings.TrimSpace(out)
}

// impostor is somebody else's SSH server, which has the host key of that user
// data, or one of its own.
func impostor(t *testing.T, data []byte) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hosttest-impostor-") // which its user reaches
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sshhost.RemoveFolder(dir) })
	computer, err := sshhost.Prepare(t.Context(), dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h, err := computer.Start(t.Context(), sshhost.Spec{ID: "i-impostor", Listener: l, UserData: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h.Addr().String()
}

// keysAlone is a user data's host key, without what is run at boot.
func keysAlone(t testing.TB, data []byte) []byte {
	t.Helper()
	unzip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	keys, _, found := bytes.Cut(text, []byte("\nbootcmd:"))
	if !found || !bytes.Contains(keys, []byte("ssh_keys:")) {
		t.Fatalf("user data without a host key and something to run:\n%s", text)
	}
	return append(keys, '\n')
}

// The whole guide on a machine that boots as EC2's do, on a network that cannot
// be trusted: strict from the first connection on, and the install begun before
// it. Then the key that others may have read opens nothing any more.
func TestBoot(t *testing.T) {
	await.Allow(t, await.Long, "installs, and boots twice")
	b := newBooted(t)
	a := answers(steps.ModeSSH, steps.InstallerUV)

	// Somebody is between from the very first connection on. While the console is
	// silent, the key that the machine was given tells; then both do. Nobody is
	// asked to overrule them.
	b.between.put(impostor(t, nil))
	b.fails(a, "The machine does not show the key it was given", "")
	if b.between.met() == 0 {
		t.Error("nothing was connected to")
	}
	b.consoleSpeaks()
	b.fails(a, "This is not the machine that was launched", "")
	b.passed.Store(0)

	b.between.put("")
	var first string
	o := b.open(a, func(e steps.Event) {
		if e.Step == steps.StepInstall && e.Kind == steps.Output && first == "" {
			first = e.Text
		}
	})
	if name := b.machineSays("cat " + installDir + "/name"); name != strings.TrimSpace(b.job) {
		t.Errorf("the install is the run %q, and not %q of the boot", name, b.job)
	}
	if line := b.machineSays("head -1 " + installDir + "/log"); line != first || line == "" {
		t.Errorf("the step's log begins with %q, the job's with %q", first, line)
	}

	b.ownKey(o)
	b.between.put(impostor(t, keysAlone(t, b.given)))
	_, err := b.guide().Connect(t.Context(), o.Setup.ID)
	if got := steps.Explain(err); got.Title != "The host's key has changed" || b.between.met() == 0 {
		t.Errorf("with the key of user data: %+v, after %d connections", got, b.between.met())
	}
	b.between.put("")
	if err := b.machine(o.Setup.Resources.InstanceID).Reboot(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.prove(o) // the tunnel knows the pinned key alone
	b.ownKey(o)
}

// ownKey sees that the machine has one host key, which it made, and that it is
// the one that is pinned.
func (b *booted) ownKey(o *steps.Opened) {
	b.t.Helper()
	if files := b.machineSays("cd /etc/ssh && ls -A | grep -v -e config -e moduli"); files != "ssh_host_ed25519_key\nssh_host_ed25519_key.pub" {
		b.t.Errorf("the machine has\n%s", files)
	}
	has, err := remote.ParseKey(b.machineSays("ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key"))
	if err != nil {
		b.t.Fatal(err)
	}
	pinned, err := remote.NewHostKeys(filepath.Join(b.Dir, "known_hosts")).Lookup(o.Setup.Resources.InstanceID)
	if err != nil || len(pinned) != 1 || pinned[0] != has {
		b.t.Errorf("the machine has %+v, pinned is %+v, %v", has, pinned, err)
	}
	if line, _, _ := strings.Cut(has.Line, "\n"); bytes.Contains(keysAlone(b.t, b.given), []byte(line)) {
		b.t.Errorf("the machine has the key of its user data still: %s", line)
	}
}
