package sshhost

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// SSHPort is where a host's SSH server listens when it can: 22 is the computer's own.
const SSHPort = 2222

// jupyterPort is Jupyter's default; an address where it is free is better.
const jupyterPort = 8888

// Listen takes a loopback address and a port for a host.
//
// On Linux all of 127.0.0.0/8 is this computer, and the address is one of
// 127.0.0.2 to 127.0.0.254 of the host's own, so that each host can use port
// 8888: 127.0.0.first, or the next one that is free. Port 2222 on an address
// is the claim to it, so that two sandboxes at once do not take the same.
// Elsewhere there is only 127.0.0.1, and any port.
func Listen(first int) (net.Listener, error) {
	if runtime.GOOS == "linux" {
		jupyterToo := func(a netip.Addr) bool { return isFree(a, jupyterPort) }
		for _, good := range []func(netip.Addr) bool{jupyterToo, func(netip.Addr) bool { return true }} {
			if l := claim(first, good); l != nil {
				return l, nil
			}
		}
		// Someone has port 2222 on every address: one of its own at any port.
		if l, err := net.Listen("tcp4", netip.AddrPortFrom(loopback(first), 0).String()); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a loopback address for a host: %w", err)
	}
	return l, nil
}

// loopback is 127.0.0.n for n from 2 to 254, counted in a circle.
func loopback(n int) netip.Addr {
	const hosts = 253
	return netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + ((n-2)%hosts+hosts)%hosts)})
}

// claim listens on the first address from 127.0.0.first on that is good and
// not taken; nil when there is none.
func claim(first int, good func(netip.Addr) bool) net.Listener {
	for n := range 253 {
		a := loopback(first + n)
		if last := a.As4()[3]; last == 53 || last == 54 || !good(a) { // 53 and 54 are systemd-resolved's
			continue
		}
		if l, err := net.Listen("tcp4", netip.AddrPortFrom(a, SSHPort).String()); err == nil {
			return l
		}
	}
	return nil
}

// isFree reports whether nobody listens there.
func isFree(a netip.Addr, port uint16) bool {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(a, port).String())
	if err != nil {
		return false
	}
	return l.Close() == nil
}
