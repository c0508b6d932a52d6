package jupyter

import (
	"context"
	"io"
	"io/fs"
	"net"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// Host is what this package needs of a machine; *remote.Client is one.
type Host interface {
	// Run runs a POSIX sh script, whose outputs hold nothing of the login
	// shell's own; one that ends with another status than 0 is a
	// *remote.ExitError, and one that never began a *remote.Error.
	Run(ctx context.Context, c remote.Command) error
	// Upload writes a file, complete or not at all. A relative path begins in
	// the home folder; missing folders are made.
	Upload(ctx context.Context, path string, mode fs.FileMode, content io.Reader) error
	// DialContext connects from the host to addr.
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

var _ Host = (*remote.Client)(nil)

// Facts is what is known about a host before anything is done there.
type Facts struct {
	OS      string // os-release ID, "ubuntu" (macOS: "darwin"); empty when unknown
	Release string // "24.04"
	Arch    string // as uname -m says it: "x86_64", "aarch64"
	Libc    string // "glibc 2.39", or "musl"; empty when unknown

	Python        string // path of python3, empty when there is none
	PythonVersion string // "3.12.3"
	PEP668        bool   // that python's packages belong to the system

	Systemd   bool // systemd runs the machine
	Sudo      bool // sudo works and asks for no password
	Apt       bool // apt-get is there
	CloudInit bool // cloud-init is there
	Curl      bool
	Wget      bool

	FreeDiskMB int // in the home folder, in MiB
	MemoryMB   int // in MiB; 0 when unknown
	SwapMB     int // in MiB

	Loopback   string   // the host's own loopback address, "127.0.0.1"
	PrivateIPs []string // IPv4 addresses of its own; the one that leads to the internet first
	Home       string   // absolute
	User       string
}

// PrivateIP is the address the host is reached at from elsewhere, as it knows
// itself; its loopback address when it has no other.
func (f Facts) PrivateIP() string {
	if len(f.PrivateIPs) == 0 {
		return f.Loopback
	}
	return f.PrivateIPs[0]
}
