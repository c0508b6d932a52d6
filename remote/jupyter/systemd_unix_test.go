//go:build unix

package jupyter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// shellHost is a machine on which a command runs sh: "ssh ubuntu@10.0.0.5 --",
// or nsenter into a booted container. Its addresses are reached directly.
type shellHost struct{ shell []string }

func (h shellHost) Run(ctx context.Context, c remote.Command) error {
	var env strings.Builder
	for k, v := range c.Env {
		fmt.Fprintf(&env, "export %s=%s\n", k, quote(v))
	}
	args := append(h.shell[1:len(h.shell):len(h.shell)], "sh", "-s")
	cmd := exec.CommandContext(ctx, h.shell[0], args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(env.String()+c.Script), c.Stdout, c.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &remote.ExitError{Code: exit.ExitCode()}
	}
	return err
}

func (h shellHost) Upload(ctx context.Context, name string, mode fs.FileMode, content io.Reader) error {
	data, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	return h.Run(ctx, remote.Command{Script: fmt.Sprintf("umask 077; mkdir -p %s && printf %%s %s >%[3]s && chmod %[4]o %[3]s\n",
		quote(path.Dir(name)), quote(string(data)), quote(name), mode)})
}

func (h shellHost) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// TestSystemd runs the whole of it on a machine with systemd, sudo and apt:
// JUPYTER_EC2_TEST_SHELL="nsenter -t PID -a setpriv --reuid=1000 --regid=1000 --init-groups env -i HOME=/home/ubuntu PATH=/usr/bin:/bin"
func TestSystemd(t *testing.T) {
	words := strings.Fields(os.Getenv("JUPYTER_EC2_TEST_SHELL"))
	if len(words) == 0 {
		t.Skip("JUPYTER_EC2_TEST_SHELL names no machine with systemd")
	}
	h := shellHost{shell: words}
	f, err := Probe(t.Context(), h)
	if err != nil || !f.Systemd || !f.Sudo {
		t.Fatalf("no systemd or no sudo: %+v, %v", f, err)
	}
	t.Logf("%+v", f)
	for _, i := range []Installer{UV, Pip} {
		began := time.Now()
		var out bytes.Buffer
		if err := h.Run(t.Context(), remote.Command{Script: "exec 2>&1\n" + InstallJob(f, i).Script, Stdout: &out}); err != nil {
			t.Fatalf("%s: %v\n%s", i, err, out.String())
		}
		t.Logf("%s in %v: %s", i, time.Since(began), out.String())
	}
	t.Cleanup(func() {
		if err := StopServer(context.Background(), h, f); err != nil {
			t.Error(err)
		}
	})
	for _, mode := range []string{ModeSSH, ModeHTTP, ModeGateway} {
		spec := ServeSpec{SetupID: "s1", Mode: mode, Port: 18765, Token: newToken(t), Facts: f}
		port := mustServe(t, h, spec)
		ep, err := spec.mustComplete(t).endpoint(h, port)
		if err != nil {
			t.Fatal(err)
		}
		proveIt(t, ep, f)
		pid := mainPID(t, h)
		if mustServe(t, h, spec); mainPID(t, h) != pid {
			t.Errorf("%s mode: serving the same again restarted it", mode)
		}
		log, err := ServerLog(t.Context(), h, f, 1000)
		if err != nil || len(log) < 3 || strings.Contains(strings.Join(log, "\n"), spec.Token) {
			t.Errorf("%s mode: the log has %d lines, or the token: %v", mode, len(log), err)
		}
		if err := h.Run(t.Context(), remote.Command{Script: "sudo -n kill -KILL " + pid}); err != nil {
			t.Fatal(err)
		}
		await.Until(t, "another process of the server", func() bool { now := mainPID(t, h); return now != "0" && now != pid })
		if err := Ready(t.Context(), ep); err != nil {
			t.Errorf("%s mode: after a kill: %v", mode, err)
		}
	}
	// A server that cannot start is told, and left alone.
	lose := "mv .jupyter-ec2/venv/bin/jupyter-notebook lost"
	if err := h.Run(t.Context(), remote.Command{Script: "cd; " + lose}); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := Serve(t.Context(), h, ServeSpec{Mode: ModeSSH, Token: newToken(t), Facts: f}, nil); !errors.As(err, &e) || e.Title != "Jupyter is not completely installed" {
		t.Errorf("without jupyter-notebook: %v", err)
	}
	if err := h.Run(t.Context(), remote.Command{Script: "cd; mv lost .jupyter-ec2/venv/bin/jupyter-notebook; ! systemctl is-active jupyter-ec2"}); err != nil {
		t.Errorf("the failed server goes on: %v", err)
	}
}

func (s ServeSpec) mustComplete(t *testing.T) ServeSpec {
	t.Helper()
	s, err := s.complete()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mainPID(t *testing.T, h Host) string {
	t.Helper()
	out, err := output(t.Context(), h, "systemctl show jupyter-ec2 -p MainPID --value")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}
