package remote

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	p := e.Problem()
	kind, title, text, next := string(p.Kind), p.Title, p.Text, p.Next.String()
	if kind != "unreachable" || title == "" || text == "" || next == "" {
		t.Errorf("explained as %q %q %q %q", kind, title, text, next)
	}
	return e.Reason
}

func TestDialErrors(t *testing.T) {
	silent := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	web := serve(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad\x1b[31m Request\r\n\r\n") })
	closes := serve(t, func(net.Conn) {})
	good := startHost(t, nil)
	booting := startHost(t, func(c *ssh.ServerConfig) {
		c.BannerCallback = func(ssh.ConnMetadata) string {
			return "\"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later.\"\n"
		}
		c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errors.New("no") }
	})
	target := func(addr string) Target { return Target{Addr: addr, User: "ubuntu", Timeout: 10 * time.Second} }
	for _, c := range []struct {
		name   string
		target Target
		signer Signer
		expect string
		want   Reason
		text   string // part of what the host said
	}{
		{"nobody listens", target(await.Nobody), good.signer, "", Refused, ""},
		{"silence", Target{Addr: silent, User: "ubuntu", Timeout: 50 * time.Millisecond}, good.signer, "", Timeout, ""},
		{"no such name", target("host.invalid:22"), good.signer, "", Unreachable, ""},
		{"web server", target(web), good.signer, "", NotSSH, "HTTP/1.1 400 Bad Request"},
		{"closed at once", target(closes), good.signer, "", Closed, ""},
		{"wrong key", target(good.addr), newSigner(t), good.key.Line, Denied, ""},
		{"wrong user", Target{Addr: good.addr, User: "root"}, good.signer, good.key.Line, Denied, ""},
		{"booting", target(booting.addr), booting.signer, booting.key.Line, Booting, "System is booting up"},
		{"unknown host key", target(good.addr), good.signer, "", HostKeyUnknown, ""},
		{"console disagrees", target(good.addr), good.signer, booting.key.Line, HostKeyChanged, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var check HostKeyCheck
			if c.expect != "" {
				check.Expected = []string{c.expect}
			}
			_, err := Dial(t.Context(), c.target, Auth{Signers: []Signer{c.signer}}, check)
			if got := reasonOf(t, err); got != c.want {
				t.Errorf("reason %q, want %q (%v)", got, c.want, err)
			}
			var e *Error
			if errors.As(err, &e) && (!strings.Contains(e.Text, c.text) || e.Text != safe.Clean(e.Text)) {
				t.Errorf("text %q, want %q in it", e.Text, c.text)
			}
		})
	}
}

func TestDialCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := serve(t, func(c net.Conn) {
		buf := make([]byte, 1)
		_, _ = c.Read(buf) // the client's greeting is here: the handshake has begun
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	_, err := Dial(ctx, Target{Addr: silent, User: "ubuntu"}, Auth{}, HostKeyCheck{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestHostKeyChecks(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		known := NewHostKeys(filepath.Join(t.TempDir(), "state", "known_hosts"))
		auth := Auth{Signers: []Signer{h.signer}}
		no := errors.New("no")
		var asked []Key
		check := HostKeyCheck{Known: known, Ask: func(_ context.Context, k Key) error {
			asked = append(asked, k)
			if len(asked) == 1 {
				return no
			}
			return nil
		}}
		if _, err := Dial(t.Context(), h.target(), auth, check); !errors.Is(err, no) {
			t.Fatalf("a refused key: %v", err)
		}
		for range 2 { // the second finds it pinned
			c, err := Dial(t.Context(), h.target(), auth, check)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(asked) != 2 || asked[1] != h.key {
			t.Errorf("asked for %v, want twice %v", asked, h.key)
		}

		other := keyOf(newSigner(t).PublicKey())
		if err := errors.Join(known.Forget(h.target().InstanceID), known.Pin(h.target().InstanceID, other)); err != nil {
			t.Fatal(err)
		}
		check.Expected = []string{h.key.Line} // the pinned key counts, whatever the console says
		_, err := Dial(t.Context(), h.target(), auth, check)
		if got := reasonOf(t, err); got != HostKeyChanged {
			t.Errorf("another key than the pinned one: %q", got)
		}

		if err := known.Forget(h.target().InstanceID); err != nil {
			t.Fatal(err)
		}
		check.Expected = []string{other.Line, h.key.Line + " root@ip-10-0-0-1"}
		c, err := Dial(t.Context(), h.target(), auth, check)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if keys, err := known.Lookup(h.target().InstanceID); err != nil || len(keys) != 2 {
			t.Errorf("pinned %v, %v, want both keys of the console", keys, err)
		}
		if len(asked) != 2 {
			t.Error("asked although the console vouches")
		}
	})
}

func TestPinnedTypeIsOffered(t *testing.T) {
	rsa := rsaSigner(t)
	h := startHost(t, func(c *ssh.ServerConfig) { c.AddHostKey(rsa) }) // it has ed25519 too
	check := HostKeyCheck{Expected: []string{keyOf(rsa.PublicKey()).Line}}
	c, err := Dial(t.Context(), h.target(), Auth{Signers: []Signer{h.signer}}, check)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestWaitPort(t *testing.T) {
	greet := make(chan struct{})
	addr := serve(t, func(c net.Conn) {
		select {
		case <-greet:
			_, _ = io.WriteString(c, "SSH-2.0-test\r\n")
			_, _ = io.Copy(io.Discard, c)
		default: // closed at once, as a booting machine does
		}
	})
	tries := 0
	err := WaitPort(t.Context(), addr, nil, func(err error) {
		if got := reasonOf(t, err); got != Closed {
			t.Errorf("reason %q, want %q", got, Closed)
		}
		if tries++; tries == 2 {
			close(greet)
		}
	})
	if err != nil || tries != 2 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := WaitPort(ctx, await.Nobody, nil, func(error) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if got := reasonOf(t, WaitPort(late, await.Nobody, nil, nil)); got != Refused && got != Timeout {
		t.Errorf("late: %q", got)
	}
}

func TestDeadConnectionIsFound(t *testing.T) {
	h := startHost(t, nil)
	r := newRelay(t, h.addr)
	h.addr = r.addr
	target := h.target()
	target.KeepAlive = 500 * time.Millisecond // dead after three of them, also when this computer is busy
	c, err := Dial(t.Context(), target, Auth{Signers: []Signer{h.signer}}, HostKeyCheck{Expected: []string{h.key.Line}})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := c.Output(t.Context(), "sleep 2; echo still there"); err != nil || out != "still there\n" {
		t.Errorf("a quiet host was taken for dead: %q, %v", out, err)
	}
	r.swallow()
	if got := reasonOf(t, c.Wait()); got != Closed {
		t.Errorf("reason %q", got)
	}
	if got := reasonOf(t, c.Run(t.Context(), Command{Script: "true"})); got != Closed {
		t.Errorf("run on a dead connection: %q", got)
	}
}
