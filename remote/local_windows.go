package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// tooOpen is the rule of Windows' own OpenSSH: others than the user, the system
// and administrators may do something with the file.
func tooOpen(path string, info fs.FileInfo) (bool, error) {
	a, err := private.Of(path, info)
	return a.Read || a.Write, err
}

// ownFile takes what is in a folder of the user's for the user's.
func ownFile(fs.FileInfo) bool { return true }

// dialAgent opens the agent that SSH_AUTH_SOCK names, or else the pipe of
// Windows' own OpenSSH agent.
func dialAgent(ctx context.Context) (io.ReadWriteCloser, error) {
	var failed []error
	for _, at := range agentPlaces(os.Getenv("SSH_AUTH_SOCK")) {
		conn, err := at.dial(ctx)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func (a agentPlace) dial(ctx context.Context) (io.ReadWriteCloser, error) {
	if !a.pipe {
		var d net.Dialer
		return d.DialContext(ctx, "unix", a.path)
	}
	name, err := windows.UTF16PtrFromString(a.path)
	if err != nil {
		return nil, err
	}
	// Overlapped, so that closing it ends a read: an agent may ask a person. Who
	// has made the pipe may know who we are, and not act for us.
	const flags = windows.FILE_FLAG_OVERLAPPED | windows.SECURITY_SQOS_PRESENT | windows.SECURITY_IDENTIFICATION
	for {
		h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, flags, 0)
		if err == nil {
			return os.NewFile(uintptr(h), a.path), nil
		}
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return nil, &fs.PathError{Op: "open", Path: a.path, Err: err}
		}
		select { // all its ends are taken for a moment
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Winsock's own numbers: syscall.ECONNREFUSED and its like are invented on
// Windows and never come from the system.
const (
	wsaEACCES       = syscall.Errno(10013)
	wsaEADDRINUSE   = syscall.Errno(10048)
	wsaECONNREFUSED = syscall.Errno(10061)
)

func refused(err error) bool { return errors.Is(err, wsaECONNREFUSED) }

func portTaken(err error) bool {
	return errors.Is(err, wsaEADDRINUSE) || errors.Is(err, wsaEACCES)
}

// diskFull reports whether writing failed for want of room; the numbers are
// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func diskFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
