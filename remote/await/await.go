package await

import (
	"context"
	"testing"
	"time"
)

const (
	// Limit is how long a test may take that has not asked for more. The time
	// in which it waits for its turn, for what it shares with others, or for
	// its own subtests, is not counted.
	Limit = 2 * time.Minute
	// Wait is how long a test waits for one thing.
	Wait = 90 * time.Second
	// Long is how long a test waits for one thing that is made of many: a whole
	// guide, from nothing to a Jupyter that answers.
	Long = 4 * time.Minute

	look = 20 * time.Millisecond
)

// Allow gives a test, with its subtests, more time than [Limit], and says why
// it takes it. The context ends a little earlier, so that the test fails by
// what it waits for, and its cleanups run.
func Allow(t testing.TB, limit time.Duration, why string) context.Context {
	t.Helper()
	t.Logf("may take %v: %s", limit, why)
	ctx, cancel := context.WithTimeout(t.Context(), limit*9/10)
	t.Cleanup(cancel)
	return ctx
}

// Context is the test's, and ends when waiting for one thing, which begins
// now, is hopeless.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Wait)
	t.Cleanup(cancel)
	return ctx
}

// Ending is [Context] for what a test's cleanup waits for, when the test's own
// context has ended.
func Ending(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.WithoutCancel(t.Context()), Wait)
}

// Comes waits until done, and reports whether it came to that.
func Comes(ctx context.Context, done func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, Wait)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// Until waits until done, and fails the test by what it waited for.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	if !Comes(t.Context(), done) {
		t.Fatalf("it never came: %s", what)
	}
}

// Receive waits for a value, or for the channel's end, and fails the test by
// what it waited for.
func Receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	hopeless := time.NewTimer(Wait)
	defer hopeless.Stop()
	select {
	case v := <-from:
		return v
	case <-hopeless.C:
		t.Fatalf("it never came: %s", what)
		panic("not reached")
	}
}

// Shared makes what several tests use, by a function that does so once and
// answers the same each time, such as sync.OnceValues gives. The first to come
// takes as long as it takes, and so do those who wait for it.
func Shared[T any](t testing.TB, what string, once func() (T, error)) T {
	t.Helper()
	t.Logf("waits for %s", what)
	v, err := once()
	t.Log("goes on")
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return v
}
