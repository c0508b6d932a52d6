package testhost

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

const upScript = `
name=$1 gateway=$2
ip -n "$name" link set eth0 up
ip -n "$name" route replace default via "$gateway"
`

// Link cuts the host's network cable, or puts it back.
func (h *Host) Link(ctx context.Context, up bool) error {
	if up {
		_, err := sh(ctx, upScript, h.name, h.gateway.String())
		return err
	}
	_, err := run(ctx, "ip", "-n", h.name, "link", "set", "eth0", "down")
	return err
}

// Dark makes what the host sends to this computer vanish without a word, or
// lets it through. The host still reaches other machines.
func (h *Host) Dark(ctx context.Context, on bool) error { return h.member(ctx, "dark", h.link, on) }

// Offline refuses all that the host sends to other machines, name servers
// too, or lets it through.
func (h *Host) Offline(ctx context.Context, on bool) error {
	return h.member(ctx, "offline", h.private.String(), on)
}

// Refused lets the host find names, and refuses all its connections to other
// machines, or lets them through.
func (h *Host) Refused(ctx context.Context, on bool) error {
	return h.member(ctx, "refused", h.private.String(), on)
}

func (h *Host) member(ctx context.Context, set, element string, in bool) error {
	verb := "delete"
	if in {
		verb = "add"
	}
	_, err := run(ctx, "nft", verb, "element", "ip", h.slot.table(), set, "{ "+element+" }")
	return err
}

func (s *slot) table() string { return strings.ReplaceAll(s.name, "-", "_") }

// Run runs a script as root on a host that is up and answers what it printed.
// What is to go on afterwards needs systemd-run.
func (h *Host) Run(ctx context.Context, script string) (string, error) {
	var init string
	err := h.until(ctx, func() bool { init = h.init(); return init != "" })
	if err != nil {
		return "", err
	}
	return run(ctx, "nsenter", "-t", init, "-m", "-u", "-i", "-n", "-p", "-r", "-w", "sh", "-c", script)
}

// init is the host's first process as this computer numbers it, or empty.
func (h *Host) init() string {
	// NSpid's last number is the one inside.
	const find = `find /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1" -name cgroup.procs -exec cat {} + 2>/dev/null |
		sort -un | while read -r pid; do grep -Hs '^NSpid:.*[0-9].*[^0-9]1$' "/proc/$pid/status" || :; done`
	out, err := sh(context.Background(), find, h.name)
	if err != nil {
		return ""
	}
	parts := strings.Split(out, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

// Console is what the boots printed.
func (h *Host) Console() string {
	b, err := os.ReadFile(filepath.Join(h.dir(), "console"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}
