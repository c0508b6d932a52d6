package remote

import "context"

// TunnelSpec is a tunnel to open.
type TunnelSpec struct {
	LocalPort  int          // the port wanted on 127.0.0.1; the next free one when it is taken, any free one when 0
	RemoteAddr string       // as seen from the host: "127.0.0.1:8888" or "unix:/run/jupyter.sock"
	Dial       Redialer     // makes each connection; the tunnel closes it
	Log        func(string) // told each change of state; may be nil
}

// Tunnel is a local port that leads to a server behind the host. The port
// stays while the SSH connection is remade.
type Tunnel struct{}

// OpenTunnel listens and makes the first connection; ctx bounds that alone.
func OpenTunnel(ctx context.Context, s TunnelSpec) (*Tunnel, error) { return nil, errSkeleton }

// LocalPort is the port on 127.0.0.1.
func (t *Tunnel) LocalPort() int { return 0 }

// Taken says that the wanted port was taken, and LocalPort is another one.
func (t *Tunnel) Taken() bool { return false }

// State is "up", or what is wrong and being mended.
func (t *Tunnel) State() string { return "" }

// Close ends the tunnel and all that goes through it.
func (t *Tunnel) Close() error { return nil }
