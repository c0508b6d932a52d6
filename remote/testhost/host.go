package testhost

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed scripts/boot.sh
var bootScript string

// Spec is a host to make. The zero Spec is what EC2's Ubuntu images are like:
// systemd, OpenSSH with the user ubuntu, sudo without a password, apt.
type Spec struct {
	AuthorizedKeys []string // of ubuntu, a line each
	// MemoryMB limits the memory, and is what the host believes to have; 0
	// means no limit.
	MemoryMB int
	// DiskMB is the space free on the host's disk; 0 means plenty.
	DiskMB int
	// Plain hosts run no systemd: OpenSSH is the one service.
	Plain bool
	// Release is the Debian release, and with it the Python: bullseye (3.9),
	// bookworm (3.11) or trixie (3.13); empty means bookworm. Newer systemds
	// than bookworm's do not boot under every control group layout: such hosts
	// are to be Plain.
	Release string
	// Image is what Host.Image answered, to begin with another host's disk;
	// empty means a new one.
	Image string
	// Prepare is a script that changes the host before its first boot: its
	// configuration of sshd, its login shell, its rights.
	Prepare string
	// CloudInit has the host boot with a real cloud-init, on bookworm with
	// systemd; nil makes a host whose user and keys are there already.
	CloudInit *CloudInit
	// Down is called once for each time that the host switched itself off from
	// inside, when it is down; may be nil. What a Host's methods do is no reason.
	Down func()
}

// plentyMB is the size of a disk without a limit.
const plentyMB = 8 << 10

// disk is the size of the disk's file system in memory, in MB; 0 puts the disk
// on this computer's own. An install makes ten thousand files, which is far
// quicker in memory, but would count there as memory of the host.
func (s Spec) disk() int {
	if s.DiskMB == 0 && s.MemoryMB == 0 {
		return plentyMB
	}
	return s.DiskMB
}

// Host is one machine. Its methods are not for concurrent use.
type Host struct {
	slot    *slot
	spec    Spec
	name    string // "jupyter-ec2-test-0-3": namespace and control group
	link    string // its network device on this computer
	gateway netip.Addr
	private netip.Addr
	public  netip.Addr // valid while it is up
	meta    *metadata  // nil without a cloud-init
	server  *http.Server

	boot chan struct{} // closed when it is down; nil before the first start
	mu   sync.Mutex
	end  error // of the boot, once it is closed
	told bool  // it goes down because of a method
}

const makeScript = `
dir=$1 root=$2 disk=$3 name=$4 link=$5 gateway=$6 private=$7
mkdir -p "$dir/disk" "$dir/merged"
[ "$disk" = 0 ] || mount -t tmpfs -o "size=${disk}M" tmpfs "$dir/disk"
mkdir "$dir/disk/up" "$dir/disk/work"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$dir/disk/up,workdir=$dir/disk/work" "$dir/merged"
host=$8
echo "$host" >"$dir/merged/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$host" >"$dir/merged/etc/hosts"
ip netns add "$name"
# The kernel takes its time with the devices of a namespace that was removed.
ip link del "$link" 2>/dev/null || :
ip link add "$link" type veth peer name eth0 netns "$name"
ip addr add "$gateway/30" dev "$link"
ip link set "$link" up
ip -n "$name" addr add "$private/30" dev eth0
ip -n "$name" link set lo up
ip -n "$name" link set eth0 up
ip -n "$name" route add default via "$gateway"
`

