package hosttest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
)

// Seconds for minutes.
const (
	idleLimit = 4 * time.Second
	idleEvery = 500 * time.Millisecond
)

// idler is a booted machine with Jupyter that watches itself.
type idler struct {
	*remote.Client
	t     *testing.T
	host  *testhost.Host
	dir   string // the person's
	facts jupyter.Facts
	least float64 // of a core, that counts as work; 0 is the watcher's own
}

func newIdler(t *testing.T) *idler {
	t.Helper()
	testhost.Need(t)
	t.Parallel()
	await.Turn(t)
	image := await.Shared(t, "a disk with Jupyter", installedDisk)
	pair, err := remote.Generate("test")
	if err != nil {
		t.Fatal(err)
	}
	i := &idler{t: t, dir: t.TempDir()}
	if err := remote.WriteKeyFile(filepath.Join(i.dir, "key"), pair.Private); err != nil {
		t.Fatal(err)
	}
	i.host = lab.Start(t, testhost.Spec{Image: image, AuthorizedKeys: []string{pair.Public}})
	i.connect()
	if i.facts, err = jupyter.Probe(t.Context(), i); err != nil || !i.facts.Systemd || !i.facts.Sudo {
		t.Fatalf("%+v, %v", i.facts, err)
	}
	t.Cleanup(i.report)
	return i
}

// connect signs in, as soon as that is permitted.
func (i *idler) dial(ctx context.Context) (*remote.Client, error) {
	signer, err := remote.LoadKey(filepath.Join(i.dir, "key"), nil)
	if err != nil {
		return nil, err
	}
	to := remote.Target{Addr: net.JoinHostPort(i.host.Public().String(), "22"), User: "ubuntu", InstanceID: "i-0123456789abcdef0"}
	return remote.Dial(ctx, to, remote.Auth{Signers: []remote.Signer{signer}}, remote.HostKeyCheck{Expected: i.host.HostKeys()})
}

