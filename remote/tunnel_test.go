package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// openTunnel opens a tunnel through a relay to a server that echoes.
func openTunnel(t *testing.T, h host, spec TunnelSpec) (*Tunnel, *relay, chan string) {
	t.Helper()
	return openTunnelRuled(t, h, spec, usualLinkRules())
}

func openTunnelRuled(t *testing.T, h host, spec TunnelSpec, rules linkRules) (*Tunnel, *relay, chan string) {
	t.Helper()
	r := newRelay(t, h.addr)
	h.addr = r.addr
	states := make(chan string, 1000)
	spec.Log = func(s string) { states <- s }
	if spec.Dial == nil {
		spec.Dial = h.dial
	}
	if spec.RemoteAddr == "" {
		spec.RemoteAddr = serve(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
	}
	tunnel, err := openTunnelBy(t.Context(), spec, rules)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tunnel.Close(); err != nil {
			t.Error(err)
		}
	})
	if s := <-states; s != "up" {
		t.Fatalf("state %q, want up", s)
	}
	return tunnel, r, states
}

func local(tunnel *Tunnel) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tunnel.LocalPort()))
}

func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func echo(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(text))
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != text {
		t.Fatalf("got %q, %v, want %q", buf, err, text)
	}
}

func TestTunnel(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{})
		if tunnel.Taken() || tunnel.State() != "up" {
			t.Errorf("taken %v, state %q", tunnel.Taken(), tunnel.State())
		}
		c := connect(t, local(tunnel))
		echo(t, c, "ping")
		// A large amount, and half a connection closed, as HTTP/1.0 clients do.
		big := bytes.Repeat([]byte("0123456789abcdef"), 512<<10)
		go func() {
			_, _ = c.Write(big)
			_ = c.(*net.TCPConn).CloseWrite()
		}()
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, big) {
			t.Errorf("%d bytes of %d came back: %v", len(got), len(big), err)
		}
	})
}

func TestTunnelHeals(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		tunnel, r, states := openTunnel(t, h, TunnelSpec{})
		port := tunnel.LocalPort()
		old := connect(t, local(tunnel))
		echo(t, old, "before")

		r.setDown(true)
		if s := <-states; s == "up" || s == "" {
			t.Errorf("state %q after the loss", s)
		}
		if _, err := old.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a lost connection ended with %v, as if it were complete", err)
		}
		waiting := connect(t, local(tunnel)) // the port is open, and waits
		r.setDown(false)
		echo(t, waiting, "after")
		for s := range states {
			if s == "up" {
				break
			}
		}
		if tunnel.LocalPort() != port || tunnel.State() != "up" {
			t.Errorf("port %d, state %q, want %d, up", tunnel.LocalPort(), tunnel.State(), port)
		}
	})
}

// A server that has moved, as another one started the machine again, is reached
// where it is now.
func TestTunnelFollowsTheServer(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		say := func(text string) string {
			return serve(t, func(c net.Conn) {
				if _, err := io.CopyN(c, c, int64(len("ping"))); err == nil { // a server that waits to be asked
					_, _ = io.WriteString(c, text)
				}
				_ = c.Close()
			})
		}
		var now atomic.Value
		now.Store(say("old"))
		tunnel, r, states := openTunnel(t, h, TunnelSpec{Server: func() string { return now.Load().(string) }})
		sees := func(want string) {
			t.Helper()
			c := connect(t, local(tunnel))
			echo(t, c, "ping")
			if got, err := io.ReadAll(c); err != nil || string(got) != want {
				t.Fatalf("%q, %v, want %q", got, err, want)
			}
		}
		sees("old")
		now.Store(say("new")) // while connections to the old one are open ahead
		sees("new")
		now.Store(say("newer"))
		r.cut()
		for s := ""; s != "up"; s = <-states {
		}
		sees("newer")
	})
}

