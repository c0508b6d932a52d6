//go:build unix

package sshhost

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// world is a computer with one host and a key that is let in.
type world struct {
	t        *testing.T
	dir      string
	computer *Computer
	host     *Host
	signer   ssh.Signer
	pem      []byte
}

// hostsDir is a folder that hosts can be in also when the tests run as root,
// which t.TempDir is not.
func hostsDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sshhost-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := RemoveFolder(dir); err != nil {
			t.Error(err)
		}
	})
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newKey(t *testing.T) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

// newWorld starts a host whose computer has extra in its environment.
func newWorld(t *testing.T, extra ...string) *world {
	t.Helper()
	dir := hostsDir(t)
	computer, err := Prepare(t.Context(), dir, append(os.Environ(), extra...))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir, computer: computer}
	w.signer, w.pem = newKey(t)
	w.start("i-0123456789abcdef0")
	return w
}

// start starts a host; the first one is the world's own.
func (w *world) start(id string) *Host {
	w.t.Helper()
	listener, err := Listen(2)
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := w.computer.Start(w.t.Context(), Spec{
		ID: id, Listener: listener, AuthorizedKeys: []string{string(ssh.MarshalAuthorizedKey(w.signer.PublicKey()))},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := await.Ending(w.t)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.host = h
	return h
}

func (w *world) dial(user string, signer ssh.Signer) (*ssh.Client, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.host.HostKeys()[0]))
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", w.host.Addr().String(), &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.FixedHostKey(key), Timeout: await.Wait,
	})
}

// client is a signed-in connection.
func (w *world) client() *ssh.Client {
	w.t.Helper()
	c, err := w.dial(User, w.signer)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

func newSession(t *testing.T, c *ssh.Client) *ssh.Session {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// output runs a script and answers what it wrote, without the last newline.
func output(t *testing.T, c *ssh.Client, script string) string {
	t.Helper()
	s := newSession(t, c)
	var stderr bytes.Buffer
	s.Stderr = &stderr
	out, err := s.Output(script)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	return strings.TrimRight(string(out), "\n")
}

func stop(t *testing.T, h *Host) {
	t.Helper()
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// running reports whether the process with that number runs.
func running(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Started(n)
	return err == nil
}

func TestManySessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failed := make(chan error)
	const connections, sessions = 4, 25
	for range connections {
		c := w.client()
		for range sessions {
			go func() {
				s, err := c.NewSession()
				if err != nil {
					failed <- err
					return
				}
				defer func() { _ = s.Close() }()
				s.Stdin = strings.NewReader("hello")
				out, err := s.Output("cat")
				if err == nil && string(out) != "hello" {
					err = errors.New("output " + string(out))
				}
				failed <- err
			}()
		}
	}
	for range connections * sessions {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func TestKeepalive(t *testing.T) {
	t.Parallel()
	if _, _, err := newWorld(t).client().SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Error(err)
	}
}

func TestListenOnLoopbackOfItsOwn(t *testing.T) {
	t.Parallel()
	var addrs []net.Addr
	for range 2 {
		l, err := Listen(250)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		addrs = append(addrs, l.Addr())
		if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
			t.Errorf("listens on %s", ip)
		}
	}
	if addrs[0].String() == addrs[1].String() {
		t.Errorf("two hosts at %s", addrs[0])
	}
}

// Nobody takes the address of a host that restarts.
func TestAnAddressIsKept(t *testing.T) {
	t.Parallel()
	a, err := Take(240)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	l, err := a.Listen()
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	other, err := Listen(int(at.(*net.TCPAddr).IP.To4()[3]))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if other.Addr().String() == at.String() {
		t.Errorf("another host has %s while its own is down", at)
	}
	again, err := a.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil || again.Addr().String() != at.String() {
		t.Errorf("it was at %s, and is at %s, %v", at, again.Addr(), err)
	}
}

func TestNoPython(t *testing.T) {
	t.Parallel()
	empty, broken := t.TempDir(), hostsDir(t)
	script := []byte("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'venv'\" >&2\nexit 1\n")
	if err := errors.Join(os.Chmod(broken, 0o755), os.WriteFile(filepath.Join(broken, "python3"), script, 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, dirs := range map[string][]string{"none": {empty, "relative", ""}, "broken": {broken}} {
		_, err := findPython(t.Context(), hostIdentity(), dirs)
		if p, _ := problem.Of(err); p.Title != "The sandbox needs python3" || p.Next.Empty() {
			t.Fatalf("%s: %v, told as %+v", name, err, p)
		}
		if name == "broken" && !strings.Contains(err.Error(), "No module named 'venv'") {
			t.Errorf("the reason is lost: %v", err)
		}
	}
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("this computer has no python3")
	}
	if _, err := findPython(t.Context(), hostIdentity(), append([]string{broken, filepath.Dir(path)}, pythonDirs("")...)); err != nil {
		t.Errorf("a broken python3 before a good one: %v", err)
	}
}
