package remote

import (
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// patientRules take whatever comes before the first answer for one burst,
// however slow this computer is just now.
func patientRules() linkRules {
	r := usualLinkRules()
	r.together, r.apart, r.within, r.linger, r.refuse = time.Hour, time.Hour, time.Hour, time.Hour, time.Hour
	return r
}

// connectAtOnce opens streams over which nothing goes yet.
func connectAtOnce(t *testing.T, tunnel *Tunnel, n int) []net.Conn {
	t.Helper()
	var all []net.Conn
	for range n {
		all = append(all, connect(t, local(tunnel)))
	}
	return all
}

// burstOf opens streams that begin together: nothing is said over the first ones
// before the last one has come.
func burstOf(t *testing.T, tunnel *Tunnel, n int) []net.Conn {
	t.Helper()
	all := connectAtOnce(t, tunnel, n)
	untilBegun(t, tunnel, n)
	return all
}

// untilBegun waits until as many streams begin.
func untilBegun(t *testing.T, tunnel *Tunnel, n int) {
	t.Helper()
	await.Until(t, "as many streams that begin", func() bool {
		tunnel.links.mu.Lock()
		defer tunnel.links.mu.Unlock()
		return tunnel.links.burst != nil && len(tunnel.links.burst.streams) == n
	})
}

// echoAll says something to all, and then hears it from all.
func echoAll(t *testing.T, conns []net.Conn, text string) {
	t.Helper()
	for _, c := range conns {
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range conns {
		buf := make([]byte, len(text))
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != text {
			t.Fatalf("got %q, %v, want %q", buf, err, text)
		}
	}
}

// More streams than a page has, that begin together, are spread over several
// connections from the first byte on.
func TestTunnelSpreadsABurst(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		tunnel, r, _ := openTunnelRuled(t, h, TunnelSpec{}, patientRules())
		conns := connectAtOnce(t, tunnel, 8)
		await.Until(t, "eight streams on four connections", func() bool {
			return slices.Equal(tunnel.links.spread(), []int{2, 2, 2, 2})
		})
		echoAll(t, conns, "spread")
		if n := r.came(); n != 4 {
			t.Errorf("%d connections were made", n)
		}
	})
}

// A page's streams begin together on one connection, and so do many streams one
// after the other.
func TestTunnelOfAPage(t *testing.T) {
	h := startHost(t, nil)
	rules := usualLinkRules()
	tunnel, r, _ := openTunnelRuled(t, h, TunnelSpec{}, rules)
	echoAll(t, connectAtOnce(t, tunnel, rules.page), "a page")
	if n := r.came(); n != 1 {
		t.Errorf("%d connections were made for a page", n)
	}
	tunnel, r, _ = openTunnelRuled(t, h, TunnelSpec{}, patientRules())
	for range 20 {
		echo(t, connect(t, local(tunnel)), "one after the other")
	}
	if n := r.came(); n != 1 {
		t.Errorf("%d connections were made for streams that come one after the other", n)
	}
}

// Streams that were ended are not counted with those that come.
func TestTunnelForgetsABurst(t *testing.T) {
	tunnel, r, _ := openTunnelRuled(t, startHost(t, nil), TunnelSpec{}, patientRules())
	for range 20 {
		c := connect(t, local(tunnel))
		untilBegun(t, tunnel, 1)
		_ = c.Close()
		untilBegun(t, tunnel, 0)
	}
	if n := r.came(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

// Where there are no further connections, a burst goes over the one there is.
func TestTunnelBurstOnOneConnection(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		t.Run("refused", func(t *testing.T) {
			tunnel, r, states := openTunnelRuled(t, h, TunnelSpec{}, patientRules())
			r.mu.Lock()
			r.most = 1
			r.mu.Unlock()
			echoAll(t, burstOf(t, tunnel, 8), "all the same")
			untilSettled(t, tunnel)
			tried := r.came()
			echoAll(t, burstOf(t, tunnel, 8), "again")
			if n := r.came(); tried != 4 || n != tried {
				t.Errorf("%d connections were tried, and %d later", tried, n-tried)
			}
			if tunnel.State() != tunnelUp || len(states) > 0 {
				t.Errorf("state %q, and %d others before", tunnel.State(), len(states))
			}
		})
		for name, apart := range map[string]time.Duration{"not for long": time.Millisecond, "not for what carries little": time.Hour} {
			t.Run(name, func(t *testing.T) {
				rules := patientRules()
				rules.apart = apart
				tunnel, _, _ := openTunnelRuled(t, onceAnswering(t, h), TunnelSpec{}, rules)
				echoAll(t, burstOf(t, tunnel, 8), "all the same")
			})
		}
	})
}