func TestTunnelFindsDeadLink(t *testing.T) {
	h := startHost(t, nil)
	r := newRelay(t, h.addr)
	target := h.target()
	target.Addr, target.KeepAlive = r.addr, 500*time.Millisecond // three of which a busy computer has for an answer
	dial := func(ctx context.Context) (*Client, error) {
		return Dial(ctx, target, Auth{Signers: []Signer{h.signer}}, HostKeyCheck{Expected: []string{h.key.Line}})
	}
	tunnel, _, states := openTunnel(t, h, TunnelSpec{Dial: dial})
	echo(t, connect(t, local(tunnel)), "before")
	r.swallow()
	if s := <-states; s == "up" {
		t.Errorf("state %q", s)
	}
	if s := <-states; s != "up" {
		t.Errorf("state %q", s)
	}
	echo(t, connect(t, local(tunnel)), "after")
}

func TestTunnelPorts(t *testing.T) {
	h := startHost(t, nil)
	want := await.Port(t)
	first, _, _ := openTunnel(t, h, TunnelSpec{LocalPort: want})
	want = first.LocalPort() // another program may have taken it
	second, _, _ := openTunnel(t, h, TunnelSpec{LocalPort: want})
	if !second.Taken() || second.LocalPort() <= want || second.LocalPort() > want+50 {
		t.Errorf("ports %d and %d, taken %v", want, second.LocalPort(), second.Taken())
	}
	echo(t, connect(t, local(second)), "second")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// A process that the test's host is just starting may hold the closed
	// port for a moment longer, between its fork and its exec.
	var got int
	for range 20 {
		again, _, _ := openTunnel(t, h, TunnelSpec{LocalPort: want})
		if got = again.LocalPort(); got == want {
			break
		}
	}
	if got != want {
		t.Errorf("port %d, want %d again", got, want)
	}
}

// Where the wanted port is taken, the tunnel is not at one that is kept for
// another.
func TestTunnelLeavesKeptPorts(t *testing.T) {
	h := startHost(t, nil)
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	want := taken.Addr().(*net.TCPAddr).Port
	kept := func(port int) bool { return port <= want+3 }
	tunnel, _, _ := openTunnel(t, h, TunnelSpec{LocalPort: want, Kept: kept})
	if got := tunnel.LocalPort(); !tunnel.Taken() || kept(got) {
		t.Errorf("the tunnel is at %d, which is kept; wanted was %d", got, want)
	}
	if PortFree(want) || PortFree(tunnel.LocalPort()) {
		t.Error("a port that is listened on is said to be free")
	}
}

func TestTunnelToUnixSocket(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		path := echoSocket(t)
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: "unix:" + path})
		echo(t, connect(t, local(tunnel)), "over a socket")
	})
}

func TestTunnelWithoutServer(t *testing.T) {
	h := startHost(t, nil)
	tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: "unix:" + filepath.Join(t.TempDir(), "none")})
	if got, err := io.ReadAll(connect(t, local(tunnel))); len(got) > 0 {
		t.Errorf("got %q, %v from nothing", got, err)
	}
	if tunnel.State() != "up" {
		t.Errorf("state %q: the link is up, the server is not", tunnel.State())
	}
}

func TestTunnelDoesNotOpen(t *testing.T) {
	h := startHost(t, nil)
	h.signer = newSigner(t)
	_, err := OpenTunnel(t.Context(), TunnelSpec{RemoteAddr: "127.0.0.1:1", Dial: h.dial})
	if got := reasonOf(t, err); got != Denied {
		t.Errorf("reason %q", got)
	}
}

// Close ends what is under way, also while there is no link.
func TestTunnelCloses(t *testing.T) {
	h := startHost(t, nil)
	tunnel, r, states := openTunnel(t, h, TunnelSpec{})
	c := connect(t, local(tunnel))
	echo(t, c, "open")
	r.setDown(true)
	<-states
	waiting := connect(t, local(tunnel))
	if err := tunnel.Close(); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []net.Conn{c, waiting} {
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("read %d bytes through a closed tunnel", n)
		}
	}
	// A process that the test's host is just starting may hold it for a moment
	// longer, between its fork and its exec.
	await.Until(t, "a closed port", func() bool {
		c, err := net.Dial("tcp", local(tunnel))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
}
