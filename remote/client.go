package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Client is one SSH connection. It is safe for concurrent use.
type Client struct {
	conn  *ssh.Client
	wire  *wire
	to    Target
	auth  Auth
	check HostKeyCheck
	key   Key // the host's
	made  time.Time
	done  chan struct{}
	once  sync.Once
	end   error // why it ended; read after done
}

func newClient(conn *ssh.Client, w *wire, h *handshake, a Auth) *Client {
	c := &Client{conn: conn, wire: w, to: h.target, auth: a, check: h.check, key: h.shown, made: time.Now(), done: make(chan struct{})}
	go func() { c.finish(conn.Wait()) }()
	go c.keepAlive()
	return c
}

// Close ends the connection and everything that runs over it.
func (c *Client) Close() error {
	c.finish(net.ErrClosed)
	return nil
}

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { return c.done }

// Wait waits for the connection's end and tells its reason, an *Error.
func (c *Client) Wait() error {
	<-c.done
	return c.end
}

func (c *Client) finish(why error) {
	c.once.Do(func() {
		c.end = &Error{Reason: Closed, Addr: c.to.Addr, User: c.to.User, Err: why}
		how := "closed"
		if !errors.Is(why, net.ErrClosed) {
			how = "lost"
			c.wire.broken.Store(true) // so that nothing more is sent
		}
		_ = c.wire.Close() // it may be dead already, which is no news
		c.to.log().Debug("connection ended", "address", c.to.Addr, "instance", c.to.InstanceID, "lasted", time.Since(c.made), "outcome", how)
		close(c.done)
	})
}

// ended turns an error of something that ran over the connection into the
// connection's own, when that is what it died of.
func (c *Client) ended(err error) error {
	select {
	case <-c.done:
		return c.end
	default:
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) { // the library noticed first
		return &Error{Reason: Closed, Addr: c.to.Addr, User: c.to.User, Err: err}
	}
	return err
}

// keepAlive closes a connection over which nothing comes any more. Every byte
// counts as a sign of life: behind a long upload an answer may be late.
func (c *Client) keepAlive() {
	every := c.to.KeepAlive
	if every == 0 {
		every = 3 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	asked := make(chan struct{}, 1) // holds a token while a question is open
	waited := 0                     // ticks it is open
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
		silent := c.wire.silent()
		switch {
		case silent < every/2:
			waited = 0
			continue
		case waited >= 2 && len(asked) > 0:
			c.finish(fmt.Errorf("no sign of life for %.1f s: %w", silent.Seconds(), context.DeadlineExceeded))
			return
		}
		waited++
		select {
		case asked <- struct{}{}:
			waited = 0
			go func() {
				// Any answer will do, "no such request" too; an error ends in finish.
				_, _, _ = c.conn.SendRequest("keepalive@openssh.com", true, nil)
				<-asked
			}()
		default:
		}
	}
}

// DialContext connects from the host to addr; network is "tcp" or "unix".
func (c *Client) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.conn.DialContext(ctx, network, addr)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() == nil {
		err = c.ended(err)
	}
	var no *ssh.OpenChannelError
	if errors.As(err, &no) && no.Reason == ssh.Prohibited {
		return nil, &Error{Reason: NoForwarding, Addr: c.to.Addr, User: c.to.User, Text: safe.Clean(no.Message)}
	}
	if errors.As(err, &no) {
		// Not wrapped: the words in it are the host's.
		return nil, fmt.Errorf("connect from the host to %s: %s", addr, safe.Clean(no.Message))
	}
	return nil, fmt.Errorf("connect from the host to %s: %w", addr, err)
}

// another makes one more connection to the same host, which has to have the
// same host key, and asks nobody.
func (c *Client) another(ctx context.Context) (*Client, error) {
	check := c.check
	check.Ask = nil
	return dial(ctx, c.to, c.auth, check, &c.key)
}

// asks reports whether one more connection may ask a person: an agent may want
// its key confirmed, or touched.
func (c *Client) asks() bool {
	return slices.ContainsFunc(c.auth.Signers, func(s Signer) bool { _, agent := s.(agentSigner); return agent })
}

// warm executes something, and does not care what comes of it.
func (c *Client) warm(ctx context.Context) {
	_ = c.Run(ctx, Command{Label: WatchLabel})
}
