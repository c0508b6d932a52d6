package sshhost

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// SSHPort is where a host's SSH server listens when it can: 22 is the computer's own.
const SSHPort = 2222

// jupyterPort is Jupyter's default; an address where it is free is better.
const jupyterPort = 8888

// Address is a loopback address and a port that a host has, until it is
// released, whether the host is up or not: two sandboxes at once do not take
// the same, not even while one of them restarts its host.
type Address struct {
	at    netip.AddrPort
	claim net.PacketConn // the same port of UDP, which nobody else uses; nil where it could not be had
	first net.Listener   // from finding it; the first Listen takes it
}

// Take takes an address for a host.
//
// On Linux all of 127.0.0.0/8 is this computer, and the address is one of
// 127.0.0.2 to 127.0.0.254 of the host's own, so that each host can use port
// 8888: 127.0.0.first, or the next one that is free. Elsewhere there is only
// 127.0.0.1, and any port.
func Take(first int) (*Address, error) {
	if runtime.GOOS == "linux" {
		jupyterToo := func(a netip.Addr) bool { return isFree(a, jupyterPort) }
		for _, good := range []func(netip.Addr) bool{jupyterToo, func(netip.Addr) bool { return true }} {
			if a := takeFrom(first, good); a != nil {
				return a, nil
			}
		}
		// Someone has port 2222 on every address: one of its own at any port.
		if a, err := takeAnyPort(loopback(first)); err == nil {
			return a, nil
		}
	}
	a, err := takeAnyPort(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if err != nil {
		return nil, fmt.Errorf("finding a loopback address for a host: %w", err)
	}
	return a, nil
}

// Listen listens at the address. Who closes the listener keeps the address.
func (a *Address) Listen() (net.Listener, error) {
	if l := a.first; l != nil {
		a.first = nil
		return l, nil
	}
	return net.Listen("tcp4", a.at.String())
}

// Release gives the address up.
func (a *Address) Release() {
	if a.first != nil {
		_ = a.first.Close() // nobody has come
	}
	if a.claim != nil {
		_ = a.claim.Close() // nothing was sent
	}
}

// Listen takes an address, as [Take] does, and listens there. To close the
// listener is to release the address.
func Listen(first int) (net.Listener, error) {
	a, err := Take(first)
	if err != nil {
		return nil, err
	}
	l, err := a.Listen()
	return &only{l, a}, err
}

// only is a listener that has the address for itself.
type only struct {
	net.Listener
	address *Address
}

func (l *only) Close() error {
	defer l.address.Release()
	return l.Listener.Close()
}

// loopback is 127.0.0.n for n from 2 to 254, counted in a circle.
func loopback(n int) netip.Addr {
	const hosts = 253
	return netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + ((n-2)%hosts+hosts)%hosts)})
}

// takeFrom takes the first address from 127.0.0.first on that is good and not
// taken; nil when there is none.
func takeFrom(first int, good func(netip.Addr) bool) *Address {
	for n := range 253 {
		a := loopback(first + n)
		if last := a.As4()[3]; last == 53 || last == 54 { // systemd-resolved's
			continue
		}
		at := netip.AddrPortFrom(a, SSHPort)
		claim, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err != nil {
			continue
		}
		if good(a) {
			if l, err := net.Listen("tcp4", at.String()); err == nil {
				return &Address{at: at, claim: claim, first: l}
			}
		}
		_ = claim.Close() // nothing was sent
	}
	return nil
}

// takeAnyPort takes some port of an address.
func takeAnyPort(ip netip.Addr) (*Address, error) {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(ip, 0).String())
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	a := &Address{at: at, first: l}
	if claim, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
		a.claim = claim // without it, the address is only less well kept
	}
	return a, nil
}

// isFree reports whether nobody listens there.
func isFree(a netip.Addr, port uint16) bool {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(a, port).String())
	if err != nil {
		return false
	}
	return l.Close() == nil
}
