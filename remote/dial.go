package remote

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

var errSkeleton = errors.New("not built yet")

// Signer holds a private key, or leads to one. Other packages name it without
// knowing the SSH library.
type Signer = ssh.Signer

// Target is where to dial.
type Target struct {
	Addr string // "203.0.113.7:22"
	User string // "ubuntu"
	// InstanceID is the name the host's key is pinned under; an address may
	// change, the instance does not.
	InstanceID string
	// Timeout bounds the connection and the handshake; 0 means 15 seconds.
	// Time a person takes to answer HostKeyCheck.Ask does not count.
	Timeout time.Duration
}

// Auth is how we prove who we are.
type Auth struct {
	Signers []Signer // tried in order; sshd allows 6 by default
}

// HostKeyCheck is how the host proves who it is. A pinned key is always
// accepted, and another one than the pinned key never is.
type HostKeyCheck struct {
	// Known holds the pinned keys; nil pins nothing.
	Known *HostKeys
	// Expected are the keys the host printed on its console, in
	// authorized_keys form. When there are any, a key among them is accepted
	// and all of them are pinned, and any other key is an error.
	Expected []string
	// Ask is asked about a key that nothing vouches for. It may block for a
	// person; nil as its answer pins the key, an error refuses it. No
	// connection is held open meanwhile. A nil Ask refuses every unknown key.
	Ask func(ctx context.Context, k Key) error
}

// Client is one SSH connection. It is safe for concurrent use.
type Client struct{ conn *ssh.Client }

// Redialer makes a new connection: it looks the address up again and dials.
type Redialer func(ctx context.Context) (*Client, error)

// Dial connects, checks the host key and logs in. ctx ends the whole of it.
// Its errors are *Error, or what HostKeyCheck.Ask answered.
func Dial(ctx context.Context, t Target, a Auth, k HostKeyCheck) (*Client, error) {
	return nil, errSkeleton
}

// WaitPort waits until an SSH server answers at addr, or ctx ends. Each failed
// try is told to each, which may be nil.
func WaitPort(ctx context.Context, addr string, each func(err error)) error { return errSkeleton }

// DialContext connects from the host to addr; network is "tcp" or "unix".
func (c *Client) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return nil, errSkeleton
}

// Close ends the connection and everything that runs over it.
func (c *Client) Close() error { return errSkeleton }

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return nil }

// Wait waits for the connection's end and tells its reason.
func (c *Client) Wait() error { return errSkeleton }
