//go:build !linux

package testhost

import (
	"errors"
	"net"
)

func listenIn(string, string) (net.Listener, error) {
	return nil, errors.New("this is not Linux")
}
