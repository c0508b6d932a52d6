package testhost

import (
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// listenIn listens in another network namespace. A socket stays in the one it
// was made in. The thread that entered it goes back to its own: one that ended
// would take with it the processes that it has started to die with their parent
// (PR_SET_PDEATHSIG), such as a browser.
func listenIn(namespace, addr string) (net.Listener, error) {
	entry, err := os.Open(namespace)
	if err != nil {
		return nil, err
	}
	defer func() { _ = entry.Close() }()
	var listener net.Listener
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = home.Close() }()
		if err = unix.Setns(int(entry.Fd()), unix.CLONE_NEWNET); err == nil {
			listener, err = net.Listen("tcp4", addr)
			if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
				runtime.UnlockOSThread()
			} // else it ends with this goroutine: nothing else may run on it
		}
		done <- err
	}()
	err = <-done
	return listener, err
}
