//go:build unix

package sshhost

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/crypto/ssh"
)

// signals are those of RFC 4254, 6.10.
var signals = map[string]syscall.Signal{
	"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "FPE": syscall.SIGFPE, "HUP": syscall.SIGHUP,
	"ILL": syscall.SIGILL, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "PIPE": syscall.SIGPIPE,
	"QUIT": syscall.SIGQUIT, "SEGV": syscall.SIGSEGV, "TERM": syscall.SIGTERM,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
}

// signal sends a signal to the command and all of its process group, as sshd does.
func (s *session) signal(name string) bool {
	sig, known := signals[name]
	s.mu.Lock()
	defer s.mu.Unlock()
	return known && s.pid > 0 && syscall.Kill(-s.pid, sig) == nil
}

// exitOf is the message for how a process ended.
func exitOf(state *os.ProcessState, err error) exitMessage {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || state == nil {
		return exitStatus(255)
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return exitStatus(state.ExitCode())
	}
	for name, sig := range signals {
		if sig == status.Signal() {
			return exitSignal(name, status.CoreDump())
		}
	}
	return exitSignal("SIG@jupyter-ec2", status.CoreDump()) // one without a name in the RFC
}

// terminal is a pseudo-terminal: the host's side and the command's.
type terminal struct {
	name        string // TERM
	master, tty *os.File
	once        sync.Once
}

// openTerminal makes the terminal that a pty-req asks for; nil when it cannot.
// The modes at the request's end are left: the terminal begins as the system's.
func openTerminal(payload []byte, who identity) *terminal {
	var v struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if ssh.Unmarshal(payload, &v) != nil {
		return nil
	}
	master, tty, err := pty.Open()
	if err != nil {
		return nil
	}
	t := &terminal{name: v.Term, master: master, tty: tty}
	if err := errors.Join(t.setSize(v.Columns, v.Rows), who.own(tty.Name())); err != nil {
		t.close()
		_ = tty.Close()
		return nil
	}
	return t
}

// resize takes a window-change.
func (t *terminal) resize(payload []byte) bool {
	return len(payload) >= 8 &&
		t.setSize(binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])) == nil
}

func (t *terminal) setSize(columns, rows uint32) error {
	return pty.Setsize(t.master, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
}

// close hangs the terminal up.
func (t *terminal) close() {
	t.once.Do(func() { closeAll(t.master, t.tty) })
}
