package remote

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// stream is a connection to the local port, on its way over a link.
type stream struct {
	local net.Conn
	link  *link
	much  time.Time // when it last carried much; under links' mu, as is burst
	burst *burst    // while it begins
}

// serve connects a local connection with the server until both directions end.
func (t *Tunnel) serve(local net.Conn) {
	defer func() { _ = local.Close() }() // closed already, most times
	s := &stream{local: local}
	defer t.links.leave(s)
	t.links.begin(s)
	remote, err := t.dialServer(s)
	if err != nil {
		return // the browser sees a closed connection, and State tells why
	}
	stop := context.AfterFunc(t.ctx, func() { _ = local.Close(); _ = remote.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { t.copy(s, remote, local) })
	both.Go(func() { t.copy(s, local, remote) })
	both.Wait()
	_ = remote.Close()
}

// copy passes one direction on until its end. A clean end is passed on alone,
// because the other direction may continue; any other ends both, and so that the
// browser does not take what it has for the whole.
func (t *Tunnel) copy(s *stream, dst, src net.Conn) {
	err := t.pass(s, dst, src)
	if err == nil && s.link.wire.broken.Load() { // to the SSH library, that is an end like any other
		err = net.ErrClosed
	}
	if half, ok := dst.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	if err != nil {
		for _, c := range []net.Conn{dst, src} {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset
			}
			_ = c.Close()
		}
	}
}

// pass copies until the end. Most streams carry little, for hours, and have a
// small buffer; one that fills it is lent a large one while it does.
func (t *Tunnel) pass(s *stream, dst, src net.Conn) error {
	small := make([]byte, smallPiece)
	var large []byte
	defer func() {
		if large != nil {
			t.buffers.put(large)
		}
	}()
	count := meter{rules: t.links.rules}
	begins := src != s.local
	for {
		buf := small
		if large != nil {
			buf = large
		}
		n, err := src.Read(buf)
		if n > 0 {
			if begins {
				t.links.came(s)
				begins = false
			}
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
			if count.add(n) {
				t.links.carries(s)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case large == nil && n == len(small):
			large = t.buffers.get()
		case large != nil && n < len(small):
			t.buffers.put(large)
			large = nil
		}
	}
}

// meter tells when a direction of a stream carries much.
type meter struct {
	rules linkRules
	since time.Time
	moved int64
}

// add reports whether much has come within the time that the rules say.
func (m *meter) add(n int) bool {
	now := time.Now()
	if now.Sub(m.since) > m.rules.within {
		m.since, m.moved = now, 0
	}
	m.moved += int64(n)
	if m.moved < m.rules.much {
		return false
	}
	m.since, m.moved = now, 0
	return true
}
