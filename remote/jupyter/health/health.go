// Package health has what a host says of itself: plain data, for those who must
// do without SSH.
package health

import "time"

// Health is how a host is, as its watcher says. Times are the host's clock, UTC.
type Health struct {
	At       time.Time // when the watcher looked
	Watching bool      // the watcher is alive; when it is not, the rest is as last seen, or zero

	Cores        int
	CPU          float64 // 0 to 1, of all cores, since the look before; -1 when unknown. A sandbox host's own programs' alone.
	MemoryMB     int
	MemoryUsedMB int
	SwapMB       int
	SwapUsedMB   int
	DiskMB       int // of the home folder's file system
	DiskFreeMB   int
	GPUs         []GPU

	// ServerUp says that the server answers; ServerNote why not. ServerDead
	// says that nothing listens there: one that is only busy, or short of
	// memory, is neither up nor dead, and its kernels live.
	ServerUp   bool
	ServerDead bool
	ServerNote string
	Kernels    []KernelInfo
	Terminals  int
	Logins     int // SSH sessions with a terminal
	Transfers  int // copies that go on over SSH

	// Idle is since when nothing has gone on; zero while something does.
	Idle time.Time
	// Busy is what keeps it from being idle: "a cell runs in kernel 3f2a…",
	// "python train.py, 98 % of a core".
	Busy string
	// Work is the programs of the user that together use more than WorkLeast
	// of a core, the busiest first. Those that match a pattern of Ignore are
	// left out.
	Work      []Program
	WorkLeast float64
	Ignore    []string
	// StopAt is when the machine stops on its own, as things are; zero means
	// never. StopWhy is "idle" or "lifetime".
	StopAt  time.Time
	StopWhy string
	// Stopping says that the machine is being switched off now; StopFailed what
	// it said when that did not work. It is tried again each minute.
	Stopping   bool
	StopFailed string
	// Held is until when a person has put the stop off; zero when nobody has.
	Held time.Time
	// Unarmed says why the watcher will not stop the machine although there
	// is a limit; empty when it will.
	Unarmed string
	// IdleLimit and LifeLimit are 0 when there is none. Born is since when
	// the lifetime counts.
	IdleLimit, LifeLimit time.Duration
	Born                 time.Time
}

// IdleFor is for how long nothing has gone on, when the machine's clock shows
// now; 0 while something does. known is false where nobody watches.
func (h Health) IdleFor(now time.Time) (idle time.Duration, known bool) {
	switch {
	case !h.Watching:
		return 0, false
	case h.Idle.IsZero():
		return 0, true
	}
	return max(now.Sub(h.Idle), 0), true
}

// StopsIn is how long it is until the machine stops automatically, when its
// clock shows now. stops is false where it does not, or nobody watches.
func (h Health) StopsIn(now time.Time) (left time.Duration, stops bool) {
	if !h.Watching || h.StopAt.IsZero() || h.Unarmed != "" {
		return 0, false
	}
	return max(h.StopAt.Sub(now), 0), true
}

// Program is one that works on the host.
type Program struct {
	PID     int
	Command string  // "python train.py": without the rest of its arguments
	CPU     float64 // of one core, over the last minute: 1.5 is one and a half
}

// GPU is one graphics processor.
type GPU struct {
	Name         string
	Use          float64 // 0 to 1; -1 when unknown
	MemoryMB     int
	MemoryUsedMB int
}

// KernelInfo is one running kernel.
type KernelInfo struct {
	ID          string
	Name        string // of its kernelspec, "python3"
	State       string // "idle", "busy", "starting", "dead", …
	LastActive  time.Time
	Connections int
	Path        string // of the notebook that uses it; empty when unknown
}
