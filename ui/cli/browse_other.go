//go:build !linux

package cli

import "net/netip"

// fromUser lets everybody in: this system does not tell whose connection one is.
func fromUser(_, _ netip.AddrPort, _ int) bool { return true }
