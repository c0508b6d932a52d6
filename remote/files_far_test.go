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
	"testing"
	"time"
)

// far puts a distance between a client and a host: each byte is under way for
// that long, and as many as like are at the same time.
func far(t testing.TB, to string, oneWay time.Duration) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
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
			go carry(up, c, oneWay)
			go carry(c, up, oneWay)
		}
	}()
	return l.Addr().String()
}

func carry(to io.WriteCloser, from io.Reader, oneWay time.Duration) {
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
				way <- piece{buf[:n], time.Now().Add(oneWay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.at))
		if _, err := to.Write(p.b); err != nil {
			break
		}
	}
	_ = to.Close()
}

// At 100 ms, neither many small files nor a large one cost a round trip each.
func TestCopyFar(t *testing.T) {
	h := startOpenSSH(t)
	h.addr = far(t, h.addr, 50*time.Millisecond)
	c, local := h.client(t), filepath.Join(t.TempDir(), "tree")
	const small, size = 120, 20 << 20
	for n := range small {
		write(t, filepath.Join(local, fmt.Sprint("folder", n%10), fmt.Sprint(n)), "small", 0o644)
	}
	write(t, filepath.Join(local, "large"), strings.Repeat("0123456789abcdef", size/16), 0o644)
	begin := time.Now()
	got, err := c.Put(t.Context(), local, "there", CopyOptions{Recursive: true})
	up := time.Since(begin)
	if err != nil || got.Files != small+1 {
		t.Fatalf("%+v, %v", got, err)
	}
	begin = time.Now()
	got, err = c.Get(t.Context(), "there", filepath.Join(t.TempDir(), "back"), CopyOptions{Recursive: true})
	down := time.Since(begin)
	if err != nil || got.Files != small+1 {
		t.Fatalf("%+v, %v", got, err)
	}
	t.Logf("%d small files and %d MB: up in %.1f s, down in %.1f s", small, size>>20, up.Seconds(), down.Seconds())
	// One request at a time would take a round trip for each 32 KiB alone.
	if slow := size / (32 << 10) * 100 * time.Millisecond; up > slow/2 || down > slow/2 {
		t.Errorf("one at a time takes %v", slow)
	}
}

// A connection that is dead does not hold up who gives up.
func TestCopySilent(t *testing.T) {
	h := startOpenSSH(t)
	r := newRelay(t, h.addr)
	h.addr = r.addr
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begin := time.Now()
	_, err := h.client(t).Put(ctx, big(t), "half", CopyOptions{Progress: func(p CopyProgress) {
		if p.Bytes > 0 && ctx.Err() == nil {
			r.swallow()
			cancel()
			begin = time.Now()
		}
	}})
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 2*copyGrace {
		t.Errorf("after %v: %v", time.Since(begin), err)
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
