//go:build unix

package sshhost

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// startTold starts a host that tells when it was switched off from inside.
func (w *world) startTold(id string) (*Host, chan struct{}) {
	w.t.Helper()
	listener, err := Listen(2)
	if err != nil {
		w.t.Fatal(err)
	}
	down := make(chan struct{}, 9)
	h, err := w.computer.Start(w.t.Context(), Spec{
		ID: id, Listener: listener, AuthorizedKeys: []string{string(ssh.MarshalAuthorizedKey(w.signer.PublicKey()))},
		Down: func() { down <- struct{}{} },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	w.host = h
	return h, down
}

func TestSwitchedOffFromInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.host
	for _, command := range []string{"poweroff", "halt", "shutdown now", "shutdown -h +0", "shutdown -P now bye", "setsid nohup shutdown -h now & wait"} {
		h, down := w.startTold("i-2")
		c := w.client()
		left := output(t, c, "setsid nohup sleep 1000 > /dev/null 2>&1 < /dev/null & echo $!")
		s := newSession(t, c)
		_, _ = s.Output(command) // it may be down before it answers
		select {
		case <-down:
		case <-t.Context().Done():
		}
		if running(t, left) {
			t.Errorf("%s: a process outlived its host", command)
		}
		if _, err := w.dial(User, w.signer); err == nil {
			t.Errorf("%s: the host still answers", command)
		}
		stop(t, h)
		if n := len(down); n > 0 {
			t.Errorf("%s: told %d times more", command, n)
		}
	}
	w.host = other
	if got := output(t, w.client(), "echo up"); got != "up" {
		t.Errorf("the other host says %q", got)
	}
}

func TestShutdownLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h, down := w.startTold("i-2")
	c := w.client()
	if got := output(t, c, "shutdown; shutdown -h +30 2>&1"); strings.Count(got, "scheduled in") != 2 || !strings.Contains(got, "in 30 minutes") {
		t.Errorf("said %q", got)
	}
	waits := output(t, c, "cat ~/.run/shutdown")
	if !running(t, waits) {
		t.Error("nothing waits")
	}
	output(t, c, "shutdown -c; while kill -0 "+waits+" 2>/dev/null; do :; done")
	for _, bad := range []string{"shutdown -r now", "shutdown 23:59", "shutdown --what", "shutdown +x", "env -i " + filepath.Join(w.dir, binDir, "poweroff")} {
		s := newSession(t, c)
		if out, err := s.CombinedOutput(bad); err == nil || len(out) == 0 {
			t.Errorf("%s: %q, %v", bad, out, err)
		}
	}
	info, err := os.Lstat(filepath.Join(w.dir, "i-2", powerPipe))
	if err != nil || info.Mode() != os.ModeNamedPipe|0o600 {
		t.Errorf("the pipe: %v, %v", info, err)
	}
	// A stop from outside is not told, and what is in the pipe then is not heard.
	stop(t, h)
	if len(down) > 0 {
		t.Error("told of a stop from outside")
	}
}
