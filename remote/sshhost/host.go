package sshhost

import (
	"context"
	"errors"
	"net/netip"
)

// Host is a running embedded host.
type Host struct{}

// Addr is where its SSH server listens.
func (h *Host) Addr() netip.AddrPort { return netip.AddrPort{} }

// HostKeys are its public host keys, in authorized_keys form.
func (h *Host) HostKeys() []string { return nil }

// Home is its user's home directory.
func (h *Host) Home() string { return "" }

// Stop closes its connections and ends its processes, all of them. The folder
// stays.
func (h *Host) Stop(ctx context.Context) error { return errors.New("not yet") }
