package sshhost

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// forwardTCP opens a TCP connection for the client (RFC 4254, 7.2). What is
// local to the host is its own loopback address, and no one else's.
func (h *Host) forwardTCP(c client, n ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(n.ExtraData(), &to); err != nil {
		_ = n.Reject(ssh.ConnectionFailed, "malformed request")
		return
	}
	h.forward(c, n, "tcp", net.JoinHostPort(h.destination(to.Host), strconv.FormatUint(uint64(to.Port), 10)))
}

// destination is where a name leads, seen from the host.
func (h *Host) destination(name string) string {
	own := h.addr.Addr().String()
	if a, err := netip.ParseAddr(name); err == nil && (a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a.IsUnspecified() || a == netip.IPv6Loopback()) {
		return own
	}
	if name == "" || strings.EqualFold(name, "localhost") || strings.EqualFold(name, h.Name()) {
		return own
	}
	return name
}

// forwardUnix connects to a Unix socket for the client (OpenSSH's PROTOCOL,
// 2.4). A relative path is in the home. Where the host's user is not the
// program's, only sockets in the home can be reached: it is the program that
// connects.
func (h *Host) forwardUnix(c client, n ssh.NewChannel) {
	var to struct {
		Path     string
		Reserved string
		Number   uint32
	}
	if err := ssh.Unmarshal(n.ExtraData(), &to); err != nil {
		_ = n.Reject(ssh.ConnectionFailed, "malformed request")
		return
	}
	path := to.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(h.home, path)
	}
	if h.c.who.drop {
		home, errHome := filepath.EvalSymlinks(h.home)
		real, err := filepath.EvalSymlinks(path)
		if err := errors.Join(err, errHome); err != nil {
			_ = n.Reject(ssh.ConnectionFailed, reason(err))
			return
		}
		if !strings.HasPrefix(real, home+string(filepath.Separator)) {
			_ = n.Reject(ssh.Prohibited, "Permission denied")
			return
		}
		path = real
	}
	h.forward(c, n, "unix", path)
}

// forward joins the channel with a connection to addr until both directions ended.
func (h *Host) forward(c client, n ssh.NewChannel, network, addr string) {
	if c.wrong {
		_ = n.Reject(ssh.Prohibited, "open failed")
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	var d net.Dialer
	out, err := d.DialContext(ctx, network, addr)
	if err != nil {
		_ = n.Reject(ssh.ConnectionFailed, reason(err))
		return
	}
	defer func() { _ = out.Close() }()
	ch, requests, err := n.Accept()
	if err != nil {
		return
	}
	join(ch, requests, out.(halfCloser)) // TCP and Unix connections are
}

// halfCloser is a connection whose sending side can be closed on its own.
type halfCloser interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// join copies both ways until both have ended. The end of one direction is
// passed on and leaves the other open. A channel that the client closed, not
// only its sending side, ends both once all it had sent is delivered: requests
// ends with the channel.
func join(ch ssh.Channel, requests <-chan *ssh.Request, out halfCloser) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if _, err := io.Copy(out, ch); err != nil {
			_ = out.Close()
			return
		}
		_ = out.CloseWrite()
	}()
	go func() {
		ssh.DiscardRequests(requests)
		<-sent
		_ = out.Close()
	}()
	if _, err := io.Copy(ch, out); err == nil {
		_ = ch.CloseWrite()
		<-sent
	}
	_ = ch.Close()
	_ = out.Close()
	<-sent
}

// reason is sshd's text for why a connection could not be made.
func reason(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Connection refused"
	case errors.Is(err, os.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, os.ErrPermission):
		return "Permission denied"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Connection timed out"
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "Name or service not known"
	}
	return "No route to host"
}
