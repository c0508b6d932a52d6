package remote

import (
	"context"
	"time"
)

// Pause waits, or ends early with ctx's error.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff waits longer each time: 0.2 s up to 5 s.
type backoff struct{ last time.Duration }

func (b *backoff) pause(ctx context.Context) error {
	b.last = min(max(2*b.last, 200*time.Millisecond), 5*time.Second)
	return Pause(ctx, b.last)
}
