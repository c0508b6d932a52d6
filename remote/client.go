package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Client is one SSH connection. It is safe for concurrent use.
type Client struct {
	conn *ssh.Client
	wire *wire
	to   Target
	made time.Time
	done chan struct{}
	once sync.Once
	end  error // why it ended; read after done
}

func newClient(conn *ssh.Client, w *wire, t Target) *Client {
	c := &Client{conn: conn, wire: w, to: t, made: time.Now(), done: make(chan struct{})}
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
		_ = c.wire.Close() // it may be dead already, which is no news
		how := "lost"
		if errors.Is(why, net.ErrClosed) {
			how = "closed"
		}
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

// warm executes something, and does not care what comes of it.
func (c *Client) warm(ctx context.Context) {
	_ = c.Run(ctx, Command{Label: WatchLabel})
}

const maxGreeting = 1 << 10

// wire is the TCP connection below SSH. It reads in large pieces (the SSH
// library's own 4 KiB cost seven times the system calls), remembers when the
// last byte came, and how the server greeted.
type wire struct {
	net.Conn
	r    *bufio.Reader
	last atomic.Int64 // time of the last byte, since start
	from time.Time
	// broken says that nothing will come any more. It is set before the SSH
	// library knows, which ends everything that runs over it.
	broken atomic.Bool

	mu   sync.Mutex
	head []byte // the first bytes, at most maxGreeting
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, from: time.Now()}
	w.r = bufio.NewReaderSize(readFunc(w.receive), 256<<10)
	return w
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (w *wire) Read(p []byte) (int, error) { return w.r.Read(p) }

func (w *wire) receive(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.last.Store(int64(time.Since(w.from)))
	if err != nil {
		w.broken.Store(true)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := maxGreeting - len(w.head); room > 0 {
		w.head = append(w.head, p[:min(n, room)]...)
	}
	return n, err
}

func (w *wire) silent() time.Duration {
	return time.Since(w.from) - time.Duration(w.last.Load())
}

func (w *wire) greeting() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.head)
}
