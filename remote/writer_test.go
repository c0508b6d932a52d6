package remote

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// turnstile lets one write through for each token, and notes its size.
type turnstile struct {
	tokens chan struct{}
	err    error

	mu    sync.Mutex
	sizes []int
	all   bytes.Buffer
}

func (g *turnstile) Write(p []byte) (int, error) {
	<-g.tokens
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	g.sizes = append(g.sizes, len(p))
	return g.all.Write(p)
}

func (g *turnstile) written() (writes, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.sizes), g.all.Len()
}

// What comes while a piece is on its way leaves together, and what comes when
// nothing is, at once.
func TestWriterGathers(t *testing.T) {
	g := &turnstile{tokens: make(chan struct{}, 100)}
	w := newWriter(g, 1000)
	write := func(n int) {
		t.Helper()
		if got, err := w.Write(make([]byte, n)); got != n || err != nil {
			t.Fatalf("%d of %d bytes: %v", got, n, err)
		}
	}
	write(1) // on its way
	await.Until(t, "the first byte's leaving", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.waiting) == 0 })
	for range 10 {
		write(10)
	}
	g.tokens <- struct{}{}
	g.tokens <- struct{}{}
	if err := w.drain(); err != nil {
		t.Fatal(err)
	}
	if g.sizes[0] != 1 || len(g.sizes) != 2 {
		t.Errorf("the pieces are of %v bytes", g.sizes)
	}
	g.tokens <- struct{}{}
	write(5) // nobody drains it
	await.Until(t, "what comes later", func() bool { _, n := g.written(); return n == 106 })
}

// However much is written, it holds two pieces at most, and loses nothing.
func TestWriterIsBounded(t *testing.T) {
	g := &turnstile{tokens: make(chan struct{})}
	const piece = 100 << 10
	w := newWriter(g, piece)
	sent := make([]byte, 20*piece)
	for i := range sent {
		sent[i] = byte(rand.Uint32())
	}
	done := make(chan error, 1)
	go func() {
		for p := sent; len(p) > 0; {
			n := min(len(p), 1+rand.IntN(2*piece))
			if _, err := w.Write(p[:n]); err != nil {
				done <- err
				return
			}
			p = p[n:]
		}
		done <- w.drain()
	}()
	for waits := true; waits; {
		select {
		case g.tokens <- struct{}{}:
			w.mu.Lock()
			if held := cap(w.waiting) + cap(w.spare); held > 2*piece {
				t.Errorf("%d bytes are held, in pieces of %d", held, piece)
			}
			w.mu.Unlock()
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			waits = false
		}
	}
	if !bytes.Equal(g.all.Bytes(), sent) {
		t.Errorf("%d bytes of %d arrived", g.all.Len(), len(sent))
	}
}

// An error is told to whoever writes next, or waits for room, or for the end.
func TestWriterTellsItsError(t *testing.T) {
	broken := errors.New("broken")
	g := &turnstile{tokens: make(chan struct{}), err: broken}
	w := newWriter(g, 100)
	if _, err := w.Write(make([]byte, 50)); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	go func() { _, err := w.Write(make([]byte, 1000)); waits <- err }()
	close(g.tokens)
	if err := await.Receive(t, "the error, where room was waited for", waits); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Write([]byte("more")); !errors.Is(err, broken) {
		t.Errorf("got %v from a later write", err)
	}
	if err := w.drain(); !errors.Is(err, broken) {
		t.Errorf("got %v at the end", err)
	}
}

// A connection that is closed sends what was written to it; where nobody reads,
// it is closed all the same.
func TestWireCloses(t *testing.T) {
	sent := bytes.Repeat([]byte("last words "), 10_000)
	got := make(chan []byte, 1)
	addr := serve(t, func(c net.Conn) { b, _ := io.ReadAll(c); got <- b })
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(c)
	if _, err := w.Write(sent); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if b := await.Receive(t, "what was written", got); !bytes.Equal(b, sent) {
		t.Errorf("%d bytes of %d arrived", len(b), len(sent))
	}
	if _, err := w.Write(sent); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed connection took more: %v", err)
	}

	deaf, _ := net.Pipe()
	w = newWire(deaf)
	if _, err := w.Write(sent); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- w.Close() }()
	if err := await.Receive(t, "a close that does not wait for ever", closed); err == nil {
		t.Error("nothing tells that it was not sent")
	}
}

// A deadline ends a write that waits for room.
func TestWireKeepsDeadlines(t *testing.T) {
	deaf, _ := net.Pipe()
	w := newWire(deaf)
	defer func() { _ = w.Close() }()
	ended := make(chan error, 1)
	go func() { _, err := w.Write(make([]byte, 4*writePiece)); ended <- err }()
	if err := w.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := await.Receive(t, "the end of the write", ended); !isTimeout(err) {
		t.Errorf("got %v", err)
	}
}

// inUse is how many are lent.
func (b *buffers) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lent
}

// Large buffers are lent to those who copy much, and to so many only; all the
// others copy too.
func TestTunnelLendsFewBuffers(t *testing.T) {
	var b buffers
	var lent [][]byte
	for range largePieces {
		lent = append(lent, b.get())
	}
	if lent[largePieces-1] == nil || b.get() != nil {
		t.Error("they are not so many")
	}
	for _, p := range lent {
		b.put(p)
	}
	if b.lent != 0 || len(b.free) != keptPieces {
		t.Errorf("%d are lent and %d free at the end", b.lent, len(b.free))
	}

	tunnel, _, _ := openTunnel(t, startHost(t, nil), TunnelSpec{})
	quiet := connect(t, local(tunnel))
	echo(t, quiet, "quiet")
	if n := tunnel.buffers.inUse(); n != 0 {
		t.Errorf("a quiet stream has %d large buffers", n)
	}
	var all sync.WaitGroup
	for range 3 * largePieces {
		all.Go(func() {
			c, err := net.Dial("tcp", local(tunnel))
			if err == nil {
				err = echoed(c)
				_ = c.Close()
			}
			if err != nil {
				t.Error(err)
			}
			if n := tunnel.buffers.inUse(); n > largePieces {
				t.Errorf("%d large buffers are lent", n)
			}
		})
	}
	all.Wait()
	await.Until(t, "all buffers back", func() bool { return tunnel.buffers.inUse() == 0 })
}
