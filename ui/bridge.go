package ui

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

// bridge batches a task's events. emit may be called from many goroutines;
// close hands over what is left and returns when the screen has it, so that
// the task's own result comes after its last event.
type bridge struct {
	id   int
	send func(tea.Msg)

	mu      sync.Mutex
	pending []steps.Event
	closed  bool
	room    *sync.Cond
	stop    chan struct{}
	stopped chan struct{}
}

func newBridge(id int, send func(tea.Msg)) *bridge {
	b := &bridge{id: id, send: send, stop: make(chan struct{}), stopped: make(chan struct{})}
	b.room = sync.NewCond(&b.mu)
	go b.run()
	return b
}

func (b *bridge) emit(e steps.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.pending) >= batchMax && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		return
	}
	// Of a progress bar only the newest state is worth drawing.
	if n := len(b.pending); n > 0 && e.Kind == steps.Output && b.pending[n-1].Partial && b.pending[n-1].Step == e.Step {
		b.pending[n-1] = e
		return
	}
	b.pending = append(b.pending, e)
}

func (b *bridge) run() {
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

func (b *bridge) flush() {
	b.mu.Lock()
	batch := b.pending
	b.pending = nil
	b.room.Broadcast()
	b.mu.Unlock()
	if len(batch) > 0 {
		b.send(eventsCame{id: b.id, events: batch})
	}
}

func (b *bridge) close() {
	close(b.stop)
	<-b.stopped
	b.mu.Lock()
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
}
