package hosttest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// between is the network between this computer and one machine's SSH server:
// connections lead to the machine, or to whoever has put itself in its place.
type between struct {
	mu       sync.Mutex
	machine  string // its address
	impostor string // empty is nobody
	reached  int    // connections to the impostor
}

// start listens, and answers where, until the test's end.
func (b *between) start(t testing.TB, machine string) (ip, name string, port int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.machine = machine
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Error(err) // within a launch, which then leads nowhere
		return "127.0.0.1", "127.0.0.1", 1
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.lead(c)
		}
	}()
	at := l.Addr().(*net.TCPAddr)
	return at.IP.String(), at.IP.String(), at.Port
}

// put has new connections lead to an impostor; empty leads to the machine again.
func (b *between) put(impostor string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.impostor, b.reached = impostor, 0
}

// met is how many connections the impostor has had since it was put there.
func (b *between) met() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reached
}

func (b *between) lead(c net.Conn) {
	defer func() { _ = c.Close() }()
	b.mu.Lock()
	to := b.machine
	if b.impostor != "" {
		to = b.impostor
		b.reached++
	}
	b.mu.Unlock()
	far, err := net.Dial("tcp4", to)
	if err != nil {
		return // to whoever connects it is as closed
	}
	defer func() { _ = far.Close() }()
	var copies sync.WaitGroup
	for _, way := range [][2]net.Conn{{c, far}, {far, c}} {
		copies.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // an end of either is the end of both
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
	copies.Wait()
}
