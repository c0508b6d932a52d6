package remote

import "sync"

const (
	smallPiece = 16 << 10
	largePiece = 256 << 10 // the SSH channel's window is 2 MiB
	// largePieces is how many large buffers a tunnel lends at a time: both
	// directions of eight streams. All others copy in small pieces.
	largePieces = 16
	keptPieces  = 2
	// reserved is how much memory a tunnel holds, and does not write to, while
	// streams carry much. The SSH library allocates each packet that comes, and
	// Go collects what is garbage whenever the heap has doubled: for a small heap
	// and a fast line a hundred times a second, which takes a third of the time.
	// With the reserve it is a fifth as often. The system gives no memory for what
	// is not written to, unless Go clears some that it had before; up to as much is
	// garbage at a time.
	reserved = 16 << 20
)

// buffers lends large buffers to those who copy much, a limited number of them.
type buffers struct {
	mu   sync.Mutex
	free [][]byte
	lent int
}

// get returns a large buffer, or nil when all are lent.
func (b *buffers) get() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent == largePieces {
		return nil
	}
	b.lent++
	if n := len(b.free); n > 0 {
		p := b.free[n-1]
		b.free = b.free[:n-1]
		return p
	}
	return make([]byte, largePiece)
}

// put takes a buffer back; few are kept for the next one who asks.
func (b *buffers) put(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lent--
	if len(b.free) < keptPieces {
		b.free = append(b.free, p)
	}
}
