package remote

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// restartable is an echo server that can be restarted, and counts.
type restartable struct {
	addr     string
	greeting string

	mu   sync.Mutex
	open map[net.Conn]bool
	came int
}

func startRestartable(t *testing.T, greeting string) *restartable {
	s := &restartable{greeting: greeting, open: map[net.Conn]bool{}}
	s.addr = serve(t, func(c net.Conn) {
		s.mu.Lock()
		s.came++
		s.open[c] = true
		s.mu.Unlock()
		_, _ = io.WriteString(c, s.greeting)
		_, _ = io.Copy(c, c)
		s.mu.Lock()
		delete(s.open, c)
		s.mu.Unlock()
	})
	return s
}

// restart ends all connections.
func (s *restartable) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close()
	}
}

func (s *restartable) count() (open, came int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open), s.came
}

func (s *restartable) untilOpen(t *testing.T, n int) {
	t.Helper()
	await.Until(t, "as many connections as the server is to have", func() bool { open, _ := s.count(); return open == n })
}

// early is the oldest link's connections to the server that wait.
func (t *Tunnel) early() *ahead { return t.links.all()[0].ahead }

func (a *ahead) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.ready)
}

// A new connection gets one that is open already, and another one is opened.
func TestTunnelOpensAhead(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		s := startRestartable(t, "")
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: s.addr})
		page := usualLinkRules().page
		s.untilOpen(t, page)
		for used := 1; used < 4; used++ {
			c := connect(t, local(tunnel))
			echo(t, c, "at once")
			echo(t, c, "and more")
			s.untilOpen(t, page+used)
		}
		if _, came := s.count(); came != page+3 {
			t.Errorf("%d connections came, want three that are used, and a page's that wait", came)
		}
	})
}

// Connections that a restarted server has ended are given to nobody, and others
// take their places.
func TestTunnelGivesNoStaleConnection(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		s := startRestartable(t, "")
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: s.addr})
		for range 3 {
			s.untilOpen(t, usualLinkRules().ahead)
			await.Until(t, "the news", func() bool { s.restart(); return tunnel.early().count() == 0 })
			c := connect(t, local(tunnel))
			echo(t, c, "to the new server")
			_ = c.Close()
		}
		s.untilOpen(t, usualLinkRules().ahead)
	})
}

// A server that speaks first means whoever comes, and gets none who never will.
func TestTunnelToAServerThatSpeaksFirst(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		s := startRestartable(t, "220 hello\n")
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: s.addr})
		await.Until(t, "that it is known", func() bool {
			a := tunnel.early()
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.off
		})
		before := usualLinkRules().ahead
		await.Until(t, "the end of all that were opened", func() bool { open, came := s.count(); return open == 0 && came == before })
		for n := 1; n < 4; n++ {
			c := connect(t, local(tunnel))
			r := bufio.NewReader(c)
			if said, err := r.ReadString('\n'); err != nil || said != s.greeting {
				t.Fatalf("it said %q, %v", said, err)
			}
			_, _ = io.WriteString(c, "ping\n")
			if said, err := r.ReadString('\n'); err != nil || said != "ping\n" {
				t.Fatalf("it said %q, %v", said, err)
			}
			s.untilOpen(t, n)
			if _, came := s.count(); came != before+n {
				t.Errorf("%d connections came for %d", came-before, n)
			}
		}
	})
}

// The first answer comes whole, whatever its size, and an early end too.
func TestTunnelFirstAnswers(t *testing.T) {
	h := startHost(t, nil)
	for _, size := range []int{0, 1, 4 << 10, 4<<10 + 1, 1 << 20} {
		addr := serve(t, func(c net.Conn) {
			if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
				_, _ = c.Write(make([]byte, size))
			}
		})
		tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: addr})
		for range 3 {
			c := connect(t, local(tunnel))
			_, _ = c.Write([]byte("?"))
			if got, err := io.ReadAll(c); err != nil || len(got) != size {
				t.Errorf("%d bytes of %d came: %v", len(got), size, err)
			}
		}
	}
}

// While nobody comes for long, nothing is held at the server.
func TestTunnelUnusedHoldsNothing(t *testing.T) {
	h := startHost(t, nil)
	s := startRestartable(t, "")
	rules := usualLinkRules()
	rules.unused = 20 * time.Millisecond
	tunnel, _, _ := openTunnelRuled(t, h, TunnelSpec{RemoteAddr: s.addr}, rules)
	await.Until(t, "connections ahead", func() bool { _, came := s.count(); return came > 0 })
	s.untilOpen(t, 0)
	c := connect(t, local(tunnel))
	echo(t, c, "used again")
	await.Until(t, "connections ahead again", func() bool { _, came := s.count(); return came > rules.ahead })
	s.untilOpen(t, 1)
	echo(t, c, "still")
}

// A server that is not there is not asked again and again.
func TestTunnelAsksNoDeadServer(t *testing.T) {
	h := startHost(t, nil)
	tunnel, _, _ := openTunnel(t, h, TunnelSpec{RemoteAddr: await.Nobody})
	await.Until(t, "the refusals", func() bool { return tunnel.early().count() == 0 })
	if got, err := io.ReadAll(connect(t, local(tunnel))); len(got) > 0 {
		t.Errorf("got %q, %v from nobody", got, err)
	}
	if n := tunnel.early().count(); n != 0 {
		t.Errorf("%d are being opened", n)
	}
}
