//go:build unix

package remote

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// openToAll lets everybody read a file.
func openToAll(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// agentAt serves those who come to a socket, and returns where it is.
func agentAt(t *testing.T, serve func(io.ReadWriter)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
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
			go func() {
				serve(c)
				_ = c.Close()
			}()
		}
	}()
	return filepath.Join(dir, "s")
}