// onceAnswering is a host that answers one connection, and says nothing on others.
func onceAnswering(t *testing.T, h host) host {
	t.Helper()
	var came atomic.Int32
	real := h.addr
	h.addr = serve(t, func(c net.Conn) {
		if came.Add(1) > 1 {
			_, _ = io.Copy(io.Discard, c)
			return
		}
		leadOn(c, real)
	})
	return h
}

// An agent's key may be asked for each time: there is one connection, and
// nothing waits for others.
func TestTunnelBurstAsksNobody(t *testing.T) {
	tunnel, r, _ := openTunnelRuled(t, startHost(t, nil), TunnelSpec{}, patientRules())
	tunnel.links.mu.Lock()
	tunnel.links.up[0].auth.Signers = []Signer{agentSigner{}}
	tunnel.links.mu.Unlock()
	echoAll(t, connectAtOnce(t, tunnel, 8), "on one")
	if n := r.came(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

// A tunnel that is closed waits for nobody who might come.
func TestTunnelClosesInABurst(t *testing.T) {
	tunnel, _, _ := openTunnelRuled(t, startHost(t, nil), TunnelSpec{}, patientRules())
	connectAtOnce(t, tunnel, 5)
	untilBegun(t, tunnel, 5)
	closed := make(chan error, 1)
	go func() { closed <- tunnel.Close() }()
	if err := await.Receive(t, "the tunnel's end", closed); err != nil {
		t.Error(err)
	}
}

// Memory is reserved while streams carry much, and for no longer.
func TestTunnelReservesMemory(t *testing.T) {
	rules := eagerRules()
	rules.linger = 50 * time.Millisecond
	tunnel, _, _ := openTunnelRuled(t, startHost(t, nil), TunnelSpec{}, rules)
	reserved := func() bool {
		tunnel.links.mu.Lock()
		defer tunnel.links.mu.Unlock()
		return tunnel.links.reserve != nil
	}
	echo(t, connect(t, local(tunnel)), "little")
	if reserved() {
		t.Error("memory is reserved for little")
	}
	stop, much := make(chan struct{}), connect(t, local(tunnel))
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := echoed(much); err != nil {
				t.Error(err)
				return
			}
		}
	})
	await.Until(t, "memory that is reserved", reserved)
	close(stop)
	carrying.Wait()
	await.Until(t, "the end of it", func() bool { return !reserved() })
}

// The farther away the host is, the longer a moment is in which streams begin
// together, within bounds.
func TestTunnelMoment(t *testing.T) {
	tunnel, _, _ := openTunnel(t, startHost(t, nil), TunnelSpec{})
	l := tunnel.links
	l.mu.Lock()
	defer l.mu.Unlock()
	for login, want := range map[time.Duration]time.Duration{
		20 * time.Millisecond: time.Millisecond, 256 * time.Millisecond: 4 * time.Millisecond, time.Minute: longestMoment,
	} {
		l.up[0].made = l.up[0].wire.from.Add(login)
		if got := l.moment(); got != want {
			t.Errorf("%v after a login that took %v, want %v", got, login, want)
		}
	}
}
