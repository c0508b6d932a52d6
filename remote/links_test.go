package remote

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// eagerRules take little for much, for as long as a test lasts.
func eagerRules() linkRules {
	r := usualLinkRules()
	r.much, r.within, r.linger, r.refuse = 64<<10, time.Hour, time.Hour, time.Hour
	return r
}

// carryMuch sends as much as counts for much, and reads it back.
func carryMuch(t *testing.T, c net.Conn) {
	t.Helper()
	if err := echoed(c); err != nil {
		t.Fatal(err)
	}
}

func echoed(c net.Conn) error {
	sent := bytes.Repeat([]byte("much"), 32<<10)
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return errors.New("something else came back")
	}
	return nil
}

// connectMuch opens streams that carry much.
func connectMuch(t *testing.T, tunnel *Tunnel, n int) []net.Conn {
	t.Helper()
	var all []net.Conn
	for range n {
		c := connect(t, local(tunnel))
		carryMuch(t, c)
		all = append(all, c)
	}
	return all
}

// spread is how many streams each link has.
func (l *links) spread() (streams []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.up {
		streams = append(streams, len(k.streams))
	}
	return streams
}

func untilLinks(t *testing.T, tunnel *Tunnel, n int) {
	t.Helper()
	await.Until(t, "the connections that are needed", func() bool { return len(tunnel.links.spread()) == n })
}

// One stream has one connection, however much it carries, and so have many
// that carry little.
func TestTunnelOfOneConnection(t *testing.T) {
	h := startHost(t, nil)
	tunnel, r, _ := openTunnelRuled(t, h, TunnelSpec{}, eagerRules())
	carryMuch(t, connectMuch(t, tunnel, 1)[0])
	untilSettled(t, tunnel)
	if n := r.came(); n != 1 {
		t.Errorf("%d connections for one stream", n)
	}
	tunnel, r, _ = openTunnel(t, h, TunnelSpec{})
	for range 20 {
		echo(t, connect(t, local(tunnel)), "little")
	}
	if n := r.came(); n != 1 {
		t.Errorf("%d connections for streams that carry little", n)
	}
}

func untilSettled(t *testing.T, tunnel *Tunnel) {
	t.Helper()
	await.Until(t, "the end of all dials", func() bool {
		tunnel.links.mu.Lock()
		defer tunnel.links.mu.Unlock()
		return tunnel.links.dialing == 0
	})
}

// Streams that carry much get further connections, which those that come after
// are spread over.
func TestTunnelSpreads(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		tunnel, r, _ := openTunnelRuled(t, h, TunnelSpec{}, eagerRules())
		old := connectMuch(t, tunnel, 4)
		untilLinks(t, tunnel, 4)
		for _, c := range old {
			_ = c.Close()
		}
		await.Until(t, "streams that end", func() bool { return slices.Max(tunnel.links.spread()) == 0 })
		later := connectMuch(t, tunnel, 8)
		if got := tunnel.links.spread(); slices.Max(got) != 2 || slices.Min(got) != 2 {
			t.Errorf("eight streams are spread like %v", got)
		}
		for _, c := range later {
			echo(t, c, "still")
		}
		if n := r.came(); n != 4 {
			t.Errorf("%d connections were made", n)
		}
	})
}

// A connection that is lost takes its own streams with it, and is made again;
// the others, and the user, notice nothing.
func TestTunnelLinksHealAlone(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		rules := eagerRules()
		rules.refuse = time.Millisecond
		tunnel, _, states := openTunnelRuled(t, h, TunnelSpec{}, rules)
		connectMuch(t, tunnel, 4)
		untilLinks(t, tunnel, 4)
		conns := connectMuch(t, tunnel, 6)
		for _, lost := range []int{2, 0} { // the oldest one too
			tunnel.links.mu.Lock()
			k := tunnel.links.up[lost]
			tunnel.links.mu.Unlock()
			_ = k.wire.Conn.Close()
			await.Until(t, "the loss", func() bool { return !slices.Contains(tunnel.links.all(), k) })
			alive := 0
			for _, c := range conns {
				if echoed(c) == nil {
					alive++
				}
			}
			if alive == 0 || alive == len(conns) {
				t.Errorf("%d of %d streams are alive", alive, len(conns))
			}
			conns = append(conns, connectMuch(t, tunnel, 4)...)
			untilLinks(t, tunnel, 4)
		}
		if tunnel.State() != "up" || len(states) > 0 {
			t.Errorf("state %q, and %d others before", tunnel.State(), len(states))
		}
	})
}

func (l *links) all() []*link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.up)
}

// A host that lets in one connection only has one, and is not pressed.
func TestTunnelToAHostOfOneConnection(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		tunnel, r, states := openTunnelRuled(t, h, TunnelSpec{}, eagerRules())
		r.mu.Lock()
		r.most = 1
		r.mu.Unlock()
		connectMuch(t, tunnel, 8)
		untilSettled(t, tunnel)
		tried := r.came()
		for _, c := range connectMuch(t, tunnel, 8) {
			echo(t, c, "all the same")
		}
		if n := r.came(); tried < 2 || n != tried || tried > 4 {
			t.Errorf("%d connections were tried, and %d later", tried, n)
		}
		if tunnel.State() != "up" || len(states) > 0 {
			t.Errorf("state %q, and %d others before", tunnel.State(), len(states))
		}
		// After a while it is tried again.
		tunnel.links.mu.Lock()
		tunnel.links.next = time.Time{}
		tunnel.links.mu.Unlock()
		r.mu.Lock()
		r.most = 0
		r.mu.Unlock()
		connectMuch(t, tunnel, 1)
		untilLinks(t, tunnel, 4)
	})
}

