package remote

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxGreeting = 1 << 10
	readPiece   = 256 << 10
	// lastWords is how long a connection that is closed takes at most to send
	// what was written to it before.
	lastWords = time.Second
)

// wire is the TCP connection below SSH. It reads and writes in large pieces (the
// SSH library's own of 4 KiB cost seven times the system calls), remembers when
// the last byte came, and how the server greeted.
type wire struct {
	net.Conn
	r    *bufio.Reader
	out  *writer
	last atomic.Int64 // time of the last byte, since start
	from time.Time
	// broken says that nothing will come any more. It is set before the SSH
	// library knows, which ends everything that runs over it.
	broken atomic.Bool
	// executes says that a session is open, so that sshd sends at once.
	executes atomic.Bool

	mu   sync.Mutex
	head []byte // the first bytes, at most maxGreeting
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, from: time.Now(), out: newWriter(c, writePiece)}
	w.r = bufio.NewReaderSize(readFunc(w.receive), readPiece)
	return w
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (w *wire) Read(p []byte) (int, error) { return w.r.Read(p) }

// Write hands p over to be written in the background: an error shows at the
// next Write, or at Close.
func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }

// Close sends what was written, unless nothing goes through any more, and
// closes the connection.
func (w *wire) Close() error {
	var err error
	if !w.broken.Load() {
		_ = w.SetWriteDeadline(time.Now().Add(lastWords)) // closed already, if it fails
		err = w.out.drain()
	}
	w.out.fail(net.ErrClosed)
	return errors.Join(err, w.Conn.Close())
}

func (w *wire) receive(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.last.Store(int64(time.Since(w.from)))
	if err != nil {
		w.broken.Store(true)
	} else if !w.executes.Load() {
		acknowledge(w.Conn)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := maxGreeting - len(w.head); room > 0 {
		w.head = append(w.head, p[:min(n, room)]...)
	}
	return n, err
}

func (w *wire) silent() time.Duration {
	return time.Since(w.from) - time.Duration(w.last.Load())
}

func (w *wire) greeting() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.head)
}
