package remote

import (
	"sync"
	"time"
)

// greetedFor is how long a connection is kept for a login. A server closes one
// on which nobody logs in, after two minutes as a rule and after half a minute
// where it is strict, and counts those that it waits for.
const greetedFor = 15 * time.Second

// Greeted keeps a connection to an SSH server that has greeted, and to which
// nothing was said, for the login that comes next: it saves two ways there and
// back, and the server a process. The zero value has none. It is safe for
// concurrent use.
type Greeted struct {
	mu   sync.Mutex
	addr string
	wire *wire // nil when there is none
	over *time.Timer
	hold time.Duration // for tests; 0 means greetedFor
}

// put keeps a connection in place of the one there may be.
func (g *Greeted) put(addr string, w *wire) {
	if g == nil {
		_ = w.Close() // nothing was sent
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop()
	hold := g.hold
	if hold == 0 {
		hold = greetedFor
	}
	g.addr, g.wire = addr, w
	g.over = time.AfterFunc(hold, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.wire == w {
			g.drop()
		}
	})
}

// take gives the connection to addr out, or nil where there is none.
func (g *Greeted) take(addr string) *wire {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.addr != addr {
		g.drop()
	}
	w := g.wire
	if w != nil {
		g.over.Stop()
	}
	g.wire = nil
	return w
}

// Close closes the connection that nobody took.
func (g *Greeted) Close() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop()
}

func (g *Greeted) drop() {
	if g.wire != nil {
		g.over.Stop()
		_ = g.wire.Close() // nothing was sent
		g.wire = nil
	}
}