func (s *slot) newHost(ctx context.Context, spec Spec) (*Host, error) {
	s.mu.Lock()
	s.hosts++
	n := s.hosts
	s.mu.Unlock()
	h := &Host{
		slot: s, spec: spec, name: fmt.Sprintf("%s-%d", s.name, n), link: fmt.Sprintf("je%d-%d", s.number, n),
		gateway: nth(s.private, 4*n+1), private: nth(s.private, 4*n+2),
	}
	if 4*n+2 >= 1<<(32-slotBits) {
		return nil, errors.New("the slot has no more addresses for hosts")
	}
	lower, err := s.layers(ctx, spec)
	if err != nil {
		return nil, err
	}
	_, err = sh(ctx, makeScript, h.dir(), lower, fmt.Sprint(spec.disk()), h.name, h.link, h.gateway.String(), h.private.String(), h.hostname())
	if err == nil {
		err = h.configure(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the host %s: %w", h.name, err), h.Remove(context.WithoutCancel(ctx)))
	}
	return h, nil
}

// configure writes what is the host's own, as the first boot of an image does.
func (h *Host) configure(ctx context.Context) error {
	if h.spec.CloudInit != nil {
		if err := h.serveMetadata(ctx); err != nil {
			return err
		}
		_, err := run(ctx, "chroot", h.file(""), "sh", "-euc", h.spec.Prepare)
		return err
	}
	keys := h.file("home/ubuntu/.ssh/authorized_keys")
	if err := os.WriteFile(keys, []byte(strings.Join(h.spec.AuthorizedKeys, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	if h.spec.MemoryMB > 0 {
		info := fmt.Sprintf("MemTotal: %d kB\nMemFree: %[1]d kB\nMemAvailable: %[1]d kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", h.spec.MemoryMB<<10)
		if err := os.WriteFile(h.file("meminfo"), []byte(info), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(h.file("etc/systemd/system/meminfo.service"), []byte(meminfoUnit), 0o644); err != nil {
			return err
		}
		if _, err := run(ctx, "chroot", h.file(""), "systemctl", "enable", "-q", "meminfo"); err != nil {
			return err
		}
	}
	_, err := run(ctx, "chroot", h.file(""), "sh", "-euc", h.spec.Prepare)
	return err
}

// meminfoUnit shows a host the memory it is limited to: control groups do not.
const meminfoUnit = `[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=mount --bind /meminfo /proc/meminfo
[Install]
WantedBy=sysinit.target
`

func (h *Host) hostname() string { return "ip-" + strings.ReplaceAll(h.private.String(), ".", "-") }

func (h *Host) dir() string               { return filepath.Join(h.slot.dir(), h.name) }
func (h *Host) file(inside string) string { return filepath.Join(h.dir(), "merged", inside) }

// Public is the address the host is reached at while it is up.
func (h *Host) Public() netip.Addr { return h.public }

// Private is the address that the host has.
func (h *Host) Private() netip.Addr { return h.private }

// startScript leads a public address to the host.
const startScript = `
table=$1 public=$2 private=$3 link=$4
nft add element ip "$table" public "{ $public : $private }"
ip route replace "$public/32" dev "$link"
`

// Start boots a host that is down, at a new public address, and waits until
// it has host keys, or until its cloud-init asks who it is. Its SSH server takes
// a moment longer.
func (h *Host) Start(ctx context.Context) error {
	if !h.up() { // it may have switched itself off: its last address leads nowhere
		if err := h.PowerOff(ctx); err != nil {
			return err
		}
	}
	h.slot.mu.Lock()
	h.slot.starts++
	public := nth(h.slot.public, h.slot.starts)
	h.slot.mu.Unlock()
	return h.startAt(ctx, public)
}

// startAt is Start at that address.
func (h *Host) startAt(ctx context.Context, public netip.Addr) error {
	h.public = public
	if _, err := sh(ctx, startScript, h.slot.table(), h.public.String(), h.private.String(), h.link); err != nil {
		return fmt.Errorf("giving %s an address: %w", h.name, err)
	}
	out, err := os.OpenFile(filepath.Join(h.dir(), "console"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	heard, plain, console := 0, "0", "pipe"
	if h.meta != nil {
		heard, console = h.meta.heard(), "read-only" // to be printed on
	}
	if h.spec.Plain {
		plain = "1"
	}
	cmd := exec.Command("setsid", "sh", "-c", bootScript, "boot", h.name, h.file(""), h.slot.packages(), fmt.Sprint(h.spec.MemoryMB), plain, console)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return errors.Join(err, out.Close())
	}
	down := make(chan struct{})
	h.boot = down
	h.expectDown(false)
	go func() {
		err := errors.Join(cmd.Wait(), out.Close())
		h.mu.Lock()
		h.end = err
		// systemd-nspawn ends with 0 when its machine powered off.
		itself := err == nil && !h.told
		h.mu.Unlock()
		close(down)
		if itself && h.spec.Down != nil {
			h.spec.Down()
		}
	}()
	if h.meta != nil {
		return h.until(ctx, func() bool { return h.meta.heard() > heard })
	}
	return h.until(ctx, func() bool { return len(h.HostKeys()) > 0 })
}

// expectDown reports whether a method is what takes the host down.
func (h *Host) expectDown(yes bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = yes
}

// until waits for a state of a host that is up.
func (h *Host) until(ctx context.Context, done func() bool) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", h.name, ctx.Err())
		case <-h.boot:
			h.mu.Lock()
			defer h.mu.Unlock()
			return fmt.Errorf("%s went down (%w):\n%s", h.name, h.end, h.Console())
		}
	}
	return nil
}

// HostKeys are those that the host made at its first boot, in authorized_keys
// form; none where cloud-init does that, which prints them on the console.
func (h *Host) HostKeys() []string {
	b, err := os.ReadFile(h.file("var/lib/testhost/console"))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// Stop shuts the host down in an orderly way. Its disk is kept.
func (h *Host) Stop(ctx context.Context) error {
	h.expectDown(true)
	if h.up() && !h.spec.Plain {
		// The shutdown may end this command first; what counts is the end.
		_, _ = h.Run(ctx, "systemctl poweroff --no-block")
		limit := time.NewTimer(20 * time.Second)
		defer limit.Stop()
		select {
		case <-h.boot:
		case <-limit.C:
		case <-ctx.Done():
		}
	}
	return h.PowerOff(ctx)
}

// Down is closed when the host is down, also by its own doing. PowerOff takes
// its public address away then. It is for a host that was started.
func (h *Host) Down() <-chan struct{} { return h.boot }

func (h *Host) up() bool {
	if h.boot == nil {
		return false
	}
	select {
	case <-h.boot:
		return false
	default:
		return true
	}
}

const powerOffScript = `
name=$1 table=$2 public=$3 private=$4
ip -n "$name" link set eth0 down
for top in /sys/fs/cgroup /sys/fs/cgroup/*; do
	[ ! -e "$top/$name/cgroup.kill" ] || echo 1 >"$top/$name/cgroup.kill"
done
tries=0
while :; do
	pids=$(find /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name" -name cgroup.procs -exec cat {} + 2>/dev/null) || :
	[ -n "$pids" ] || break
	kill -KILL $pids 2>/dev/null || :
	tries=$((tries + 1))
	[ "$tries" -lt 200 ] || exit 1
	sleep 0.05
done
ip route del "$public/32" 2>/dev/null || :
nft delete element ip "$table" public "{ $public : $private }" 2>/dev/null || :
`

// PowerOff is a power cut: nothing on the host, and nobody connected to it,
// is told. Its disk is kept.
func (h *Host) PowerOff(ctx context.Context) error {
	if h.boot == nil {
		return nil
	}
	h.expectDown(true)
	// Again until it is down: one that has just been started is not in its
	// control groups yet, where its processes are found.
	for down := false; !down; {
		if _, err := sh(ctx, powerOffScript, h.name, h.slot.table(), h.public.String(), h.private.String()); err != nil {
			return fmt.Errorf("powering %s off: %w", h.name, err)
		}
		select {
		case <-h.boot:
			down = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	return h.Link(ctx, true)
}

// Reboot restarts the host at its addresses. It returns when nothing of
// before runs any more.
func (h *Host) Reboot(ctx context.Context) error {
	if h.spec.Plain {
		return errors.New("a host without systemd does not reboot")
	}
	before := h.init()
	if _, err := h.Run(ctx, "systemctl reboot --no-block"); err != nil {
		return err
	}
	return h.until(ctx, func() bool { return h.init() != before })
}

const removeScript = `
dir=$1 name=$2
umount "$dir/merged" 2>/dev/null || :
umount "$dir/disk" 2>/dev/null || :
ip netns del "$name" 2>/dev/null || :
for g in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
	tries=0
	while [ -d "$g" ] && ! find "$g" -depth -type d -exec rmdir {} + 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || exit 1
		sleep 0.05
	done
done
rm -rf --one-file-system "$dir"
`

// Remove ends the host and removes its disk and its network.
func (h *Host) Remove(ctx context.Context) error {
	err := h.PowerOff(ctx)
	if h.server != nil {
		err = errors.Join(err, h.server.Close())
	}
	_, removed := sh(ctx, removeScript, h.dir(), h.name)
	return errors.Join(err, removed)
}