// MaxSessions counts commands, not streams, and the tunnel runs one at most.
func TestTunnelToAHostOfFewSessions(t *testing.T) {
	for _, most := range []string{"1", "0"} {
		t.Run(most, func(t *testing.T) {
			h := startOpenSSH(t, func(conf string) string { return conf + "MaxSessions " + most + "\n" })
			tunnel, _, _ := openTunnelRuled(t, h, TunnelSpec{}, eagerRules())
			connectMuch(t, tunnel, 8)
			untilLinks(t, tunnel, 4)
			connectMuch(t, tunnel, 8)
		})
	}
}

// Further connections are closed when nothing needs them; the first one stays.
func TestTunnelLetsFurtherLinksGo(t *testing.T) {
	h := startHost(t, nil)
	rules := eagerRules()
	tunnel, _, states := openTunnelRuled(t, h, TunnelSpec{}, rules)
	conns := connectMuch(t, tunnel, 4)
	untilLinks(t, tunnel, 4)
	kept := connect(t, local(tunnel)) // on a further one
	echo(t, kept, "kept")
	first := tunnel.links.all()[0]
	tunnel.links.mu.Lock()
	tunnel.links.much = time.Now().Add(-2 * rules.linger)
	tunnel.links.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
	await.Until(t, "streams that end", func() bool {
		sum := 0
		for _, n := range tunnel.links.spread() {
			sum += n
		}
		return sum == 1
	})
	for _, k := range tunnel.links.all()[1:] {
		if tunnel.links.dismiss(k) {
			_ = k.Close()
		}
	}
	untilLinks(t, tunnel, 2)
	if tunnel.links.dismiss(first) {
		t.Error("the first connection is let go")
	}
	echo(t, kept, "still kept")
	echo(t, connect(t, local(tunnel)), "on the first")
	if got := tunnel.links.spread(); got[0] != 1 || len(states) > 0 {
		t.Errorf("the streams are spread like %v, and %d states came", got, len(states))
	}
}

// So they are without anybody's doing, some time after the last stream.
func TestTunnelLinksEndWithTheirUse(t *testing.T) {
	rules := eagerRules()
	rules.linger = 50 * time.Millisecond
	tunnel, r, _ := openTunnelRuled(t, startHost(t, nil), TunnelSpec{}, rules)
	conns := connectMuch(t, tunnel, 8)
	await.Until(t, "further connections", func() bool { return r.came() > 1 })
	for _, c := range conns {
		_ = c.Close()
	}
	untilLinks(t, tunnel, 1)
	echo(t, connect(t, local(tunnel)), "as before")
}

// The host's watcher finds each login in sshd's log: each has left a note that
// it is no person's.
func TestTunnelLinksLeaveNotes(t *testing.T) {
	h := startOpenSSH(t)
	watch := filepath.Join(h.home, ".jupyter-ec2", "watch")
	if err := os.MkdirAll(watch, 0o700); err != nil {
		t.Fatal(err)
	}
	tunnel, _, _ := openTunnelRuled(t, h, TunnelSpec{}, eagerRules())
	connectMuch(t, tunnel, 4)
	untilLinks(t, tunnel, 4)
	await.Until(t, "a note of each connection", func() bool {
		notes, err := filepath.Glob(filepath.Join(watch, "ours-* *"))
		return err == nil && len(notes) == 4
	})
	// One that is closed at once has left one too.
	rules := usualLinkRules()
	rules.note = await.Wait
	brief, err := openTunnelBy(t.Context(), TunnelSpec{RemoteAddr: await.Nobody, Dial: h.dial}, rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := brief.Close(); err != nil {
		t.Fatal(err)
	}
	if notes, err := filepath.Glob(filepath.Join(watch, "ours-* *")); err != nil || len(notes) != 5 {
		t.Errorf("the notes are %q, %v", notes, err)
	}
	if _, err := os.Stat(filepath.Join(watch, "used")); err == nil {
		t.Error("the tunnel counts as a person's work")
	}
}

// Whatever is lost, and when, the tunnel works afterwards, and ends.
func TestTunnelInChaos(t *testing.T) {
	h := startHost(t, nil)
	rules := eagerRules()
	rules.refuse = time.Millisecond
	tunnel, r, _ := openTunnelRuled(t, h, TunnelSpec{}, rules)
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for range 12 {
				c, err := net.Dial("tcp", local(tunnel))
				if err != nil {
					t.Error(err)
					return
				}
				_ = echoed(c) // or it is lost
				_ = c.Close()
			}
		})
	}
	for range 20 {
		if up := tunnel.links.all(); len(up) > 0 {
			_ = up[rand.IntN(len(up))].wire.Conn.Close()
		}
		if rand.IntN(4) == 0 {
			r.cut()
		}
		if err := Pause(t.Context(), time.Duration(rand.IntN(10))*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	users.Wait()
	await.Until(t, "a tunnel that works", func() bool {
		c, err := net.Dial("tcp", local(tunnel))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		return echoed(c) == nil
	})
	if tunnel.State() != "up" {
		t.Errorf("state %q", tunnel.State())
	}
	await.Until(t, "all buffers back", func() bool { return tunnel.buffers.inUse() == 0 })
}
