package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// TunnelSpec is a tunnel to open.
type TunnelSpec struct {
	LocalPort  int                 // the port wanted on this computer's loopback; the next free one when it is taken, any free one when 0
	Kept       func(port int) bool // reports the ports that are others' and not to be taken instead; may be nil
	RemoteAddr string              // as seen from the host: "127.0.0.1:8888" or "unix:/run/jupyter.sock"
	Dial       Redialer            // makes each connection; the tunnel closes it
	Log        func(string)        // told each new State; may be nil
}

// Tunnel is a local port that leads to a server behind the host. The port
// stays while the SSH connection is remade.
type Tunnel struct {
	spec          TunnelSpec
	network, addr string // of the server, as seen from the host
	listeners     []net.Listener
	port          int
	buffers       sync.Pool
	ctx           context.Context // ends with Close
	cancel        context.CancelFunc
	wg            sync.WaitGroup

	mu      sync.Mutex
	client  *Client // nil while there is no link
	state   string
	changed chan struct{} // closed, and replaced, when client changes
}

const (
	tunnelUp = "up"
	// patience is how long a connection to the local port waits for a link
	// that is being remade; a browser's own patience is longer.
	patience   = 20 * time.Second
	copyBuffer = 256 << 10 // the SSH channel's window is 2 MiB
)

// OpenTunnel listens and makes the first connection; ctx bounds that alone.
func OpenTunnel(ctx context.Context, s TunnelSpec) (*Tunnel, error) {
	t := &Tunnel{spec: s, network: "tcp", addr: s.RemoteAddr, changed: make(chan struct{})}
	if path, ok := strings.CutPrefix(s.RemoteAddr, "unix:"); ok {
		t.network, t.addr = "unix", path
	}
	t.buffers.New = func() any { b := make([]byte, copyBuffer); return &b }
	if err := t.listen(); err != nil {
		return nil, err
	}
	c, err := s.Dial(ctx)
	if err != nil {
		return nil, errors.Join(err, t.closeListeners())
	}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	t.use(c)
	t.wg.Go(t.keep)
	for _, l := range t.listeners {
		t.wg.Go(func() { t.accept(l) })
	}
	return t, nil
}

// LocalPort is the port on this computer's loopback.
func (t *Tunnel) LocalPort() int { return t.port }

// Taken reports whether the wanted port was taken, so that LocalPort is another one.
func (t *Tunnel) Taken() bool { return t.spec.LocalPort != 0 && t.port != t.spec.LocalPort }

// State is "up", or what is wrong and being mended.
func (t *Tunnel) State() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// Close ends the tunnel and all that goes through it.
func (t *Tunnel) Close() error {
	t.cancel()
	err := t.closeListeners()
	t.mu.Lock()
	c := t.client
	t.mu.Unlock()
	if c != nil {
		err = errors.Join(err, c.Close())
	}
	t.wg.Wait()
	return err
}

