//go:build unix

package sshhost

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

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
	defer func() { _ = c.Close() }()
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

// As with sshd: a command's end is told at once, its output continues.
func TestBackgroundProcessKeepsItsOutput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch, requests, err := w.client().OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ch.Close() }()
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
	// The pipe is there before the input is closed, and so before all is sent.
	if err := s.Start("mkfifo go; exec 0<&-; read line < go"); err != nil {
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
