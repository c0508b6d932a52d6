package engine

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// ownPort gives the setup a local port of its own, unless it has one. It is
// given out once and for all, and to no other setup of this computer, also
// while none of their tunnels is open: browsers keep a login by host and port,
// and one address for two machines leads to the wrong one.
//
// keep writes it down. It is called while nobody else is given a port.
func (g *Guide) ownPort(ctx context.Context, s *steps.Setup, keep func() error) error {
	unlock, err := g.worldsLedger().waitLock(ctx, ".ports")
	if err != nil {
		return err
	}
	defer unlock()
	others := g.portsOfOthers(s)
	if older, shared := others[s.LocalPort]; s.LocalPort != 0 && (!shared || !older) {
		return nil
	}
	port := g.cfg.LocalPort
	for ; port < 1<<16-1; port++ {
		if _, taken := others[port]; !taken && remote.PortFree(port) {
			break
		}
	}
	s.LocalPort = port
	return keep()
}

// worldsLedger is where a lock lies that counts in both worlds.
func (g *Guide) worldsLedger() ledger {
	if g.cfg.Beside == "" {
		return g.ledger
	}
	return ledger{min(g.cfg.Dir, g.cfg.Beside)}
}

// portsOfOthers are the local ports of all other setups of this computer, and
// whether theirs is the older claim: of two that have the same, as earlier
// versions gave out, the younger one moves.
func (g *Guide) portsOfOthers(s *steps.Setup) map[int]bool {
	ports := map[int]bool{}
	for _, l := range []ledger{g.ledger, {g.cfg.Beside}} {
		if l.dir == "" {
			continue
		}
		all, err := l.good()
		if err != nil {
			continue // a port may be given twice then, which is better than no tunnel
		}
		for _, o := range all {
			if o.LocalPort == 0 || o.ID == s.ID {
				continue
			}
			older := cmp.Or(o.Created.Compare(s.Created), cmp.Compare(o.ID, s.ID)) < 0
			ports[o.LocalPort] = ports[o.LocalPort] || older
		}
	}
	return ports
}

// keepPort has the ledger keep the port that ownPort gave, also where the
// setup's lock is not held. While somebody else works on the setup, it is
// theirs to write.
func (g *Guide) keepPort(s *steps.Setup) error {
	unlock, err := g.ledger.lock(s.ID)
	if err != nil {
		return nil
	}
	defer unlock()
	now, err := g.ledger.load(s.ID)
	if err != nil {
		return err
	}
	now.LocalPort = s.LocalPort
	return g.ledger.save(now)
}

// A tunnel is told to other processes by an empty file, ID.PORT, that is locked
// while it is open. The operating system lets go of the lock when the process
// dies, however it dies, so a file alone means nothing.
func (l ledger) tunnelFile(id string, port int) string {
	return l.file("tunnels", id+"."+strconv.Itoa(port))
}

// holdTunnel tells the other processes that this one holds a tunnel, until it
// is released. It is called while the port is listened on, and released before
// it is not any more, so that at most one process has to do with each file.
func (l ledger) holdTunnel(ctx context.Context, id string, port int) (release func(), err error) {
	path := l.tunnelFile(id, port)
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return nil, ledgerFault(err)
	}
	f := flock.New(path)
	if _, err := f.TryLockContext(ctx, 5*time.Millisecond); err != nil { // somebody may be just looking
		return nil, ledgerFault(err)
	}
	return sync.OnceFunc(func() {
		_ = os.Remove(path) // where a locked file stays, as on Windows, it means nothing
		_ = f.Unlock()
	}), nil
}

// addTunnels writes into the setups where a tunnel leads to their machines now.
// Of several, the one at the setup's own port counts.
func (l ledger) addTunnels(all []steps.Setup) {
	open := l.tunnels()
	for i := range all {
		s := &all[i]
		switch ports := open[s.ID]; {
		case slices.Contains(ports, s.LocalPort):
			s.TunnelPort = s.LocalPort
		case len(ports) > 0:
			s.TunnelPort = ports[0]
		}
	}
}

// tunnels are the local ports on which a tunnel leads to a setup's machine now,
// by setup ID, whichever processes hold them.
func (l ledger) tunnels() map[string][]int {
	entries, err := os.ReadDir(filepath.Join(l.dir, "tunnels"))
	if err != nil {
		return nil // there never was one
	}
	open := map[string][]int{}
	for _, e := range entries {
		id, text, _ := strings.Cut(e.Name(), ".")
		if port, err := strconv.Atoi(text); err == nil && isLocked(l.tunnelFile(id, port)) {
			open[id] = append(open[id], port)
		}
	}
	return open
}

// stamp is another one whenever the ledger or a tunnel has changed.
func (l ledger) stamp() string {
	var b strings.Builder
	entries, _ := os.ReadDir(filepath.Join(l.dir, "setups")) // none is a state like any other
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), ".") {
			_, _ = fmt.Fprintln(&b, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	_, _ = fmt.Fprintln(&b, l.tunnels())
	return b.String()
}

// isLocked reports whether a process holds the lock of a file that is there.
func isLocked(path string) bool {
	f := flock.New(path, flock.SetFlag(os.O_RDONLY)) // it must not make the file
	ok, err := f.TryRLock()
	if ok {
		_ = f.Unlock()
	}
	return !ok && err == nil
}

// dropTunnels removes what is left of a setup's tunnels.
func (l ledger) dropTunnels(id string) {
	left, _ := filepath.Glob(l.file("tunnels", id+".*")) // the pattern is a good one
	for _, path := range left {
		_ = os.Remove(path) // an empty file that nobody locks means nothing
	}
}
