package remote

import "time"

// grow makes the connections that are missing, all at the same time: one for
// each stream that carries much, and so many more. A host that refuses one is
// left in peace for a while. Nobody is asked about them.
func (l *links) grow(more int) {
	now := time.Now()
	missing := min(l.carryingMuch(now)+more, l.rules.most) - len(l.up) - l.dialing
	if missing <= 0 || !l.mayGrow(now) {
		return
	}
	from := l.up[0].Client
	l.dialing += missing
	for range missing {
		l.wg.Go(func() { l.further(from) })
	}
}

// mayGrow reports whether a further connection may be made now, or is being made.
func (l *links) mayGrow(now time.Time) bool {
	return len(l.up) > 0 && len(l.up) < l.rules.most && l.ctx.Err() == nil && !now.Before(l.next) && !l.up[0].asks()
}

func (l *links) further(from *Client) {
	c, err := from.another(l.ctx)
	if err == nil {
		l.add(c, 1)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dialing--
	l.retreat()
	l.wake()
}

// retreat tries no further connections for a while.
func (l *links) retreat() {
	now := time.Now()
	if now.Before(l.next) { // of several that failed at a time, one counts
		return
	}
	l.failed = min(max(2*l.failed, l.rules.refuse), 10*l.rules.refuse)
	l.next = now.Add(l.failed)
}
