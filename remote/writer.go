package remote

import (
	"io"
	"sync"
	"time"
)

const writePiece = 256 << 10

// writer passes on in large pieces what is written to it in small ones: while
// one piece is on its way the next one gathers. Nothing waits for more to come:
// what is written when nothing is on its way leaves at once. It holds twice its
// piece at most; who writes more waits.
type writer struct {
	to    io.Writer
	piece int

	mu      sync.Mutex
	moved   sync.Cond // room was made, all is written, or it failed
	waiting []byte    // the next piece
	spare   []byte    // the memory of the one before
	running bool      // run is at work
	held    bool      // it does not begin
	err     error
}

func newWriter(to io.Writer, piece int) *writer {
	w := &writer{to: to, piece: piece}
	w.moved.L = &w.mu
	return w
}

// Write takes p, and returns the error of an earlier one that could not be sent.
func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for {
		for w.err == nil && len(w.waiting) == w.piece {
			w.moved.Wait()
		}
		if w.err != nil {
			return n, w.err
		}
		part := p[n:min(len(p), n+w.piece-len(w.waiting))]
		w.waiting = append(w.room(len(part)), part...)
		n += len(part)
		w.start()
		if n == len(p) {
			return n, nil
		}
	}
}

// hold lets what is written gather for a moment.
func (w *writer) hold(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = true
	time.AfterFunc(d, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.held = false
		w.start()
	})
}

func (w *writer) start() {
	if !w.running && !w.held && len(w.waiting) > 0 {
		w.running = true
		go w.run()
	}
}

// room is what waits, with memory for n more bytes.
func (w *writer) room(n int) []byte {
	need := len(w.waiting) + n
	if need <= cap(w.waiting) {
		return w.waiting
	}
	size := w.piece
	if need <= smallPiece {
		size = smallPiece
	}
	return append(make([]byte, 0, size), w.waiting...)
}

// run writes until nothing waits.
func (w *writer) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && len(w.waiting) > 0 {
		piece := w.waiting
		w.waiting = w.spare[:0]
		w.moved.Broadcast()
		w.mu.Unlock()
		_, err := w.to.Write(piece)
		w.mu.Lock()
		w.spare = piece
		if err != nil && w.err == nil {
			w.err = err
		}
	}
	w.running = false
	w.moved.Broadcast()
}

// drain waits until all is written, and returns why it is not.
func (w *writer) drain() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && len(w.waiting) > 0 || w.running {
		w.moved.Wait()
	}
	return w.err
}

// fail takes nothing more.
func (w *writer) fail(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = why
	}
	w.moved.Broadcast()
}
