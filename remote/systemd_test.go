package remote

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// systemdHost is a machine with systemd, sshd with PAM, and a user ubuntu who
// may sudo without a password, such as an EC2 instance:
// JUPYTER_EC2_TEST_HOST=ADDR:22 JUPYTER_EC2_TEST_KEY=FILE.
func systemdHost(t *testing.T) host {
	t.Helper()
	h := host{addr: os.Getenv("JUPYTER_EC2_TEST_HOST"), user: "ubuntu"}
	if h.addr == "" {
		t.Skip("JUPYTER_EC2_TEST_HOST names no host with systemd")
	}
	var err error
	if h.signer, err = LoadKey(os.Getenv("JUPYTER_EC2_TEST_KEY"), nil); err != nil {
		t.Fatal(err)
	}
	check := HostKeyCheck{Ask: func(_ context.Context, k Key) error { h.key = k; return nil }}
	c, err := Dial(t.Context(), h.target(), Auth{Signers: []Signer{h.signer}}, check)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), Command{Script: "rm -rf .jupyter-ec2/jobs second"}); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	return h
}

func TestSystemdJob(t *testing.T) {
	h := systemdHost(t)
	j := Job{ID: "unit", Systemd: true, Script: `cat /proc/self/cgroup; echo "$A $HOME $USER $(id -un) $PWD"; exit 3`, Env: map[string]string{"A": "it's"}}
	lines, end := follow(t.Context(), h.dial, j)
	got := rest(lines)
	if e := <-end; e.err != nil || e.exit != 3 {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(strings.Join(got, "\n"), "/system.slice/jupyter-ec2-unit-") || !slices.Contains(got, "it's /home/ubuntu ubuntu ubuntu /home/ubuntu") {
		t.Errorf("printed %q", got)
	}
}

// A job is cut off by a reboot: while it is followed that is an error, and the
// next call starts it again.
func TestRebootDuringJob(t *testing.T) {
	h := systemdHost(t)
	j := Job{ID: "reboot", Systemd: true, Script: "if [ -e second ]; then echo anew; exit 0; fi; : >second; echo begun; exec sleep 1000"}
	var reasons []Reason
	j.Retrying = func(err error) { reasons = append(reasons, reasonOf(t, err)) }
	lines, end := follow(t.Context(), h.dial, j)
	if l := <-lines; l != "begun" {
		t.Fatalf("begins with %q", l)
	}
	if err := h.client(t).Run(t.Context(), Command{Script: "sudo -n reboot"}); err != nil {
		t.Logf("reboot: %v", err) // the connection may be gone first
	}
	var lost *JobError
	if e := <-end; !errors.As(e.err, &lost) || !lost.Lost {
		t.Errorf("got %+v, want a lost job", e)
	}
	t.Logf("connected again because of %q", reasons)
	lines, end = follow(t.Context(), h.dial, j)
	if got, e := rest(lines), <-end; !slices.Equal(got, []string{"anew"}) || e.err != nil || e.exit != 0 {
		t.Errorf("%q, %+v", got, e)
	}
}

func TestLoginNotPermittedYet(t *testing.T) {
	h := systemdHost(t)
	c := h.client(t)
	nologin := "echo 'System is booting up. Unprivileged users are not permitted to log in yet.' | sudo -n tee /run/nologin"
	if err := c.Run(t.Context(), Command{Script: nologin}); err != nil {
		t.Fatal(err)
	}
	_, err := h.dial(t.Context())
	if err := c.Run(t.Context(), Command{Script: "sudo -n rm /run/nologin"}); err != nil {
		t.Fatal(err)
	}
	if got := reasonOf(t, err); got != Booting {
		t.Errorf("reason %q: %v", got, err)
	}
	if c, err := h.dial(t.Context()); err != nil {
		t.Error(err)
	} else {
		_ = c.Close()
	}
}

// Images' root has a forced command instead of a shell.
func TestWrongUserOnImage(t *testing.T) {
	h := systemdHost(t)
	h.user = "root"
	c := h.client(t)
	if got := reasonOf(t, c.Run(t.Context(), Command{Script: "true"})); got != WrongUser {
		t.Errorf("reason %q", got)
	}
}
