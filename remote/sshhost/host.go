package sshhost

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// User is the user a host lets in, as on Ubuntu's images.
const User = "ubuntu"

// Spec says which host to start.
type Spec struct {
	// ID is the instance's ID. It names the host's folder and marks its processes.
	ID string
	// Listener is where the host listens, from [Listen]. The host closes it.
	Listener net.Listener
	// AuthorizedKeys are the keys that may sign in, in authorized_keys form.
	AuthorizedKeys []string
	// UserData is what the instance was launched with, for its first start.
	UserData []byte
	// Disk is the disk of SaveDisk that a new host begins with; empty is none.
	Disk string
	// Down is called once when the host was switched off from inside (poweroff,
	// halt, shutdown) and nothing of it runs any more; may be nil. Stop does
	// not call it.
	Down func()
}

// Host is a running embedded host.
type Host struct {
	machine
	listener net.Listener
	addr     netip.AddrPort
	allowed  map[string]bool // keys in wire form
	given    *userData
	bootID   string
	power    *power

	mu       sync.Mutex
	key      ssh.Signer
	stopped  bool
	conns    map[net.Conn]bool
	children map[int]bool   // started by us and not yet waited for
	work     sync.WaitGroup // a count for each connection and each child
}

// Start starts the host, for the first time or again. It takes over the
// listener, also when it fails.
func (c *Computer) Start(ctx context.Context, s Spec) (*Host, error) {
	h, err := c.start(ctx, s)
	if err != nil {
		_ = s.Listener.Close() // the reason is err
		return nil, err
	}
	h.work.Go(func() { h.watchPower(s.Down) })
	if err := h.firstBoot(ctx, h.given); err != nil {
		err = fmt.Errorf("first boot of host %s: %w", s.ID, err)
		return nil, errors.Join(err, h.Stop(context.WithoutCancel(ctx)))
	}
	h.work.Go(h.accept)
	return h, nil
}

func (c *Computer) start(ctx context.Context, s Spec) (*Host, error) {
	m, err := c.machine(s.ID)
	if err != nil {
		return nil, err
	}
	addr, err := netip.ParseAddrPort(s.Listener.Addr().String())
	if err != nil || !addr.Addr().IsLoopback() {
		return nil, fmt.Errorf("host %s must listen on a loopback address, not %s", s.ID, s.Listener.Addr())
	}
	h := &Host{
		machine: m, listener: s.Listener, addr: addr, allowed: map[string]bool{}, given: readUserData(s.UserData), bootID: rand.Text(),
		conns: map[net.Conn]bool{}, children: map[int]bool{},
	}
	for _, line := range s.AuthorizedKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("reading a key for host %s: %w", s.ID, err)
		}
		h.allowed[string(key.Marshal())] = true
	}
	if err := m.end(ctx); err != nil { // left by a program that was killed
		return nil, err
	}
	if s.Disk != "" {
		if err := m.fromDisk(ctx, s.Disk); err != nil {
			return nil, err
		}
	}
	if h.key, err = m.boot(h.given.key); err != nil {
		return nil, err
	}
	h.power, err = m.openPower()
	return h, err
}

// Addr is where its SSH server listens.
func (h *Host) Addr() netip.AddrPort { return h.addr }

// Name is its host name, in EC2's form: ip-127-0-0-2.
func (h *Host) Name() string { return "ip-" + strings.ReplaceAll(h.addr.Addr().String(), ".", "-") }

// HostKeys are its public host keys, in authorized_keys form, with the comment
// that a machine's console output has.
func (h *Host) HostKeys() []string { return []string{publicLine(h.signer()) + " root@" + h.Name()} }

// signer is its host key, which may be another one for the next connection.
func (h *Host) signer() ssh.Signer {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.key
}

// Home is its user's home directory.
func (h *Host) Home() string { return h.home }

// Stop closes its connections and ends its processes, all of them: those that
// carry the host's mark, those below them, and those it started itself. They
// are asked to end first. The folder stays. Stop is done when they are gone.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	h.stopped = true // from here on nothing is started
	conns, roots := h.conns, h.children
	h.conns, h.children = map[net.Conn]bool{}, map[int]bool{}
	h.mu.Unlock()

	_ = h.listener.Close()
	h.power.close()
	for conn := range conns {
		_ = conn.Close()
	}
	pids := make([]int, 0, len(roots))
	for pid := range roots {
		pids = append(pids, pid)
	}
	if err := h.end(ctx, pids...); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { h.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping host %s: %w", h.id, ctx.Err())
	}
}

var errStopped = errors.New("the host is stopped")

// spawn starts a process and calls exited, once, when it has ended.
func (h *Host) spawn(cmd *exec.Cmd, exited func(error)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return errStopped
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	h.children[cmd.Process.Pid] = true
	h.work.Go(func() {
		err := cmd.Wait()
		h.mu.Lock()
		delete(h.children, cmd.Process.Pid)
		h.mu.Unlock()
		exited(err)
	})
	return nil
}

// accept serves connections until the listener is closed.
func (h *Host) accept() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // one connection that failed early
		}
		h.mu.Lock()
		if h.stopped {
			h.mu.Unlock()
			_ = conn.Close()
			return
		}
		h.conns[conn] = true
		h.work.Go(func() {
			h.serve(conn)
			_ = conn.Close()
			h.mu.Lock()
			delete(h.conns, conn)
			h.mu.Unlock()
		})
		h.mu.Unlock()
	}
}
