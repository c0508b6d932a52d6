package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// Whoever writes to a file is seen, and nobody else is.
func TestWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "content")
	h, err := openHere(dir, nothing())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.close() }()
	is := func(what string, want bool) {
		t.Helper()
		if busy, known := h.written("f"); busy != want || !known {
			t.Errorf("%s: %v, known: %v", what, busy, known)
		}
	}
	is("nobody", false)
	reader, err := os.Open(filepath.Join(dir, "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	is("a reader", false)
	writer, err := os.OpenFile(filepath.Join(dir, "f"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	is("a writer", true)
	mapped, err := unix.Mmap(int(writer.Fd()), 0, 7, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	is("a mapping", true)
	if err := unix.Munmap(mapped); err != nil {
		t.Fatal(err)
	}
	is("nobody any more", false)
	if busy, known := h.written("none"); busy || known {
		t.Errorf("nothing: %v, known: %v", busy, known)
	}
}

// What another one has under way on the host is waited for.
func TestTurnsOnTheHost(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "0")
	p := s.open()
	s.pass(p)
	folder, err := os.Open(s.there)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.here, "a"), "1")
	done := make(chan error, 1)
	go func() {
		_, err := p.Pass(t.Context())
		done <- err
	}()
	untilItWaits(t, folder)
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	if err := await.Receive(t, "the pass", done); err != nil {
		t.Error(err)
	}
	s.alike(map[string]string{"a": "=1"})
}

// untilItWaits waits until somebody waits for the lock of a folder.
func untilItWaits(t *testing.T, folder *os.File) {
	t.Helper()
	info, err := folder.Stat()
	if err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the host's part waits for its turn", func() bool {
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(strings.Split(string(locks), "\n"), func(line string) bool {
			return strings.Contains(line, "-> FLOCK") && strings.Contains(line, fmt.Sprintf(":%d ", identify(info).Inode))
		})
	})
}
