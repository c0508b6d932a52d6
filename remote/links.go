package remote

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// linkRules decide how many connections a tunnel has.
type linkRules struct {
	most   int           // connections at a time
	much   int64         // bytes: a stream that carries as many within ...
	within time.Duration // ... this, carries much
	linger time.Duration // how long further connections are used after the last stream carried much
	refuse time.Duration // how long none is tried after one failed; twice as long each time, ten times at most
	ahead  int           // connections to the server that are opened before they are needed
	unused time.Duration // how long those are kept while nobody comes
	note   time.Duration // how long a connection that is closed right after its login waits at most until it has left its note

	page     int           // as many streams as begin together for a page; more are expected to carry much
	together time.Duration // streams that begin within this of each other begin together, and more over a distance
	apart    time.Duration // how long those wait at most for further connections
}

// usualLinkRules leave a page of Jupyter's on one connection: its files are
// small, and a login costs a small machine more than they do.
func usualLinkRules() linkRules {
	return linkRules{
		most: 4, much: 4 << 20, within: 5 * time.Second, linger: time.Minute, refuse: time.Minute,
		ahead: 6, unused: 2 * time.Minute, note: 5 * time.Second,
		page: 6, together: time.Millisecond, apart: 2 * time.Second,
	}
}

// links are the SSH connections of a tunnel: one, which is made again whenever
// there is none, and more while several streams carry much. A stream stays on
// its connection, so that further ones are for the streams that come after them.
type links struct {
	rules linkRules
	first Redialer                                         // makes a connection where there is none
	open  func(context.Context, *Client) (net.Conn, error) // connects to the server
	where func() string                                    // where that is now
	tell  func()                                           // is called when state has changed
	ctx   context.Context                                  // ends with the tunnel
	wg    *sync.WaitGroup

	mu      sync.Mutex
	up      []*link       // the oldest first
	why     string        // what is wrong, while there is none
	changed chan struct{} // closed, and replaced, when one is added or none is made any more
	dialing int           // further ones under way
	failed  time.Duration // the last pause after one that failed
	next    time.Time     // before it none is tried
	much    time.Time     // when a stream last carried much
	burst   *burst        // the streams that begin just now
	reserve []byte        // while streams carry much
}

// link is one of them, with what goes over it.
type link struct {
	*Client
	streams map[*stream]struct{}
	ahead   *ahead
	noted   chan struct{} // closed when its first command has ended
}

const tunnelUp = "up"

// together is how long what a new connection begins with gathers: until that
// command has executed, sshd answers the first packet at once and the next one a
// whole way to the host and back later.
const together = time.Millisecond

// state is "up", or what is wrong and being mended.
func (l *links) state() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.up) > 0 {
		return tunnelUp
	}
	return l.why
}

// add takes a new connection; once the tunnel is closed, or there are enough,
// it closes it. dialed is 1 where it is one of the further ones under way.
func (l *links) add(c *Client, dialed int) {
	l.mu.Lock()
	if l.dialing -= dialed; dialed > 0 {
		l.failed = 0
	}
	l.wake()
	if l.ctx.Err() != nil || len(l.up) >= l.rules.most {
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), l.rules.note)
		defer cancel()
		c.warm(ctx) // for its note
		_ = c.Close()
		return
	}
	k := &link{Client: c, streams: map[*stream]struct{}{}, noted: make(chan struct{})}
	k.ahead = newAhead(l.ctx, l.wg, l.rules, l.where, func(ctx context.Context) (net.Conn, error) { return l.open(ctx, c) })
	l.up = append(l.up, k)
	only := len(l.up) == 1
	// sshd turns Nagle's algorithm off only once a session has executed
	// something; without it small requests stall for 40 ms and uploads halve.
	// In the background, because nothing has to wait for it. It leaves a note,
	// too, that this login is no person's.
	c.wire.out.hold(together)
	l.wg.Go(func() {
		defer close(k.noted)
		c.warm(context.WithoutCancel(l.ctx)) // ends with the connection
	})
	l.wg.Go(func() { l.watch(k) })
	l.mu.Unlock()
	if only {
		k.ahead.fill()
	}
	l.tell()
}

// watch waits for a connection's end. Where no other is left it is made again;
// further ones are, when streams need them.
func (l *links) watch(k *link) {
	look := time.NewTicker(l.rules.linger / 4)
	defer look.Stop()
	for lost := false; !lost; {
		select {
		case <-k.Done():
			lost = true
		case <-look.C:
			if l.dismiss(k) {
				k.ahead.close()
				_ = k.Close()
				return
			}
		}
	}
	k.ahead.close()
	if l.lost(k) {
		l.redial()
	}
}

