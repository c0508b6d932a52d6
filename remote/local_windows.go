package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

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

// dialAgent opens the pipe of Windows' own OpenSSH agent.
func dialAgent(context.Context) (io.ReadWriteCloser, error) {
	path := os.Getenv("SSH_AUTH_SOCK")
	if path == "" {
		path = `\\.\pipe\openssh-ssh-agent`
	}
	return os.OpenFile(path, os.O_RDWR, 0)
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