func (i *idler) connect() {
	i.t.Helper()
	i.wait("a connection", func() bool {
		var err error
		i.Client, err = i.dial(i.t.Context())
		return err == nil && i.Run(i.t.Context(), remote.Command{Script: ":", Label: remote.WatchLabel}) == nil
	})
	i.t.Cleanup(func() { _ = i.Close() })
	var known strings.Builder
	for _, k := range i.host.HostKeys() {
		known.WriteString(i.host.Public().String() + " " + k + "\n")
	}
	if err := os.WriteFile(filepath.Join(i.dir, "known"), []byte(known.String()), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// report tells what a failed test's watcher said.
func (i *idler) report() {
	if !i.t.Failed() {
		return
	}
	out, err := i.host.Run(context.Background(), "cat /home/ubuntu/.jupyter-ec2/watch/*.json; journalctl -u jupyter-ec2-watch -n 20 -o cat")
	i.t.Logf("the watcher: %s, %v", out, err)
}

func (i *idler) wait(what string, done func() bool) {
	i.t.Helper()
	await.Until(i.t, what, done)
}

// serve runs a notebook server.
func (i *idler) serve() {
	i.t.Helper()
	token, err := jupyter.NewToken()
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := jupyter.Serve(i.t.Context(), i, jupyter.ServeSpec{Mode: jupyter.ModeSSH, Token: token, Facts: i.facts}, nil); err != nil {
		i.t.Fatal(err)
	}
}

func (i *idler) watch(idle time.Duration) {
	i.t.Helper()
	spec := jupyter.WatchSpec{Idle: idle, Every: idleEvery, Armed: true, Facts: i.facts, Mode: jupyter.ModeSSH, WorkLeast: i.least}
	if err := jupyter.Watch(i.t.Context(), i, spec); err != nil {
		i.t.Fatal(err)
	}
}

// until waits for what the machine says of itself.
func (i *idler) until(what string, is func(jupyter.Health) bool) (h jupyter.Health) {
	i.t.Helper()
	i.wait(what, func() bool {
		var err error
		h, err = jupyter.ReadHealth(i.t.Context(), i)
		return err == nil && is(h)
	})
	return h
}

// staysUp waits until the watcher has looked for longer than the limit while
// that continues.
func (i *idler) staysUp(what, busy string) {
	i.t.Helper()
	goesOn := func(h jupyter.Health) bool {
		return h.Watching && strings.Contains(h.Busy, busy) && h.Idle.IsZero() && h.StopAt.IsZero()
	}
	h := i.until(what, goesOn)
	i.watch(idleLimit)
	past := h.At.Add(idleLimit + 3*idleEvery)
	if h = i.until(what, func(h jupyter.Health) bool { return h.At.After(past) }); !goesOn(h) {
		i.t.Errorf("%s: %+v", what, h)
	}
}

// goesDown waits until the machine has switched itself off.
func (i *idler) goesDown(what string) {
	i.t.Helper()
	await.Receive(i.t, "the machine to switch itself off: "+what, i.host.Down())
	if err := i.host.PowerOff(i.t.Context()); err != nil {
		i.t.Fatal(err)
	}
}

// A machine on which idle switches itself off, with the laptop
// away; not while a cell runs; and again after it was started again.
func TestIdleMachineStops(t *testing.T) {
	i := newIdler(t)
	await.Allow(t, await.Long, "waits out the idle limit, and boots twice")
	i.serve()
	i.watch(0)
	// Run beside SSH, where it is no login.
	if out, err := i.host.Run(t.Context(), "su ubuntu -c 'cd; exec .jupyter-ec2/venv/bin/python -' <<'END'\n"+startCell+"\nEND"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	i.staysUp("a running cell", "a cell runs in kernel ")
	if err := i.Close(); err != nil { // the laptop goes
		t.Fatal(err)
	}
	if out, err := i.host.Run(t.Context(), "touch /home/ubuntu/"+cellMayEnd); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	i.goesDown("after the cell")

	began := time.Now()
	if err := i.host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.goesDown("after a start")
	if up := time.Since(began); up < idleLimit/2 {
		t.Errorf("it was up for %v only", up)
	}
}

// startCell starts a kernel and a cell in it, and leaves. The cell ends when
// cellMayEnd is there.
const startCell = `
import json, queue, sys, time, urllib.request
from jupyter_client import BlockingKernelClient
token = open(".jupyter-ec2/server/token").read()
def ask(path, method="GET"):
    url = "http://127.0.0.1:8888/api/kernels" + path
    request = urllib.request.Request(url, b"{}" if method == "POST" else None, {"Authorization": "token " + token}, method=method)
    return urllib.request.urlopen(request, timeout=30).read()
# A kernel whose port another program took meanwhile never answers.
for _ in range(3):
    id = json.loads(ask("", "POST"))["id"]
    k = BlockingKernelClient(connection_file=".local/share/jupyter/runtime/kernel-%s.json" % id)
    k.load_connection_file()
    k.start_channels()
    # Not wait_for_ready: it takes a late heartbeat, on a busy machine, for a death.
    # The server may join in after the first answer: it hears of the cell only
    # if it has heard of the kernel.
    try:
        while json.loads(ask("/" + id))["execution_state"] != "idle":
            asked = k.kernel_info()
            while k.get_shell_msg(timeout=20)["parent_header"].get("msg_id") != asked:
                pass
            time.sleep(0.1)
        break
    except queue.Empty:
        ask("/" + id, "DELETE")
else:
    sys.exit("no kernel answers")
k.execute("import os, time\nwhile not os.path.exists(os.path.expanduser('~/` + cellMayEnd + `')): time.sleep(0.1)")
# A client that leaves before the cell has begun may take it with it.
for _ in range(300):
    if json.loads(ask("/" + id))["execution_state"] == "busy":
        sys.exit()
    time.sleep(0.1)
sys.exit("the cell does not begin: " + str(ask("/" + id)))
`

const cellMayEnd = "cell-may-end"

// A login and a transfer by OpenSSH's own programs keep the machine up. A
// tunnel, a followed log and the program's questions do not, and the log is no
// longer read on the machine when nobody wants it.
func TestIdleMachineInUse(t *testing.T) {
	i := newIdler(t)
	await.Allow(t, await.Long, "waits out the idle limit several times")
	i.serve()
	i.watch(0)
	const mainPID = "systemctl show jupyter-ec2 -p MainPID --value"
	before, err := i.host.Run(t.Context(), mainPID)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	if err := jupyter.RestartServer(t.Context(), i, i.facts, func(string, bool) { told++ }); err != nil || told == 0 {
		t.Errorf("a restart told %d lines, %v", told, err)
	}
	i.until("the server again", func(h jupyter.Health) bool {
		now, err := i.host.Run(t.Context(), mainPID)
		return err == nil && now != before && h.ServerUp
	})
	_, end := i.openssh("ssh", "-tt", "ubuntu@"+i.host.Public().String())
	i.staysUp("a login", "logged in")
	i.watch(0) // before it ends: the limit is short
	end()

	file := filepath.Join(i.dir, "file")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	to := "ubuntu@" + i.host.Public().String() + ":copied"
	_, end = i.openssh("scp", "-l", "40", file, to) // kbit/s: longer than anything here may take
	i.staysUp("a transfer", "a transfer or command runs over SSH (sftp-server)")
	i.watch(0)
	end()
	scp, _ := i.openssh("scp", file, to) // a whole one
	if err := scp.Wait(); err != nil {
		t.Fatal(err)
	}

	sock := filepath.Join(i.dir, "sock")
	i.openssh("ssh", "-N", "-L", sock+":127.0.0.1:8888", "ubuntu@"+i.host.Public().String())
	i.wait("the tunnel", func() bool { _, err := os.Stat(sock); return err == nil })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := make(chan string, 1000)
	ended := make(chan error, 1)
	go func() {
		ended <- jupyter.FollowServerLog(ctx, i, i.facts, 5, func(line string, _ bool) { lines <- line })
	}()
	if line := <-lines; line == "" {
		t.Error("the log has an empty line")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	i.wait("the log's reader to end", func() bool {
		_, err := i.host.Run(t.Context(), "! pgrep -x journalctl")
		return err == nil
	})
	i.watch(idleLimit)
	i.goesDown("a tunnel")
}

// SSH commands that are over before the watcher looks were activity too:
// OpenSSH's, which sshd's log has, and those that a person runs by the program.
// What the program does of its own, on a connection of its own, is none.
func TestIdleMachineShortCommands(t *testing.T) {
	i := newIdler(t)
	await.Allow(t, await.Long, "waits until the machine has been idle for a while, several times")
	// Ubuntu's images have their user read the log.
	if out, err := i.host.Run(t.Context(), "usermod -aG adm ubuntu"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	i.watch(time.Hour)
	idle := func(h jupyter.Health) bool { return h.Watching && !h.Idle.IsZero() }
	first := i.until("rest", func(h jupyter.Health) bool { return idle(h) && h.At.Sub(h.Idle) > 10*idleEvery })
	ssh, _ := i.openssh("ssh", "ubuntu@"+i.host.Public().String(), "true")
	if err := ssh.Wait(); err != nil {
		t.Fatal(err)
	}
	second := i.until("OpenSSH's command", func(h jupyter.Health) bool { return idle(h) && h.Idle.Sub(first.Idle) > 5*idleEvery })
	second = i.until("rest again", func(h jupyter.Health) bool { return idle(h) && h.At.Sub(second.Idle) > 10*idleEvery })

	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	i.connect() // another connection of the program's
	i.tunnelOfMany()
	h := i.until("a while", func(h jupyter.Health) bool { return h.At.Sub(second.At) > 40*idleEvery })
	if !idle(h) || h.Idle.Sub(second.Idle).Abs() > idleEvery {
		t.Errorf("the program's own connection counts: idle since %v, before %v", h.Idle, second.Idle)
	}
	if err := i.Run(t.Context(), remote.Command{Script: "true"}); err != nil {
		t.Fatal(err)
	}
	i.until("a person's command", func(h jupyter.Health) bool { return idle(h) && h.Idle.Sub(second.Idle) > 5*idleEvery })
}

// A program that works keeps the machine up with nobody logged in, and is named;
// the system's own, and one that a rule leaves out, do not.
func TestIdleMachineWorks(t *testing.T) {
	i := newIdler(t)
	await.Allow(t, await.Long, "works for a minute, and waits out the idle limit")
	i.least = 0.02 // a loop gets no tenth of a core where many others work on this computer
	i.watch(time.Hour)
	if out, err := i.host.Run(t.Context(), "setsid sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 &"); err != nil { // root's
		t.Fatalf("%v: %s", err, out)
	}
	start := "echo 'while :; do :; done' >train.sh; nohup sh train.sh >/dev/null 2>&1 </dev/null &"
	if err := i.Run(t.Context(), remote.Command{Script: start}); err != nil {
		t.Fatal(err)
	}
	i.staysUp("a program", "sh train.sh, ")
	h := i.until("its name", func(h jupyter.Health) bool { return len(h.Work) > 0 })
	if len(h.Work) != 1 || h.Work[0].Command != "sh train.sh" || h.Logins+h.Transfers > 0 {
		t.Errorf("%+v", h)
	}
	spec := jupyter.WatchSpec{Idle: idleLimit, Every: idleEvery, Armed: true, Facts: i.facts, Mode: jupyter.ModeSSH, Ignore: []string{"sh train.sh"}, WorkLeast: i.least}
	if err := jupyter.Watch(t.Context(), i, spec); err != nil {
		t.Fatal(err)
	}
	i.goesDown("a program that is left out")
}

// openssh starts one of OpenSSH's programs. It is ended with the test.
func (i *idler) openssh(program string, args ...string) (cmd *exec.Cmd, end func()) {
	i.t.Helper()
	cmd = exec.CommandContext(i.t.Context(), program, append([]string{
		"-F", "none", "-i", filepath.Join(i.dir, "key"), "-o", "UserKnownHostsFile=" + filepath.Join(i.dir, "known"),
		"-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes",
	}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	end = func() {
		_ = in.Close()
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}
	i.t.Cleanup(end)
	return cmd, end
}
