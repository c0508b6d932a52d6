package jupyter

import (
	"context"
	"net"
	"time"
)

// Endpoint is a server as its user reaches it.
type Endpoint struct {
	URL   string // "http(s)://host:port", without the token
	Token string
	// Dial makes the connections, through a tunnel or from the host itself;
	// nil dials from here.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// PinSHA256 is the SHA-256 of the server's own certificate (DER); no other
	// one is accepted then. Nil means the system's certificate authorities.
	PinSHA256 []byte
}

// Ready waits until the server answers with the token, or ctx ends. What
// waiting cannot mend (a wrong token, another certificate) ends it at once.
func Ready(ctx context.Context, ep Endpoint) error { return errSkeleton }

// Kernelspec is a kind of kernel the server can start.
type Kernelspec struct{ Name, DisplayName, Language string }

// Kernelspecs lists the kernels of a notebook server or a gateway, the default
// one first.
func Kernelspecs(ctx context.Context, ep Endpoint) ([]Kernelspec, error) { return nil, errSkeleton }

// Proof is what came of running a cell.
type Proof struct {
	Kernel        string // "python3"
	Language      string // "python"
	PythonVersion string // "3.12.3"
	Output        string // "42"
	Took          time.Duration
}

// Prove starts a kernel, runs print(6*7) there, reads 42 and removes the
// kernel, all over the endpoint. say is told each step in words; it may be nil.
func Prove(ctx context.Context, ep Endpoint, say func(string)) (Proof, error) {
	return Proof{}, errSkeleton
}