func (t *Tunnel) closeListeners() (err error) {
	for _, l := range t.listeners {
		if e := l.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// listen takes the wanted port or, where it is taken, one of the next 50, or
// any. It takes ::1 too where there is one: browsers try that first for
// "localhost", and another program may be there.
func (t *Tunnel) listen() error {
	ports := []int{0}
	if want := t.spec.LocalPort; want > 0 {
		ports = nil
		for p := want; p < want+50 && p < 1<<16; p++ {
			if p == want || t.spec.Kept == nil || !t.spec.Kept(p) {
				ports = append(ports, p)
			}
		}
		ports = append(ports, 0)
	}
	var err error
	for _, p := range ports {
		if err = t.listenAt(p); err == nil || !portTaken(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("listen for the tunnel: %w", err)
	}
	return nil
}

// PortFree reports whether a tunnel could listen on a port of this computer now.
func PortFree(port int) bool {
	t := &Tunnel{}
	return t.listenAt(port) == nil && t.closeListeners() == nil
}

func (t *Tunnel) listenAt(port int) error {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	port = l.Addr().(*net.TCPAddr).Port
	l6, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		t.listeners = []net.Listener{l, l6}
	case portTaken(err):
		return errors.Join(err, l.Close())
	default: // no IPv6 here
		t.listeners = []net.Listener{l}
	}
	t.port = port
	return nil
}

// use takes a new link, or none while state tells what is wrong.
func (t *Tunnel) use(c *Client) { t.set(c, tunnelUp) }

func (t *Tunnel) set(c *Client, state string) {
	t.mu.Lock()
	news := t.state != state
	t.client, t.state = c, state
	close(t.changed)
	t.changed = make(chan struct{})
	t.mu.Unlock()
	if news && t.spec.Log != nil && t.ctx.Err() == nil {
		t.spec.Log(state)
	}
	if c != nil {
		// sshd turns Nagle's algorithm off only once a session has executed
		// something; without it small requests stall for 40 ms and uploads halve.
		// In the background, because nothing has to wait for it.
		t.wg.Go(func() { c.warm(t.ctx) })
	}
}

// keep makes the link again whenever it is lost.
func (t *Tunnel) keep() {
	for {
		t.mu.Lock()
		c := t.client
		t.mu.Unlock()
		select {
		case <-t.ctx.Done():
			return
		case <-c.Done():
		}
		t.set(nil, mending(c.Wait()))
		if c = t.redial(); c == nil {
			return
		}
		t.use(c)
		if t.ctx.Err() != nil { // Close did not see this one
			_ = c.Close()
			return
		}
	}
}

// redial tries until it has a link, or the tunnel is closed. It never gives
// up: the machine may be started again tomorrow.
func (t *Tunnel) redial() *Client {
	var wait backoff
	for {
		c, err := t.spec.Dial(t.ctx)
		if err == nil {
			return c
		}
		if t.ctx.Err() != nil {
			return nil
		}
		t.set(nil, mending(err))
		if wait.pause(t.ctx) != nil {
			return nil
		}
	}
}

func mending(err error) string {
	title := safe.Clean(err.Error())
	if told, ok := problem.Of(err); ok {
		title = told.Title
	}
	return title + "; connecting again"
}

func (t *Tunnel) accept(l net.Listener) {
	var wait backoff
	for {
		c, err := l.Accept()
		if err == nil {
			wait = backoff{}
			t.wg.Go(func() { t.serve(c) })
			continue
		}
		if errors.Is(err, net.ErrClosed) || wait.pause(t.ctx) != nil { // else too many open files
			return
		}
	}
}

func (t *Tunnel) serve(local net.Conn) {
	defer func() { _ = local.Close() }() // closed already, most times
	link, remote, err := t.dialServer()
	if err != nil {
		return // the browser sees a closed connection, and State tells why
	}
	stop := context.AfterFunc(t.ctx, func() { _ = local.Close(); _ = remote.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { t.copy(remote, local, link) })
	both.Go(func() { t.copy(local, remote, link) })
	both.Wait()
	_ = remote.Close()
}

// dialServer connects to the server, over the next link where this one dies
// of it.
func (t *Tunnel) dialServer() (*Client, net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for {
		c, err := t.link(ctx)
		if err != nil {
			return nil, nil, err
		}
		conn, err := c.DialContext(ctx, t.network, t.addr)
		var e *Error
		if err == nil || !errors.As(err, &e) || e.Reason != Closed {
			return c, conn, err
		}
		select {
		case <-c.Done():
		case <-ctx.Done():
			return nil, nil, err
		}
	}
}

// link returns the link there is, or the next one.
func (t *Tunnel) link(ctx context.Context) (*Client, error) {
	for {
		t.mu.Lock()
		c, changed := t.client, t.changed
		t.mu.Unlock()
		if c != nil {
			select {
			case <-c.Done():
			default:
				return c, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// copy passes one direction on until its end. A clean end is passed on alone,
// because the other direction may go on; any other ends both, and so that the
// browser does not take what it has for the whole.
func (t *Tunnel) copy(dst, src net.Conn, link *Client) {
	buf := t.buffers.Get().(*[]byte)
	defer t.buffers.Put(buf)
	// Plain Reader and Writer: else io.Copy takes the connections' own methods,
	// with their smaller buffers.
	_, err := io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, *buf)
	if err == nil && link.wire.broken.Load() { // to the SSH library, that is an end like any other
		err = net.ErrClosed
	}
	if half, ok := dst.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	if err != nil {
		for _, c := range []net.Conn{dst, src} {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset
			}
			_ = c.Close()
		}
	}
}
