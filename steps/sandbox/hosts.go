package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// hosts are the embedded hosts behind the cloud's instances.
type hosts struct {
	computer *sshhost.Computer
	log      func(string)

	mu      sync.Mutex
	down    func(id string) // tells the cloud of a host that was switched off from inside
	running map[string]*sshhost.Host
	keys    map[string][]string         // by instance, for Reboot
	last    map[string]netip.AddrPort   // by instance, where it was at last
	has     map[string]*sshhost.Address // by instance, while it is not stopped
}

func newHosts(c *sshhost.Computer, log func(string)) *hosts {
	return &hosts{
		computer: c, log: log, down: func(string) {}, running: map[string]*sshhost.Host{},
		keys: map[string][]string{}, last: map[string]netip.AddrPort{}, has: map[string]*sshhost.Address{},
	}
}

// onDown says who is told of a host that was switched off from inside.
func (h *hosts) onDown(tell func(id string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = tell
}

// Launch starts an instance's host. Its address is one of loopback, and the
// name is the address too: nothing else resolves to it.
func (h *hosts) Launch(ctx context.Context, spec ec2sim.HostSpec) (ec2sim.Host, error) {
	first := spec.Index
	h.mu.Lock()
	if last, ok := h.last[spec.InstanceID]; ok {
		first = int(last.Addr().As4()[3]) + 1 // another address after a stop and a start, as on EC2
	}
	h.mu.Unlock()
	address, err := sshhost.Take(first)
	if err != nil {
		return ec2sim.Host{}, err
	}
	host, err := h.start(ctx, address, sshhost.Spec{ID: spec.InstanceID, AuthorizedKeys: spec.AuthorizedKeys, UserData: spec.UserData, Disk: spec.Snapshot})
	if err != nil {
		address.Release()
		return host, err
	}
	h.mu.Lock()
	h.has[spec.InstanceID] = address
	h.mu.Unlock()
	return host, nil
}

// start starts a host at its address.
func (h *hosts) start(ctx context.Context, at *sshhost.Address, spec sshhost.Spec) (ec2sim.Host, error) {
	var err error
	if spec.Listener, err = at.Listen(); err != nil {
		return ec2sim.Host{}, fmt.Errorf("listening at the address of host %s: %w", spec.ID, err)
	}
	spec.Down = func() {
		h.log("Host " + spec.ID + " was switched off from inside.")
		h.mu.Lock()
		tell := h.down
		h.mu.Unlock()
		tell(spec.ID)
	}
	host, err := h.computer.Start(ctx, spec)
	if err != nil {
		h.log("Host " + spec.ID + " did not start: " + err.Error())
		return ec2sim.Host{}, err
	}
	h.mu.Lock()
	h.running[spec.ID] = host
	h.keys[spec.ID], h.last[spec.ID] = spec.AuthorizedKeys, host.Addr()
	h.mu.Unlock()
	ip := host.Addr().Addr().String()
	h.log("Host " + spec.ID + " is up at " + host.Addr().String() + ".")
	return ec2sim.Host{
		PublicIP: ip, PrivateIP: ip, PublicDNS: ip,
		SSHPort: int(host.Addr().Port()), HostKeys: host.HostKeys(), Console: host.Console,
	}, nil
}

// Stop ends everything that runs on the host and keeps its folder, but not its
// address.
func (h *hosts) Stop(ctx context.Context, id string) error {
	if err := h.halt(ctx, id); err != nil {
		return err
	}
	h.mu.Lock()
	address := h.has[id]
	delete(h.has, id)
	h.mu.Unlock()
	if address != nil {
		address.Release()
	}
	return nil
}

// halt ends everything that runs on the host.
func (h *hosts) halt(ctx context.Context, id string) error {
	h.mu.Lock()
	host := h.running[id]
	h.mu.Unlock()
	if host == nil {
		return nil
	}
	if err := host.Stop(ctx); err != nil {
		return err
	}
	h.mu.Lock()
	delete(h.running, id)
	h.mu.Unlock()
	h.log("Host " + id + " is down.")
	return nil
}

// Reboot ends everything on the host and starts it again at its address.
func (h *hosts) Reboot(ctx context.Context, id string) error {
	if err := h.halt(ctx, id); err != nil {
		return err
	}
	h.mu.Lock()
	address, keys := h.has[id], h.keys[id]
	h.mu.Unlock()
	if address == nil {
		return fmt.Errorf("host %s does not run", id)
	}
	_, err := h.start(ctx, address, sshhost.Spec{ID: id, AuthorizedKeys: keys})
	return err
}

// Terminate ends everything that runs on the host and removes its folder.
func (h *hosts) Terminate(ctx context.Context, id string) error {
	if err := h.Stop(ctx, id); err != nil {
		return err
	}
	h.mu.Lock()
	delete(h.keys, id)
	delete(h.last, id)
	h.mu.Unlock()
	return h.computer.Remove(ctx, id)
}

// close stops the hosts that are left.
func (h *hosts) close(ctx context.Context) error {
	h.mu.Lock()
	ids := make([]string, 0, len(h.running))
	for id := range h.running {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	var failed []error
	for _, id := range ids {
		failed = append(failed, h.Stop(ctx, id))
	}
	return errors.Join(failed...)
}
