package remote

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// greetedBy waits for a host's SSH server through a relay, and returns what
// logs in to it.
func greetedBy(t *testing.T, h host) (*relay, Target) {
	t.Helper()
	r := newRelay(t, h.addr)
	target := h.target()
	target.Addr, target.Greeted = r.addr, &Greeted{hold: await.Wait}
	if err := WaitPort(await.Context(t), r.addr, target.Greeted, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.Greeted.Close)
	r.mu.Lock()
	r.made = 1 // on a busy computer it may have knocked more than once
	r.mu.Unlock()
	return r, target
}

// loggedIn logs in, and counts the connections that came in all.
func loggedIn(t *testing.T, r *relay, target Target, h host) int {
	t.Helper()
	c, err := Dial(t.Context(), target, Auth{Signers: []Signer{h.signer}}, HostKeyCheck{Expected: []string{h.key.Line}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if out, err := c.Output(t.Context(), "echo in"); err != nil || out != "in\n" {
		t.Errorf("%q, %v", out, err)
	}
	return r.came()
}

// The connection that answered a wait for the port is the login's.
func TestLoginTakesTheGreetedConnection(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		r, target := greetedBy(t, h)
		if n := loggedIn(t, r, target, h); n != 1 {
			t.Errorf("%d connections were made for a wait and a login", n)
		}
		if n := loggedIn(t, r, target, h); n != 2 {
			t.Errorf("%d connections came when the next login had its own", n)
		}
	})
}

// One that has ended, or that nobody answers over any more, costs no login.
func TestLoginAfterAStaleGreeting(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		r, target := greetedBy(t, h)
		r.cut()
		if n := loggedIn(t, r, target, h); n != 2 {
			t.Errorf("%d connections came, want the lost one and the login's", n)
		}
		r, target = greetedBy(t, h)
		r.swallow()
		target.Timeout = 30 * time.Second // a third of it is lost
		if n := loggedIn(t, r, target, h); n != 2 {
			t.Errorf("%d connections came, want the dead one and the login's", n)
		}
	})
}

// A server that has restarted with other keys since it greeted is asked again.
func TestLoginAfterNewHostKeys(t *testing.T) {
	before, after := startHost(t, nil), startHost(t, nil)
	var came atomic.Int32
	restarted := after.addr
	after.addr = serve(t, func(c net.Conn) {
		to := restarted
		if came.Add(1) == 1 {
			to = before.addr
		}
		leadOn(c, to)
	})
	r, target := greetedBy(t, after)
	if n := loggedIn(t, r, target, after); n != 2 || came.Load() != 2 {
		t.Errorf("%d connections came, want one to each server", n)
	}
}

// leadOn joins a connection with one to an address.
func leadOn(c net.Conn, to string) {
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	go func() { _, _ = io.Copy(up, c); _ = up.Close() }()
	_, _ = io.Copy(c, up)
}

// A login that was refused over it is refused.
func TestLoginIsRefusedOnce(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		for _, c := range []struct {
			signer Signer
			expect string
			want   Reason
		}{{newSigner(t), h.key.Line, Denied}, {h.signer, "", HostKeyUnknown}} {
			r, target := greetedBy(t, h)
			var check HostKeyCheck
			if c.expect != "" {
				check.Expected = []string{c.expect}
			}
			_, err := Dial(t.Context(), target, Auth{Signers: []Signer{c.signer}}, check)
			if got := reasonOf(t, err); got != c.want {
				t.Errorf("reason %q, want %q", got, c.want)
			}
			if n := r.came(); n != 1 {
				t.Errorf("%d connections came for a login that was %q", n, c.want)
			}
		}
	})
}

// Nobody's connection is held for long, nor one to another address, nor two.
func TestGreetedConnectionsEnd(t *testing.T) {
	var open atomic.Int32
	addr := serve(t, func(c net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		_, _ = io.WriteString(c, "SSH-2.0-test\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	wait := func(keep *Greeted) {
		t.Helper()
		if err := WaitPort(await.Context(t), addr, keep, nil); err != nil {
			t.Fatal(err)
		}
	}
	until := func(n int32) {
		t.Helper()
		await.Until(t, "as many connections as are held", func() bool { return open.Load() == n })
	}
	wait(nil)
	until(0)
	var keep Greeted
	wait(&keep)
	wait(&keep)
	until(1)
	if w := keep.take(await.Nobody); w != nil {
		t.Error("it was given out for another address")
	}
	until(0)
	wait(&keep)
	keep.Close()
	until(0)
	brief := Greeted{hold: time.Millisecond}
	wait(&brief)
	until(0)
	if w := brief.take(addr); w != nil {
		t.Error("one that was let go was given out")
	}
}