// lost takes a connection out, and reports whether it was the last one.
func (l *links) lost(k *link) (last bool) {
	defer l.tell()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(k)
	if len(l.up) == 0 {
		l.why = mending(k.Wait())
		return true
	}
	if time.Since(k.made) < l.rules.refuse { // as hosts do that let in one only
		l.retreat()
	}
	l.grow(0)
	return false
}

func (l *links) remove(k *link) {
	l.up = slices.DeleteFunc(l.up, func(other *link) bool { return other == k })
}

// dismiss takes a further connection out that nothing uses any more. The memory
// that was reserved is let go as well.
func (l *links) dismiss(k *link) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	spreads := l.spreads(time.Now())
	if !spreads {
		l.reserve = nil
	}
	if l.up[0] == k || len(k.streams) > 0 || spreads {
		return false
	}
	l.remove(k)
	return true
}

// redial tries until there is a connection, or the tunnel is closed. It never
// gives up: the machine may be started again tomorrow.
func (l *links) redial() {
	var wait backoff
	for l.ctx.Err() == nil && l.state() != tunnelUp {
		c, err := l.first(l.ctx)
		if err == nil {
			l.add(c, 0)
			return
		}
		if l.ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.why = mending(err)
		l.mu.Unlock()
		l.tell()
		if wait.pause(l.ctx) != nil {
			return
		}
	}
}

func mending(err error) string {
	title := safe.Clean(err.Error())
	if told, ok := problem.Of(err); ok {
		title = told.Title
	}
	return title + "; connecting again"
}

// close ends all connections, new ones when they have left their notes.
func (l *links) close() {
	l.mu.Lock()
	up := slices.Clone(l.up)
	l.mu.Unlock()
	var all sync.WaitGroup
	for _, k := range up {
		all.Go(func() {
			select {
			case <-k.noted:
			case <-k.Done():
			case <-time.After(l.rules.note):
			}
			_ = k.Close()
		})
	}
	all.Wait()
}

// place puts a stream on the connection that has least to do, and waits for one
// while there is none.
func (l *links) place(ctx context.Context, s *stream) (*link, error) {
	for {
		l.mu.Lock()
		now, changed := time.Now(), l.changed
		var again <-chan time.Time
		k := l.best(now)
		if k != nil {
			if left := l.waits(s, k, now); left > 0 {
				k, again = nil, time.After(left)
			}
		}
		if k != nil {
			k.streams[s] = struct{}{}
			s.link = k
			if l.carryingMuch(now) > 0 { // so that what comes next does not wait behind it
				l.grow(1)
			}
			l.mu.Unlock()
			return k, nil
		}
		l.mu.Unlock()
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// best returns the connection with the fewest streams that carry much, and of
// those the one with the fewest streams. Without such streams, that is the
// oldest one, so that the others are let go.
func (l *links) best(now time.Time) *link {
	alive := slices.DeleteFunc(slices.Clone(l.up), func(k *link) bool {
		select {
		case <-k.Done():
			return true
		default:
			return false
		}
	})
	switch {
	case len(alive) == 0:
		return nil
	case !l.spreads(now):
		return alive[0]
	}
	return slices.MinFunc(alive, func(a, b *link) int {
		return cmp.Or(cmp.Compare(l.muchOn(a, now), l.muchOn(b, now)), cmp.Compare(len(a.streams), len(b.streams)))
	})
}

// connect connects a stream's link to the server.
func (l *links) connect(ctx context.Context, k *link) (conn net.Conn, err error) {
	if conn = k.ahead.take(ctx); conn == nil {
		conn, err = l.open(ctx, k.Client)
	}
	l.mu.Lock()
	oldest := len(l.up) > 0 && l.up[0] == k
	l.mu.Unlock()
	if err == nil && oldest {
		k.ahead.fill()
	}
	return conn, err
}

// leave takes a stream away, wherever it has come to.
func (l *links) leave(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.begun()
	if s.link != nil {
		delete(s.link.streams, s)
	}
}

// carries notes that a stream carries much.
func (l *links) carries(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.much = time.Now()
	l.much = s.much
	if l.reserve == nil {
		l.reserve = make([]byte, reserved)
	}
	l.grow(0)
}

// spreads reports whether further connections are in use.
func (l *links) spreads(now time.Time) bool {
	return !l.much.IsZero() && now.Sub(l.much) < l.rules.linger
}

func (l *links) muchOn(k *link, now time.Time) int {
	n := 0
	for s := range k.streams {
		if !s.much.IsZero() && now.Sub(s.much) < l.rules.within {
			n++
		}
	}
	return n
}

func (l *links) carryingMuch(now time.Time) int {
	n := 0
	for _, k := range l.up {
		n += l.muchOn(k, now)
	}
	return n
}

// wake has those look again who wait for a connection.
func (l *links) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}
