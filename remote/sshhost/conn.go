package sshhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// loginGrace is how long a connection may take to sign in, as with sshd.
const loginGrace = 2 * time.Minute

// wrongUser marks a connection of root, who is let in only to be told so.
const wrongUser = "wrong-user"

// wrongUserText and wrongUserExit are what Ubuntu's images answer to root: the
// forced command that cloud-init puts before root's keys (disable_root_opts).
const (
	wrongUserText = "Please login as the user \"ubuntu\" rather than the user \"root\".\n\n"
	wrongUserExit = 142
)

func (h *Host) config() *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-jupyter-ec2_sandbox",
		PublicKeyCallback: func(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			switch {
			case !h.allowed[string(key.Marshal())]:
				return nil, errors.New("not an authorized key")
			case conn.User() == User:
				return &ssh.Permissions{}, nil
			case conn.User() == "root":
				return &ssh.Permissions{Extensions: map[string]string{wrongUser: ""}}, nil
			}
			return nil, fmt.Errorf("no user %q", conn.User())
		},
	}
	config.AddHostKey(h.signer())
	return config
}

// client is one signed-in connection.
type client struct {
	ctx   context.Context // ends with the connection
	conn  *ssh.ServerConn
	wrong bool // root, who is only told to come as ubuntu
}

// serve speaks SSH on one connection until it ends.
func (h *Host) serve(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(loginGrace))
	server, channels, requests, err := ssh.NewServerConn(conn, h.config())
	if err != nil {
		return // did not sign in
	}
	_ = conn.SetDeadline(time.Time{})
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, wrong := server.Permissions.Extensions[wrongUser]
	c := client{ctx: ctx, conn: server, wrong: wrong}
	// Keepalives and remote forwards are answered with "no", as sshd does for
	// keepalive@openssh.com; an answer is all that a keepalive wants.
	work.Go(func() { ssh.DiscardRequests(requests) })
	for n := range channels {
		switch n.ChannelType() {
		case "session":
			work.Go(func() { h.session(c, n) })
		case "direct-tcpip":
			work.Go(func() { h.forwardTCP(c, n) })
		case "direct-streamlocal@openssh.com":
			work.Go(func() { h.forwardUnix(c, n) })
		default:
			_ = n.Reject(ssh.UnknownChannelType, "unknown channel type")
		}
	}
}

// connectionOf is SSH_CONNECTION and SSH_CLIENT for two addresses with ports.
func connectionOf(remote, local string) (connection, client string) {
	rHost, rPort, _ := net.SplitHostPort(remote) // they come from a net.Conn
	lHost, lPort, _ := net.SplitHostPort(local)
	return rHost + " " + rPort + " " + lHost + " " + lPort, rHost + " " + rPort + " " + lPort
}
