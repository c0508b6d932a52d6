package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TunnelSpec is a tunnel to open.
type TunnelSpec struct {
	LocalPort  int                 // the port wanted on this computer's loopback; the next free one when it is taken, any free one when 0
	Kept       func(port int) bool // reports the ports that are others' and not to be taken instead; may be nil
	RemoteAddr string              // as seen from the host: "127.0.0.1:8888" or "unix:/run/jupyter.sock"
	Server     func() string       // where it is now, asked for each connection; nil where RemoteAddr stays
	Dial       Redialer            // makes a connection where there is none; further ones go where it led. The tunnel closes them
	Log        func(string)        // told each new State; may be nil
}

// Tunnel is a local port that leads to a server behind the host. The port
// stays while the SSH connection is remade.
type Tunnel struct {
	spec      TunnelSpec
	listeners []net.Listener
	port      int
	buffers   buffers
	links     *links
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	wg        sync.WaitGroup

	telling sync.Mutex
	told    string // the state that Log was told last
}

// patience is how long a connection to the local port waits for a link that is
// being remade; a browser's own patience is longer.
const patience = 20 * time.Second

// OpenTunnel listens and makes the first connection; ctx bounds that alone.
func OpenTunnel(ctx context.Context, s TunnelSpec) (*Tunnel, error) {
	return openTunnelBy(ctx, s, usualLinkRules())
}

func openTunnelBy(ctx context.Context, s TunnelSpec, rules linkRules) (*Tunnel, error) {
	t := &Tunnel{spec: s}
	if err := t.listen(); err != nil {
		return nil, err
	}
	c, err := s.Dial(ctx)
	if err != nil {
		return nil, errors.Join(err, t.closeListeners())
	}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	t.links = &links{rules: rules, first: s.Dial, open: t.open, where: t.where, tell: t.tell, ctx: t.ctx, wg: &t.wg, changed: make(chan struct{})}
	t.links.add(c, 0)
	for _, l := range t.listeners {
		t.wg.Go(func() { t.accept(l) })
	}
	return t, nil
}

// where is where the server is now.
func (t *Tunnel) where() string {
	if t.spec.Server != nil {
		return t.spec.Server()
	}
	return t.spec.RemoteAddr
}

// open connects to the server over one of the links.
func (t *Tunnel) open(ctx context.Context, c *Client) (net.Conn, error) {
	addr := t.where()
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return c.DialContext(ctx, "unix", path)
	}
	return c.DialContext(ctx, "tcp", addr)
}

// LocalPort is the port on this computer's loopback.
func (t *Tunnel) LocalPort() int { return t.port }

// Taken reports whether the wanted port was taken, so that LocalPort is another one.
func (t *Tunnel) Taken() bool { return t.spec.LocalPort != 0 && t.port != t.spec.LocalPort }

// State is "up", or what is wrong and being mended.
func (t *Tunnel) State() string { return t.links.state() }

// tell tells Log the state where it is another one than before.
func (t *Tunnel) tell() {
	t.telling.Lock()
	defer t.telling.Unlock()
	state := t.links.state()
	if state == t.told || t.ctx.Err() != nil {
		return
	}
	t.told = state
	if t.spec.Log != nil {
		t.spec.Log(state)
	}
}

// Close ends the tunnel and all that goes through it.
func (t *Tunnel) Close() error {
	t.cancel()
	err := t.closeListeners()
	t.links.close()
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

// dialServer connects to the server, over the next link where this one dies
// of it.
func (t *Tunnel) dialServer(s *stream) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for {
		k, err := t.links.place(ctx, s)
		if err != nil {
			return nil, err
		}
		conn, err := t.links.connect(ctx, k)
		if err == nil {
			return conn, nil
		}
		t.links.leave(s)
		var e *Error
		if !errors.As(err, &e) || e.Reason != Closed {
			return nil, err
		}
		select {
		case <-k.Done():
		case <-ctx.Done():
			return nil, err
		}
	}
}
