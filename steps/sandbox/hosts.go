package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// hosts are the embedded hosts behind the cloud's instances.
type hosts struct {
	computer *sshhost.Computer
	log      func(string)

	mu      sync.Mutex
	running map[string]*sshhost.Host
	keys    map[string][]string // by instance, for Reboot
}

// Launch starts an instance's host. Its address is one of loopback, and the
// name is the address too: nothing else resolves to it.
func (h *hosts) Launch(ctx context.Context, spec ec2sim.HostSpec) (ec2sim.Host, error) {
	listener, err := sshhost.Listen(spec.Index)
	if err != nil {
		return ec2sim.Host{}, err
	}
	return h.start(ctx, sshhost.Spec{ID: spec.InstanceID, Listener: listener, AuthorizedKeys: spec.AuthorizedKeys})
}

func (h *hosts) start(ctx context.Context, spec sshhost.Spec) (ec2sim.Host, error) {
	host, err := h.computer.Start(ctx, spec)
	if err != nil {
		h.log("Host " + spec.ID + " did not start: " + err.Error())
		return ec2sim.Host{}, err
	}
	h.mu.Lock()
	h.running[spec.ID] = host
	if h.keys == nil {
		h.keys = map[string][]string{}
	}
	h.keys[spec.ID] = spec.AuthorizedKeys
	h.mu.Unlock()
	ip := host.Addr().Addr().String()
	h.log("Host " + spec.ID + " is up at " + host.Addr().String() + ".")
	return ec2sim.Host{
		PublicIP: ip, PrivateIP: ip, PublicDNS: ip,
		SSHPort: int(host.Addr().Port()), HostKeys: host.HostKeys(),
	}, nil
}

// Stop ends everything that runs on the host and keeps its folder.
func (h *hosts) Stop(ctx context.Context, id string) error {
	_, err := h.stop(ctx, id)
	return err
}

// stop answers where the host was.
func (h *hosts) stop(ctx context.Context, id string) (netip.AddrPort, error) {
	h.mu.Lock()
	host := h.running[id]
	h.mu.Unlock()
	if host == nil {
		return netip.AddrPort{}, nil
	}
	if err := host.Stop(ctx); err != nil {
		return netip.AddrPort{}, err
	}
	h.mu.Lock()
	delete(h.running, id)
	h.mu.Unlock()
	h.log("Host " + id + " is down.")
	return host.Addr(), nil
}

// Reboot ends everything on the host and starts it again at its address.
func (h *hosts) Reboot(ctx context.Context, id string) error {
	addr, err := h.stop(ctx, id)
	if err != nil {
		return err
	}
	if !addr.IsValid() {
		return fmt.Errorf("host %s does not run", id)
	}
	listener, err := net.Listen("tcp4", addr.String())
	if err != nil {
		return fmt.Errorf("taking the address of host %s again: %w", id, err)
	}
	h.mu.Lock()
	keys := h.keys[id]
	h.mu.Unlock()
	_, err = h.start(ctx, sshhost.Spec{ID: id, Listener: listener, AuthorizedKeys: keys})
	return err
}

// Terminate ends everything that runs on the host and removes its folder.
func (h *hosts) Terminate(ctx context.Context, id string) error {
	if err := h.Stop(ctx, id); err != nil {
		return err
	}
	h.mu.Lock()
	delete(h.keys, id)
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

// hostsFolder answers where the hosts' folders are: in the sandbox's own,
// which nobody else can enter. When the program is root and the hosts are not,
// that includes the hosts, so that theirs is then a folder of its own in
// /var/tmp (os.TempDir when there is none), and a link leads to it.
func hostsFolder(dir string) (string, error) {
	path := filepath.Join(dir, hostsName)
	if !sshhost.Dropped() {
		return path, os.MkdirAll(path, 0o700)
	}
	if target, err := os.Readlink(path); err == nil {
		if info, err := os.Lstat(target); err == nil && info.IsDir() && ours(info) {
			return target, nil
		}
	}
	if err := os.RemoveAll(path); err != nil { // a link that leads nowhere
		return "", fmt.Errorf("removing an old link to the hosts: %w", err)
	}
	for _, base := range []string{"/var/tmp", os.TempDir()} {
		if !sshhost.Reachable(base) {
			continue
		}
		target, err := os.MkdirTemp(base, "jupyter-ec2-sandbox-")
		if err != nil {
			continue
		}
		return target, os.Symlink(target, path)
	}
	return "", &problem{
		title: "No room for the sandbox's hosts",
		text:  "As root, the sandbox runs its hosts as the user nobody, and neither /var/tmp nor " + os.TempDir() + " can be entered by that user.",
		next:  "Run the same command as an ordinary user, or set TMPDIR to a folder that all users can enter.",
	}
}

// tidyHosts removes the hosts' folder outside the sandbox's own when no host
// is left in it.
func tidyHosts(dir string) error {
	path := filepath.Join(dir, hostsName)
	target, err := os.Readlink(path)
	if err != nil {
		return nil // it is a folder, or not there
	}
	empty, err := sshhost.Empty(target)
	if err != nil || !empty {
		return err
	}
	err = errors.Join(os.RemoveAll(target), os.Remove(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
