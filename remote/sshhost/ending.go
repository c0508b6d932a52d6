package sshhost

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	endGrace = 3 * time.Second       // between asking a process to end and ending it
	endPoll  = 25 * time.Millisecond // between two looks at what is left
)

// process is one of the computer's processes. Its start tells it from a later
// one that was given the same number.
type process struct {
	pid, parent int
	start       string
	marked      bool
}

// name tells it from all others, also from those that had its number before.
func (p process) name() string { return strconv.Itoa(p.pid) + " " + p.start }

// same reports whether it is still that process.
func (p process) same() bool {
	start, err := Started(p.pid)
	return err == nil && start == p.start
}

// endProcesses asks all processes that carry the marks, and all below them or
// below roots, to end, ends those that do not, and is done when none is left.
// A process that gave up both its parents and its environment is not found.
//
// One that was found stays so until it has ended: while it ends, or becomes
// another program, its environment cannot be seen, and its parent may have ended
// before it.
func endProcesses(ctx context.Context, marks []string, roots []int) error {
	found := map[string]bool{}
	patience := time.Now().Add(endGrace)
	poll := time.NewTicker(endPoll)
	defer poll.Stop()
	for {
		all, err := processes(marks)
		if err != nil {
			return err
		}
		for i, p := range all {
			all[i].marked = p.marked || found[p.name()]
		}
		left := family(all, roots)
		if len(left) == 0 {
			return nil
		}
		over := ctx.Err() // nil while there is time
		hard := time.Now().After(patience) || over != nil
		for _, p := range left {
			switch {
			case hard:
				p.signal(os.Kill)
			case !found[p.name()]:
				p.signal(syscall.SIGTERM)
			}
			found[p.name()] = true
		}
		if over != nil {
			return over // ended hard, but nobody looked whether they are gone
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
		}
	}
}

// signal sends a signal to the process, and to no other with its number: on
// Linux FindProcess holds on to the process itself.
func (p process) signal(sig os.Signal) {
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return // gone
	}
	defer func() { _ = handle.Release() }()
	if p.same() {
		_ = handle.Signal(sig) // gone in between, or seen again on the next look
	}
}

// family picks the marked processes, the roots, and all below them.
func family(all []process, roots []int) []process {
	below := map[int][]process{}
	var line, picked []process
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p)
		if p.marked || slices.Contains(roots, p.pid) {
			line = append(line, p)
		}
	}
	seen := map[int]bool{}
	for len(line) > 0 {
		p := line[0]
		line = line[1:]
		if seen[p.pid] {
			continue
		}
		seen[p.pid] = true
		picked = append(picked, p)
		line = append(line, below[p.pid]...)
	}
	return picked
}

// parsePS reads the lines of "ps -o pid=,ppid=,stat=,lstart=,command=" with
// the environment after the command (-E). Zombies are left out.
func parsePS(text string, marks []string) []process {
	var all []process
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 || strings.HasPrefix(f[2], "Z") {
			continue
		}
		pid, errPID := strconv.Atoi(f[0])
		parent, errParent := strconv.Atoi(f[1])
		if errPID != nil || errParent != nil {
			continue
		}
		rest, marked := strings.TrimRight(line, "\n")+" ", true
		for _, m := range marks {
			marked = marked && strings.Contains(rest, " "+m+" ")
		}
		all = append(all, process{pid: pid, parent: parent, start: strings.Join(f[3:8], " "), marked: marked})
	}
	return all
}

// parseStat reads the parent, the state and the start (in clock ticks since
// boot) from Linux's /proc/PID/stat; the command name in it, in parentheses,
// may hold anything. See proc_pid_stat(5).
func parseStat(stat string) (parent int, state, start string, ok bool) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, "", "", false
	}
	f := strings.Fields(stat[end+1:]) // from field 3 on
	if len(f) < 20 {
		return 0, "", "", false
	}
	parent, err := strconv.Atoi(f[1])
	return parent, f[0], f[19], err == nil
}
