package remote

import (
	"net"

	"golang.org/x/sys/unix"
)

// acknowledge has the system acknowledge at once what came: sshd holds each
// small packet back until the one before is acknowledged, as long as nothing was
// executed, and the system would wait for up to 40 ms. It holds for a moment
// only, so it is asked for again.
func acknowledge(c net.Conn) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Where it cannot be, it is slower.
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
}
