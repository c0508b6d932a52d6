package testhost

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := lab.Close(); err != nil {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
}

// lab is closed by TestMain.
var lab Lab

// greets waits until the host's SSH server answers, or says why it does not.
func greets(ctx context.Context, addr string) error {
	for {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			b := make([]byte, 4)
			_ = c.SetDeadline(time.Now().Add(2 * time.Second))
			_, err = c.Read(b)
			_ = c.Close()
			if err == nil && string(b) == "SSH-" {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestLife(t *testing.T) {
	began := time.Now()
	h := lab.Start(t, Spec{})
	t.Logf("keys after %v", time.Since(began))
	if err := greets(t.Context(), h.Public().String()+":22"); err != nil {
		t.Fatal(err)
	}
	t.Logf("up after %v", time.Since(began))
	out, err := h.Run(t.Context(), "systemctl is-system-running --wait; id -un; hostname; uptime -p; ip -4 -o addr; getent hosts pypi.org")
	t.Logf("%v %s", err, strings.TrimSpace(out))
	if err := h.Reboot(t.Context()); err != nil {
		t.Fatal(err)
	}
}
