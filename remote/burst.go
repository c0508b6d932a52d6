package remote

import (
	"slices"
	"time"
)

// burst is the streams that begin at the same time: each within a moment of the
// one before, while nothing has come back over any of them.
type burst struct {
	streams []*stream
	over    *time.Timer
	known   chan struct{} // closed when it is known whether they are many
	many    bool          // more than a browser opens to a server for a page
	share   int           // where they are, how many of them a connection takes while others are made
	began   time.Time     // when they were
	quiet   time.Duration // since something came back: a connection that is silent for so long has room for the others
}

// begin takes a stream that has just come. Those that begin together with many
// others are expected to carry much, and are spread over several connections
// from their first byte on: later a stream cannot be moved any more. The first
// few are let through at once; the next ones wait for a moment, to see whether
// more come.
func (l *links) begin(s *stream) {
	known := l.join(s)
	if known == nil {
		return
	}
	select {
	case <-known:
	case <-l.ctx.Done():
	}
}

// join adds a stream to those that begin. It returns what the stream has to
// wait for, or nil.
func (l *links) join(s *stream) (known <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, b := time.Now(), l.burst
	if b == nil {
		b = &burst{known: make(chan struct{})}
		b.over = time.AfterFunc(l.moment(), func() { l.burstEnds(b) })
		l.burst = b
	} else {
		b.over.Reset(l.moment())
	}
	s.burst = b
	b.streams = append(b.streams, s)
	switch n := len(b.streams); {
	case b.many:
		l.expectMuch(now, b, s)
	case n > l.rules.page:
		b.many, b.began = true, now
		close(b.known)
		l.expectMuch(now, b, b.streams...)
	case n > l.rules.share(l.rules.page+1) && l.mayGrow(now):
		return b.known
	}
	return nil
}

// longestMoment is the most that a stream of a page begins later, so that a
// burst is seen.
const longestMoment = 5 * time.Millisecond

// moment is how long after each other streams begin together. This computer may
// have much else to do; over a distance there is time for that, as nobody
// notices an eighth of a way there and back. A login takes eight of them.
func (l *links) moment() time.Duration {
	if len(l.up) == 0 {
		return l.rules.together
	}
	login := l.up[0].made.Sub(l.up[0].wire.from)
	return max(l.rules.together, min(login/64, longestMoment))
}

// share is how many of n streams a connection has, where there are as many as
// there may be.
func (r linkRules) share(n int) int { return (n + r.most - 1) / r.most }

// expectMuch takes streams of a burst for some that carry much, and has
// connections made for them.
func (l *links) expectMuch(now time.Time, b *burst, all ...*stream) {
	b.share = max(b.share, l.rules.share(len(b.streams)))
	l.much = now
	waiting := 0
	for _, s := range all {
		s.much = now
		if s.link == nil {
			waiting++
		}
	}
	l.grow(waiting)
}

// burstEnds has the next stream begin another burst.
func (l *links) burstEnds(b *burst) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.burst != b {
		return
	}
	l.burst = nil
	if !b.many {
		close(b.known)
	}
}

// waits is how long a stream waits at most, before it is asked again, for a
// connection that is being made, because k has its share of those that began
// together. Where they turn out to carry little, k falls silent, and is taken.
func (l *links) waits(s *stream, k *link, now time.Time) time.Duration {
	b := s.burst
	if b == nil || !b.many || l.dialing == 0 || l.muchOn(k, now) < b.share {
		return 0
	}
	left := l.rules.apart - now.Sub(b.began)
	if b.quiet > 0 {
		left = min(left, b.quiet-k.wire.silent())
	}
	return left
}

// shortestQuiet is more than what is between two pieces of something large that
// comes from close by.
const shortestQuiet = 10 * time.Millisecond

// came notes that something came back over a stream: it begins no longer.
func (l *links) came(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := s.burst; b != nil && b.many && b.quiet == 0 {
		// There and back took less than this, and what is large comes in pieces
		// that are as far apart at first.
		b.quiet = max(time.Since(b.began)*3/2, shortestQuiet)
		l.wake()
	}
	s.begun()
}

// begun takes a stream out of those that begin; under links' mu.
func (s *stream) begun() {
	if b := s.burst; b != nil {
		b.streams = slices.DeleteFunc(b.streams, func(other *stream) bool { return other == s })
		s.burst = nil
	}
}
