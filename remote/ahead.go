package remote

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// ahead keeps connections to the server that are opened before anybody needs
// them, so that a new one costs one way to the host and back instead of two.
//
// Each is read from at once, which shows when the server ends it: one that has
// ended is not given out. Nor is one on which the server spoke first, to nobody;
// for such a server none is opened ahead any more. Nor one that leads to where
// the server is not any more.
type ahead struct {
	open  func(context.Context) (net.Conn, error)
	where func() string // where the server is now
	rules linkRules
	ctx   context.Context
	stop  context.CancelFunc
	wg    *sync.WaitGroup

	mu     sync.Mutex
	ready  []*early // the oldest first, with those that are being opened
	unused *time.Timer
	off    bool
}

// early is one of them. Once it is given out, it is the connection of whoever
// took it.
type early struct {
	net.Conn               // once it is opened
	err      error         // or why it is not
	opened   chan struct{} // closed when either is known
	taken    bool          // under ahead's mu
	to       string        // where the server was when it was opened

	first chan struct{} // closed when the first read has returned
	buf   [4 << 10]byte
	n     int   // how much it returned
	given int   // how much of that was passed on
	end   error // the error it returned
}

func newAhead(ctx context.Context, wg *sync.WaitGroup, rules linkRules, where func() string, open func(context.Context) (net.Conn, error)) *ahead {
	a := &ahead{open: open, where: where, rules: rules, wg: wg}
	a.ctx, a.stop = context.WithCancel(ctx)
	a.unused = time.AfterFunc(rules.unused, a.empty)
	return a
}

// fill opens those that are missing. Somebody came, so they are kept for a
// while again.
func (a *ahead) fill() {
	to := a.where()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.off || a.ctx.Err() != nil {
		return
	}
	for len(a.ready) < a.rules.ahead {
		e := &early{to: to, opened: make(chan struct{}), first: make(chan struct{})}
		a.ready = append(a.ready, e)
		a.wg.Go(func() { a.keep(e) })
	}
	a.unused.Reset(a.rules.unused)
}

// keep opens one, and watches it until the server says something or ends it.
func (a *ahead) keep(e *early) {
	ctx, cancel := context.WithTimeout(a.ctx, patience)
	e.Conn, e.err = a.open(ctx)
	cancel()
	close(e.opened)
	if e.err != nil {
		a.remove(e)
		return
	}
	if a.unwanted(e) {
		_ = e.Conn.Close()
		return
	}
	e.n, e.end = e.Conn.Read(e.buf[:])
	close(e.first)
	if !a.remove(e) {
		return
	}
	_ = e.Conn.Close()
	if e.n > 0 {
		a.mu.Lock()
		a.off = true
		a.mu.Unlock()
		a.empty()
	}
}

// remove takes one out, and reports whether it was still there.
func (a *ahead) remove(e *early) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.ready, e)
	if i < 0 {
		return false
	}
	a.ready = slices.Delete(a.ready, i, i+1)
	return true
}

// unwanted reports whether one was let go while it was being opened.
func (a *ahead) unwanted(e *early) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !e.taken && !slices.Contains(a.ready, e)
}

// take gives one out, or nil where there is none. One that is being opened is
// waited for: it comes sooner than one that is not.
func (a *ahead) take(ctx context.Context) net.Conn {
	to := a.where()
	for {
		e := a.next()
		if e == nil {
			return nil
		}
		if e.to != to {
			a.wg.Go(e.drop)
			continue
		}
		select {
		case <-e.opened:
		case <-ctx.Done():
			a.wg.Go(e.drop)
			return nil
		}
		if e.err != nil {
			return nil // whoever tries again is told why
		}
		select {
		case <-e.first: // before anything was asked
			_ = e.Conn.Close()
		default:
			return e
		}
	}
}

func (a *ahead) next() *early {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.ready) == 0 {
		return nil
	}
	e := a.ready[0]
	a.ready = a.ready[1:]
	e.taken = true
	return e
}

// empty lets all go; fill opens others.
func (a *ahead) empty() {
	a.mu.Lock()
	ready := a.ready
	a.ready = nil
	a.mu.Unlock()
	for _, e := range ready {
		select {
		case <-e.opened:
			e.drop()
		default: // keep does it
		}
	}
}

// close lets all go, for good.
func (a *ahead) close() {
	a.stop()
	a.unused.Stop()
	a.empty()
}

// drop closes one that nobody uses.
func (e *early) drop() {
	<-e.opened
	if e.err == nil {
		_ = e.Conn.Close()
	}
}

// Read returns first what has been read already.
func (e *early) Read(p []byte) (int, error) {
	<-e.first
	switch {
	case e.given < e.n:
		n := copy(p, e.buf[e.given:e.n])
		e.given += n
		return n, nil
	case e.end != nil:
		return 0, e.end
	}
	return e.Conn.Read(p)
}

// CloseWrite ends one direction.
func (e *early) CloseWrite() error {
	return e.Conn.(interface{ CloseWrite() error }).CloseWrite()
}
