package testhost

import (
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// listenIn listens in another network namespace. A socket stays in the one it
// was made in; the thread that entered it ends with its goroutine.
func listenIn(namespace, addr string) (net.Listener, error) {
	entry, err := os.Open(namespace)
	if err != nil {
		return nil, err
	}
	defer func() { _ = entry.Close() }()
	var listener net.Listener
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: nothing else runs on it
		err := unix.Setns(int(entry.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			listener, err = net.Listen("tcp4", addr)
		}
		done <- err
	}()
	return listener, <-done
}
