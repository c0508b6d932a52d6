//go:build unix

package sshhost

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
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
	base := ""
	if Dropped() {
		base = "/var/tmp"
	}
	dir, err := os.MkdirTemp(base, "sshhost-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeAll(dir); err != nil {
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
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
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
		HostKeyCallback: ssh.FixedHostKey(key), Timeout: 20 * time.Second,
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

// running says whether the process with that number runs.
func running(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Started(n)
	return err == nil
}

func TestCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	tests := map[string]struct {
		script, stdin  string
		stdout, stderr string
		exit           int
		signal         string
	}{
		"streams apart":       {script: "echo out; echo err >&2", stdout: "out\n", stderr: "err\n"},
		"exit status":         {script: "exit 42", exit: 42},
		"killed by signal":    {script: "kill -TERM $$", signal: "TERM"},
		"input until its end": {script: "cat; echo done", stdin: "a\nb\n", stdout: "a\nb\ndone\n"},
		"large output":        {script: "head -c 3000000 /dev/zero | tr '\\0' x", stdout: strings.Repeat("x", 3000000)},
		"begins at home":      {script: `[ "$PWD" = "$HOME" ] && [ "$(cd ~ && pwd)" = "$HOME" ] && echo yes`, stdout: "yes\n"},
		"user":                {script: `echo "$USER $LOGNAME"`, stdout: "ubuntu ubuntu\n"},
		"python":              {script: "python3 -c 'import ssl; print(6*7)'", stdout: "42\n"},
		"environment of a venv": {
			script: "python3 -m venv --without-pip v && v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'", stdout: "True\n",
		},
		"no other python": {script: "command -v pip3; command -v jupyter; true"},
		"temporary files": {script: `f=$(mktemp) && case $f in "$HOME"/*) echo inside;; esac`, stdout: "inside\n"},
		"its own address": {script: "echo $JUPYTER_EC2_LOOPBACK", stdout: w.host.Addr().Addr().String() + "\n"},
		"a login shell's": {script: "bash -lc 'command -v sudo || echo none'", stdout: "none\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, c)
			var stdout, stderr bytes.Buffer
			s.Stdin, s.Stdout, s.Stderr = strings.NewReader(test.stdin), &stdout, &stderr
			err := s.Run(test.script)
			var exit *ssh.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if exit == nil && (test.exit != 0 || test.signal != "") {
				t.Error("the command succeeded")
			}
			if exit != nil && (exit.Signal() != test.signal || test.signal == "" && exit.ExitStatus() != test.exit) {
				t.Errorf("exit %d signal %q", exit.ExitStatus(), exit.Signal())
			}
			if stdout.String() != test.stdout || stderr.String() != test.stderr {
				t.Errorf("stdout %.200q, stderr %.200q", stdout.String(), stderr.String())
			}
		})
	}
}

