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
// 8888. Port 2222 on an address is the claim to it: two sandboxes at once do
// not take the same. avoid are addresses to be taken last, such as the one
// that the host had before. Elsewhere there is only 127.0.0.1, and any port.
func Listen(avoid ...netip.Addr) (net.Listener, error) {
	if runtime.GOOS == "linux" {
		last := map[netip.Addr]bool{}
		for _, a := range avoid {
			last[a] = true
		}
		tries := []func(netip.Addr) bool{
			func(a netip.Addr) bool { return !last[a] && isFree(a, jupyterPort) },
			func(a netip.Addr) bool { return !last[a] },
			func(netip.Addr) bool { return true },
		}
		for _, good := range tries {
			if l := claim(good); l != nil {
				return l, nil
			}
		}
		// Someone has port 2222 on every address: one of its own at any port.
		if l, err := net.Listen("tcp4", "127.0.0.2:0"); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a loopback address for a host: %w", err)
	}
	return l, nil
}

// claim listens on the first address that is good and not taken; nil when none is.
func claim(good func(netip.Addr) bool) net.Listener {
	for n := byte(2); n < 255; n++ {
		if n == 53 || n == 54 { // systemd-resolved's
			continue
		}
		a := netip.AddrFrom4([4]byte{127, 0, 0, n})
		if !good(a) {
			continue
		}
		if l, err := net.Listen("tcp4", netip.AddrPortFrom(a, SSHPort).String()); err == nil {
			return l
		}
	}
	return nil
}

// isFree says whether nobody listens there.
func isFree(a netip.Addr, port uint16) bool {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(a, port).String())
	if err != nil {
		return false
	}
	return l.Close() == nil
}
