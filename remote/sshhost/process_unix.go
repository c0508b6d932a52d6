//go:build unix

package sshhost

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
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
	blocking, tty, err := pty.Open()
	if err != nil {
		return nil
	}
	t := &terminal{name: v.Term, tty: tty}
	if t.master, err = pollable(blocking); err != nil {
		closeAll(blocking, tty)
		return nil
	}
	if err := errors.Join(t.setSize(v.Columns, v.Rows), who.own(tty.Name())); err != nil {
		t.close()
		return nil
	}
	return t
}

// pollable turns the master into a file whose Close and deadlines end a Read.
// The pty package leaves it blocking. On other systems than Linux it stays so:
// there a terminal's end always ends a Read.
func pollable(master *os.File) (*os.File, error) {
	if runtime.GOOS != "linux" {
		return master, nil
	}
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), master.Name()), master.Close()
}

// resize takes a window-change.
func (t *terminal) resize(payload []byte) bool {
	return len(payload) >= 8 &&
		t.setSize(binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])) == nil
}

func (t *terminal) setSize(columns, rows uint32) error {
	raw, err := t.master.SyscallConn()
	if err != nil {
		return err
	}
	size := &unix.Winsize{Col: uint16(min(columns, math.MaxUint16)), Row: uint16(min(rows, math.MaxUint16))} // #nosec G115 -- it fits
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
	return errors.Join(err, failed)
}

// drainQuiet is how long a terminal must be silent after its command ended to
// be done, and drainMost how much it may still say.
const (
	drainQuiet = 100 * time.Millisecond
	drainMost  = 1 << 20
)

// copyOutput copies what is written to the terminal until it ends, or until
// the command has ended and nothing more comes. Something in the background
// may hold the terminal for ever; as with sshd, it does not hold the session.
func (t *terminal) copyOutput(to io.Writer, ended <-chan struct{}) {
	go func() {
		<-ended
		_ = t.master.SetReadDeadline(time.Now()) // wakes the Read; without deadlines the end comes on its own
	}()
	after, buf := 0, make([]byte, 32<<10)
	for after < drainMost {
		over := isClosed(ended)
		if over {
			_ = t.master.SetReadDeadline(time.Now().Add(drainQuiet))
		}
		n, err := t.master.Read(buf)
		_, _ = to.Write(buf[:n]) // a client that left must not hold up the command
		if over {
			after += n
		}
		if woken := errors.Is(err, os.ErrDeadlineExceeded) && !over; err != nil && !woken {
			return // EIO is how a terminal's end reads
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// close hangs the terminal up.
func (t *terminal) close() {
	t.once.Do(func() { closeAll(t.master, t.tty) })
}
