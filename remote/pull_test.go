//go:build unix

package remote

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// slowly is a file whose pieces come in any order.
type slowly struct{ *bytes.Reader }

func (s slowly) ReadAt(p []byte, at int64) (int, error) {
	for range rand.IntN(20) {
		runtime.Gosched()
	}
	return s.Reader.ReadAt(p, at)
}

type broken struct{ from int64 }

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at >= b.from {
		return 0, io.ErrUnexpectedEOF
	}
	return len(p), nil
}

// Whatever the order in which pieces come, they are written in the file's.
func TestPull(t *testing.T) {
	content := make([]byte, 1<<16+123)
	_, _ = rand.NewChaCha8([32]byte{3}).Read(content) // it never fails
	for _, size := range []int{1, 100, 123, 1 << 12, 1 << 20} {
		for _, files := range []int{1, 2, 3} {
			var all []reader
			for range files {
				all = append(all, slowly{bytes.NewReader(content)})
			}
			at := rand.Int64N(int64(len(content)) + 1)
			var got bytes.Buffer
			if err := pull(all, at, size, 7, &got); err != nil || !bytes.Equal(got.Bytes(), content[at:]) {
				t.Errorf("%d files, pieces of %d, from %d: %d bytes, %v", files, size, at, got.Len(), err)
			}
		}
	}
	var got bytes.Buffer
	if err := pull([]reader{broken{1000}}, 0, 100, 5, &got); !errors.Is(err, io.ErrUnexpectedEOF) || got.Len() != 1000 {
		t.Errorf("%d bytes before the failure, %v", got.Len(), err)
	}
	if err := pull([]reader{broken{1000}}, 0, 100, 5, full{}); !errors.Is(err, errEnough) {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errEnough }

// A host that gives one session only is read from by one channel.
func TestGetOverOneSession(t *testing.T) {
	h := startOpenSSH(t, func(conf string) string { return "MaxSessions 1\n" + conf })
	local := filepath.Join(t.TempDir(), "big")
	content := make([]byte, wideFile+1)
	_, _ = rand.NewChaCha8([32]byte{4}).Read(content) // it never fails
	if err := os.WriteFile(local, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c := h.client(t)
	for _, name := range []string{"a", "b"} {
		must[Copied](t)(c.Put(t.Context(), []string{local}, name, CopyOptions{}))
		must[Copied](t)(c.Get(t.Context(), []string{name}, local+name, CopyOptions{}))
		if got := must[[]byte](t)(os.ReadFile(local + name)); !bytes.Equal(got, content) {
			t.Errorf("%d bytes", len(got))
		}
	}
}
