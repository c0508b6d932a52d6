package page

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

const (
	// flushEvery is how often events reach the screen: drawing happens after
	// every message, so a message a line would draw thousands of times.
	flushEvery = 50 * time.Millisecond
	// batchMax is how many events wait at most; then the step waits for the
	// screen. Nothing is ever dropped on the way.
	batchMax = 4096
)

// Bridge batches what a task says. Emit may be called from many goroutines;
// Close hands over what is left and returns when the screen has it, so that
// the task's own result comes after the last thing it said.
type Bridge[T any] struct {
	hand func([]T)
	// replaces says that of two things in a row the second alone is worth
	// drawing; may be nil.
	replaces func(next, last T) bool

	mu      sync.Mutex
	pending []T
	closed  bool
	room    *sync.Cond
	stop    chan struct{}
	stopped chan struct{}
}

// NewBridge begins a bridge to hand; replaces reports whether the next thing
// stands for the last one.
func NewBridge[T any](hand func([]T), replaces func(next, last T) bool) *Bridge[T] {
	b := &Bridge[T]{hand: hand, replaces: replaces, stop: make(chan struct{}), stopped: make(chan struct{})}
	b.room = sync.NewCond(&b.mu)
	go b.run()
	return b
}

// EventsCame is a batch of what the running task said, in order.
type EventsCame struct {
	ID     TaskID
	Events []steps.Event
}

// NewEvents is the bridge of a task whose events go to the page that began it.
func NewEvents(id TaskID, send func(tea.Msg)) *Bridge[steps.Event] {
	return NewBridge(func(batch []steps.Event) { send(EventsCame{ID: id, Events: batch}) }, Redraws)
}

// Redraws reports whether an event is the next state of the same progress bar.
func Redraws(next, last steps.Event) bool {
	return next.Kind == steps.Output && last.Partial && last.Step == next.Step
}

// Emit takes one thing; it waits while too many wait for the screen.
func (b *Bridge[T]) Emit(e T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.pending) >= batchMax && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		return
	}
	if n := len(b.pending); n > 0 && b.replaces != nil && b.replaces(e, b.pending[n-1]) {
		b.pending[n-1] = e
		return
	}
	b.pending = append(b.pending, e)
}

func (b *Bridge[T]) run() {
	defer close(b.stopped)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.flush()
		case <-b.stop:
			b.flush()
			return
		}
	}
}

func (b *Bridge[T]) flush() {
	b.mu.Lock()
	batch := b.pending
	b.pending = nil
	b.room.Broadcast()
	b.mu.Unlock()
	if len(batch) > 0 {
		b.hand(batch)
	}
}

// Close hands over what is left.
func (b *Bridge[T]) Close() {
	close(b.stop)
	<-b.stopped
	b.mu.Lock()
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
}
