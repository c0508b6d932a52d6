package hosttest

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// zeros is a server that sends them without end.
const zeros = `import socketserver
class Zeros(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            self.request.sendall(bytes(1 << 16))
socketserver.ThreadingTCPServer(("127.0.0.1", 9999), Zeros).serve_forever()`

// tunnelOfMany carries so much through a tunnel that it logs in four times.
func (i *idler) tunnelOfMany() {
	i.t.Helper()
	logins := func() int {
		out, err := i.host.Run(i.t.Context(), "journalctl -t sshd -t sshd-session -o cat | grep -c ^Accepted")
		n, err2 := strconv.Atoi(strings.TrimSpace(out))
		if err := errors.Join(err, err2); err != nil {
			i.t.Fatal(err)
		}
		return n
	}
	before := logins()
	if out, err := i.host.Run(i.t.Context(), "setsid python3 -c '"+zeros+"' </dev/null >/dev/null 2>&1 &"); err != nil {
		i.t.Fatalf("%v: %s", err, out)
	}
	tunnel, err := remote.OpenTunnel(i.t.Context(), remote.TunnelSpec{RemoteAddr: "127.0.0.1:9999", Dial: i.dial})
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = tunnel.Close() }()
	i.wait("four logins", func() bool {
		c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(tunnel.LocalPort())))
		if err == nil {
			i.t.Cleanup(func() { _ = c.Close() })
			_, _ = io.CopyN(io.Discard, c, 8<<20)
		}
		return logins() >= before+4
	})
}
