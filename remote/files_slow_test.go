//go:build unix

package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd is how many bytes are under way at the same time, and were at most.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

// took returns the most since it was last asked.
func (c *crowd) took() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.most
	c.most = c.now
	return most
}

// distant puts a distance between a client and a host: each byte is under way for
// that long, and as many as like are at the same time.
func distant(t testing.TB, to string, oneWay time.Duration) (addr string, there, back *crowd) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	there, back = &crowd{}, &crowd{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				return
			}
			go carry(up, c, oneWay, there)
			go carry(c, up, oneWay, back)
		}
	}()
	return l.Addr().String(), there, back
}

func carry(to io.WriteCloser, from io.Reader, oneWay time.Duration, all *crowd) {
	type piece struct {
		b  []byte
		at time.Time
	}
	way := make(chan piece, 1<<16)
	go func() {
		defer close(way)
		for {
			buf := make([]byte, 64<<10)
			n, err := from.Read(buf)
			if n > 0 {
				all.add(n)
				way <- piece{buf[:n], time.Now().Add(oneWay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.at))
		all.add(-len(p.b))
		if _, err := to.Write(p.b); err != nil {
			break
		}
	}
	_ = to.Close()
}

// At 100 ms, neither many small files nor a large one cost a round trip each:
// much more is under way at a time than one request, or one piece of a file.
func TestCopyOverASlowConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	h := startOpenSSH(t)
	addr, there, back := distant(t, h.addr, 50*time.Millisecond)
	h.addr = addr
	c, dir := h.client(t), t.TempDir()
	const files, size, piece = 120, 20 << 20, 32 << 10
	for n := range files {
		write(t, filepath.Join(dir, "small", fmt.Sprint("folder", n%10), fmt.Sprint(n)), "small", 0o644)
	}
	write(t, filepath.Join(dir, "large", "file"), strings.Repeat("0123456789abcdef", size/16), 0o644)
	for tree, want := range map[string]struct {
		files    int
		up, down int    // bytes at a time
		gets     *crowd // what down is of: the requests, or the answers
	}{
		"small": {files, 2000, 2000, there},
		"large": {1, 8 * piece, 8 * piece, back},
	} {
		there.took()
		got, err := c.Put(t.Context(), []string{filepath.Join(dir, tree)}, tree, CopyOptions{Recursive: true})
		if err != nil || got.Files != want.files {
			t.Fatalf("%s: %+v, %v", tree, got, err)
		}
		up := there.took()
		want.gets.took()
		got, err = c.Get(t.Context(), []string{tree}, filepath.Join(dir, "back-"+tree), CopyOptions{Recursive: true})
		if err != nil || got.Files != want.files {
			t.Fatalf("%s: %+v, %v", tree, got, err)
		}
		down := want.gets.took()
		if up < want.up || down < want.down {
			t.Errorf("%s: at most %d bytes were under way while it went up, and %d while it came down; want %d and %d", tree, up, down, want.up, want.down)
		}
	}
}

// A connection that is dead does not hold up who gives up.
func TestCopyGivenUpOnADeadConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	h := startOpenSSH(t)
	r := newRelay(t, h.addr)
	h.addr = r.addr
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := h.client(t).Put(ctx, []string{big(t)}, "half", CopyOptions{Progress: func(p CopyProgress) {
		if p.Bytes > 0 && ctx.Err() == nil {
			r.swallow()
			cancel()
		}
	}})

	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// No name of a host's leads out of the folder it is in.
func FuzzGoodName(f *testing.F) {
	for _, name := range append([]string{"", ".", "..", "/", "a/b", "../x", "x/..", "\x00", "...", `..\x`}, odd...) {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		const dir = "/the/folder"
		if goodName(name) == nil && filepath.IsLocal(name) && filepath.Dir(filepath.Join(dir, name)) != dir {
			t.Errorf("%q leads to %s", name, filepath.Join(dir, name))
		}
	})
}
