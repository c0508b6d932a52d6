//go:build unix

package jupyter

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// watched is an embedded host with Jupyter, reached by our own SSH client and
// by OpenSSH's.
type watched struct {
	*remote.Client
	t     *testing.T
	home  string
	facts Facts
	port  string
	dir   string // the person's
	spec  WatchSpec
	off   string // the file whose being there means that the machine was switched off
}

// limit is the idle limit of the tests, and every how often they look.
const (
	limit = 2 * time.Second
	every = 200 * time.Millisecond
)

func newWatched(t *testing.T, first int) *watched {
	t.Helper()
	needInstall(t)
	host, pair := startEmbedded(t, first)
	w := &watched{t: t, home: host.Home(), dir: t.TempDir(), port: strconv.Itoa(int(host.Addr().Port()))}
	if err := remote.WriteKeyFile(filepath.Join(w.dir, "key"), pair.Private); err != nil {
		t.Fatal(err)
	}
	signer, err := remote.LoadKey(filepath.Join(w.dir, "key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Client, err = remote.Dial(t.Context(), remote.Target{Addr: host.Addr().String(), User: sshhost.User, InstanceID: "i-0123456789abcdef0"},
		remote.Auth{Signers: []remote.Signer{signer}}, remote.HostKeyCheck{Expected: host.HostKeys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	link := "mkdir -p .jupyter-ec2 && ln -s " + quote(filepath.Join(sharedHome, ".jupyter-ec2/venv")) + " .jupyter-ec2/venv"
	if err := w.Run(t.Context(), remote.Command{Script: link}); err != nil {
		t.Fatal(err)
	}
	if w.facts, err = Probe(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	known := host.Addr().Addr().String()
	if w.port != "22" {
		known = "[" + known + "]:" + w.port
	}
	if err := os.WriteFile(filepath.Join(w.dir, "known"), []byte(known+" "+host.HostKeys()[0]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.spec = WatchSpec{Facts: w.facts, Mode: ModeSSH, Armed: true, Every: every, sshServer: os.Getpid()}
	t.Cleanup(w.report)
	return w
}

// startEmbedded starts a host at 127.0.0.first or near it.
func startEmbedded(t *testing.T, first int) (*sshhost.Host, remote.KeyPair) {
	t.Helper()
	// Not t.TempDir, into which the hosts' user does not get.
	dir, err := os.MkdirTemp("", "jupyter-ec2-watched-")
	if err != nil {
		t.Fatal(err)
	}
	computer, err := sshhost.Prepare(t.Context(), dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := remote.Generate("test")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := sshhost.Listen(first)
	if err != nil {
		t.Fatal(err)
	}
	const id = "i-0123456789abcdef0"
	host, err := computer.Start(t.Context(), sshhost.Spec{ID: id, Listener: listener, AuthorizedKeys: []string{pair.Public}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := await.Ending(t)
		defer cancel()
		if err := errors.Join(host.Stop(ctx), computer.Remove(ctx, id), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return host, pair
}

// report tells what a failed test's watcher said.
func (w *watched) report() {
	if !w.t.Failed() {
		return
	}
	for _, name := range []string{"status.json", "config.json", "watch.log"} {
		b, err := os.ReadFile(filepath.Join(w.home, ".jupyter-ec2/watch", name))
		w.t.Logf("%s: %s %v", name, b, err)
	}
}

// serve runs a notebook server and answers a client of it.
func (w *watched) serve() *client {
	w.t.Helper()
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(w.t), Facts: w.facts}
	port := mustServe(w.t, w, spec)
	ep, err := spec.mustComplete(w.t).endpoint(w, port)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := ep.client()
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// watch begins a phase: the watcher is given the spec as changed, and another
// way to tell that it switched the machine off.
func (w *watched) watch(phase string, change func(*WatchSpec)) {
	w.t.Helper()
	s := w.spec
	w.off = filepath.Join(w.home, "off-"+phase)
	s.poweroff = []string{"touch", w.off}
	change(&s)
	if err := Watch(w.t.Context(), w, s); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) isOff() bool {
	_, err := os.Stat(w.off)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return err == nil
}

// until waits for a state of the host, which its watcher tells.
func (w *watched) until(what string, is func(Health) bool) Health {
	w.t.Helper()
	ctx := await.Context(w.t)
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		h, err := ReadHealth(ctx, w)
		if err == nil && is(h) {
			return h
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			w.t.Fatalf("%s: it never came: %+v, %v", what, h, err)
		}
	}
}

// staysUp waits until the watcher has looked long after the limit, and fails
// when it stopped the machine.
func (w *watched) staysUp(what string, is func(Health) bool) {
	w.t.Helper()
	h := w.until(what, is)
	past := h.At.Add(limit + 3*every)
	h = w.until(what, func(h Health) bool { return h.At.After(past) })
	if w.isOff() || !is(h) {
		w.t.Errorf("%s: off %v, %+v", what, w.isOff(), h)
	}
}

// goesOff waits until the machine was switched off.
func (w *watched) goesOff(what, why string) Health {
	w.t.Helper()
	h := w.until(what, func(h Health) bool { return w.isOff() && h.Stopping })
	if h.StopWhy != why || h.StopFailed != "" || h.At.Before(h.StopAt) {
		w.t.Errorf("%s: %+v", what, h)
	}
	return h
}

// openssh starts one of OpenSSH's programs. It is ended with the test.
func (w *watched) openssh(program string, args ...string) (stop func()) {
	w.t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		w.t.Skipf("no OpenSSH here: %v", err)
	}
	options := []string{
		"-F", "none", "-i", filepath.Join(w.dir, "key"), "-o", "UserKnownHostsFile=" + filepath.Join(w.dir, "known"),
		"-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "Port=" + w.port,
	}
	cmd := exec.CommandContext(w.t.Context(), program, append(options, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if w.t.Failed() {
			w.t.Logf("%s said: %s", program, said.String())
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// target is the host as OpenSSH's programs name it.
func (w *watched) target() string {
	return sshhost.User + "@" + w.facts.Loopback
}
