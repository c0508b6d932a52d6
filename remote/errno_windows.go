package remote

import (
	"errors"
	"syscall"
)

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
