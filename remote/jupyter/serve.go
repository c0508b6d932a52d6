package jupyter

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// The modes of serving.
const (
	ModeSSH     = "ssh"     // notebook on the host's loopback
	ModeHTTP    = "http"    // notebook on the host's own address
	ModeGateway = "gateway" // Kernel Gateway on the host's own address
)

// ServeSpec is the server to run.
type ServeSpec struct {
	SetupID string
	Mode    string // "ssh", "http" or "gateway"
	Bind    string // address to listen on; empty: loopback in ssh mode, else the private IP
	Port    int    // 0 means 8888
	Token   string // from NewToken
	Cert    []byte // PEM; empty means no TLS
	Key     []byte // PEM
	Facts   Facts
	WorkDir string // where notebooks lie; empty means the home folder
}

// Serve makes the host run that server and waits until it answers over HTTP.
// A server with the same spec that answers is left alone; another one of ours
// is replaced. A taken port leads to the next free one in ssh mode, and to an
// error otherwise. It answers the port the server listens on.
func Serve(ctx context.Context, h Host, spec ServeSpec, out remote.Output) (port int, err error) {
	return 0, errSkeleton
}

// StopServer stops the server and keeps it from starting again; none is no
// error.
func StopServer(ctx context.Context, h Host, f Facts) error { return errSkeleton }

// ServerLog answers the last lines of the server's log, safe for a terminal
// and without tokens.
func ServerLog(ctx context.Context, h Host, f Facts, lines int) ([]string, error) {
	return nil, errSkeleton
}

// ExplainServer puts the last lines of a failed server's log in plain words.
// It is never nil.
func ExplainServer(tail []string) error { return errSkeleton }
