package project

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever writes to a file is seen, and nobody else is.
func TestWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "content")
	h, err := openHere(dir, nil, Tree{})
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