func TestNothingThatChangesTheComputer(t *testing.T) {
	t.Parallel()
	c := newWorld(t).client()
	for _, name := range []string{"sudo", "su", "apt", "apt-get", "dpkg", "systemctl", "systemd-run", "reboot", "docker"} {
		if got := output(t, c, "command -v "+name+" || echo none"); got != "none" {
			t.Errorf("a host has %s", got)
		}
	}
	if got := output(t, c, "id -u"); got == "0" {
		t.Error("a host's user is root")
	}
	if Dropped() {
		if got := output(t, c, "cat /etc/shadow 2>/dev/null || echo no; touch /usr/x 2>/dev/null || echo no"); got != "no\nno" {
			t.Errorf("a host of root's read or wrote: %s", got)
		}
		if got := output(t, c, "id -G"); got != strconv.Itoa(hostIdentity().gid) {
			t.Errorf("a host's groups are %s", got)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t,
		"AWS_ACCESS_KEY_ID=AKIASECRET", "AWS_SECRET_ACCESS_KEY=verysecret", "AWS_SESSION_TOKEN=verysecret",
		"SSH_AUTH_SOCK=/verysecret", "GITHUB_TOKEN=verysecret", "PIP_INDEX_URL=https://index.example/simple", "https_proxy=http://proxy.example:3128")
	s := newSession(t, w.client())
	if err := s.Setenv("LC_TEST", "client"); err != nil {
		t.Errorf("LC_TEST refused: %v", err)
	}
	if err := s.Setenv("LD_PRELOAD", "/x"); err == nil {
		t.Error("LD_PRELOAD was accepted from a client")
	}
	out, err := s.Output("env")
	if err != nil {
		t.Fatal(err)
	}
	env := parseEnviron(strings.Split(string(out), "\n"))
	for name, value := range env {
		if strings.HasPrefix(name, "AWS_") || name == "SSH_AUTH_SOCK" || strings.Contains(value, "verysecret") {
			t.Errorf("a host got %s", name)
		}
	}
	for name, want := range map[string]string{
		"LC_TEST": "client", "PIP_INDEX_URL": "https://index.example/simple", "UV_DEFAULT_INDEX": "https://index.example/simple",
		"https_proxy": "http://proxy.example:3128", "JUPYTER_EC2_SANDBOX_HOST": w.host.id,
		"HOME": w.host.Home(), "PATH": filepath.Join(w.dir, "bin"),
	} {
		if env[name] != want {
			t.Errorf("%s is %q, want %q", name, env[name], want)
		}
	}
}

func TestCertificatesReachTheHost(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem") // root's own, when the tests run as root
	if err := os.WriteFile(file, []byte("-----BEGIN CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newWorld(t, "SSL_CERT_FILE="+file).client()
	if got := output(t, c, `cat "$SSL_CERT_FILE"`); got != "-----BEGIN CERTIFICATE-----" {
		t.Errorf("the certificates read %q", got)
	}
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, _ := newKey(t)
	for name, try := range map[string]struct {
		user   string
		signer ssh.Signer
	}{
		"another key":           {User, stranger},
		"another user":          {"ec2-user", w.signer},
		"root with another key": {"root", stranger},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := w.dial(try.user, try.signer)
			if err == nil {
				_ = c.Close()
				t.Fatal("let in")
			}
			if !strings.Contains(err.Error(), "unable to authenticate") {
				t.Error(err)
			}
		})
	}
	c, err := w.dial("root", w.signer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := newSession(t, c)
	out, err := s.Output("echo ran")
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.ExitStatus() != wrongUserExit || string(out) != wrongUserText {
		t.Errorf("root was told %q, %v", out, err)
	}
	if _, err := c.Dial("tcp", w.host.Addr().String()); err == nil {
		t.Error("root could forward")
	}
}

func TestSignal(t *testing.T) {
	t.Parallel()
	s := newSession(t, newWorld(t).client())
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("echo ready; cat /dev/zero > /dev/null"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	if err := s.Signal(ssh.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.Signal() != "INT" {
		t.Errorf("ended with %v", err)
	}
}

// As with sshd: a command's end is told at once, its output goes on.
func TestBackgroundProcessKeepsItsOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch, requests, err := w.client().OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ch.Close()
	fifo := filepath.Join(w.host.Home(), "go")
	script := "mkfifo go && (read line < go; echo $line) & until [ -p go ]; do :; done; exit 7"
	if ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{script})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	r := <-requests
	if r == nil || r.Type != "exit-status" || !bytes.Equal(r.Payload, []byte{0, 0, 0, 7}) {
		t.Fatalf("first came %+v", r)
	}
	if err := os.WriteFile(fifo, []byte("late\n"), 0); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(ch)
	if err != nil || string(out) != "late\n" {
		t.Errorf("after the exit came %q, %v", out, err)
	}
}

// A command that closes its input must not hold up a client that still sends,
// more than a channel's window holds.
func TestInputNobodyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newSession(t, w.client())
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("exec 0<&-; mkfifo go; read line < go"); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Write(make([]byte, 8<<20)); n != 8<<20 || err != nil {
		t.Fatalf("sent %d, %v", n, err)
	}
	fifo := filepath.Join(w.host.Home(), "go")
	if err := os.WriteFile(fifo, []byte("late\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
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
				defer s.Close()
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
		defer l.Close()
		addrs = append(addrs, l.Addr())
		if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
			t.Errorf("listens on %s", ip)
		}
	}
	if addrs[0].String() == addrs[1].String() {
		t.Errorf("two hosts at %s", addrs[0])
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
		var explained interface {
			Explain() (kind, title, text, next string)
		}
		if !errors.As(err, &explained) {
			t.Fatalf("%s: %v", name, err)
		}
		if _, title, _, next := explained.Explain(); title != "The sandbox needs python3" || next == "" {
			t.Errorf("%s: title %q, next %q", name, title, next)
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
