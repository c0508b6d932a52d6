package project

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// A pass ends when it is to, whatever the host is at.
func TestAPassIsCancelled(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "0")
	p := s.open()
	folder, err := os.Open(s.there)
	must(t, err)
	defer func() { _ = folder.Close() }()
	must(t, unix.Flock(int(folder.Fd()), unix.LOCK_EX)) // which the host's part waits for
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := p.Pass(ctx)
		done <- err
	}()
	untilItWaits(t, folder)
	cancel()
	if err := await.Receive(t, "the pass", done); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}
