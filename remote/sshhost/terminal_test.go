//go:build unix

package sshhost

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// terminalSession is a session with a terminal, its input and its output.
func terminalSession(t *testing.T, c *ssh.Client) (*ssh.Session, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	s := newSession(t, c)
	if err := s.RequestPty("xterm-256color", 30, 100, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	in, errIn := s.StdinPipe()
	out, errOut := s.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		t.Fatal(err)
	}
	return s, in, bufio.NewReader(out)
}

// until reads until text came and answers all that did.
func until(t *testing.T, r *bufio.Reader, text string) string {
	t.Helper()
	var got strings.Builder
	for !strings.Contains(got.String(), text) {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("waiting for %q: %v after %q", text, err, got.String())
		}
		got.WriteByte(b)
	}
	return got.String()
}

func send(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

func TestTerminalCommand(t *testing.T) {
	t.Parallel()
	s, in, out := terminalSession(t, newWorld(t).client())
	// A new size and what is typed come on ways of their own: the later may be the first.
	if err := s.Start(`stty size; echo "$TERM"; [ -t 0 ] && [ "$(tty)" = "$SSH_TTY" ] && echo terminal
		read x; while [ "$(stty size)" = "30 100" ]; do sleep 0.05; done; stty size; exit 3`); err != nil {
		t.Fatal(err)
	}
	until(t, out, "30 100\r\nxterm-256color\r\nterminal\r\n")
	if err := s.WindowChange(50, 132); err != nil {
		t.Fatal(err)
	}
	send(t, in, "go on\n")
	until(t, out, "50 132\r\n")
	var exit *ssh.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 3 {
		t.Errorf("ended with %v", err)
	}
}

func TestShell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, in, out := terminalSession(t, w.client())
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	until(t, out, "Nothing here is on AWS.")
	until(t, out, "ubuntu@"+w.host.Name())
	send(t, in, "command -v sudo || echo no-$((6*7))-sudo\n")
	until(t, out, "no-42-sudo")
	// A process in the background must hold up neither the shell's end nor the channel's.
	send(t, in, "setsid nohup sleep 1000 > /dev/null 2>&1 &\n")
	send(t, in, "sleep 1000 &\nexit\n")
	if err := s.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// Interrupting by the terminal's key reaches what runs in the foreground.
func TestInterruptKey(t *testing.T) {
	t.Parallel()
	s, in, out := terminalSession(t, newWorld(t).client())
	// A shell that is about to wait for input when the signal comes handles it
	// after that; one that waits for a program handles it at that program's end.
	if err := s.Start("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done"); err != nil {
		t.Fatal(err)
	}
	until(t, out, "ready")
	send(t, in, "\x03")
	until(t, out, "caught")
	var exit *ssh.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 5 {
		t.Errorf("ended with %v", err)
	}
}

// What a lost connection ends, and what it does not: as with sshd.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	watch := w.client()
	output(t, watch, "mkfifo hung-up still-there")

	lost := w.client()
	s, _, out := terminalSession(t, lost)
	// The hangup may be told more than once: by the terminal and by the host.
	if err := s.Start("trap 'trap \"\" HUP; echo hung up > hung-up; exit' HUP; echo ready; while :; do read x || :; done"); err != nil {
		t.Fatal(err)
	}
	until(t, out, "ready")
	plain := newSession(t, lost)
	stdout, err := plain.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// The end of its input is what this one notices of it.
	if err := plain.Start("echo ready; cat > /dev/null; echo there > still-there"); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(stdout, new(string)); err != nil {
		t.Fatal(err)
	}
	if err := lost.Close(); err != nil {
		t.Fatal(err)
	}
	if got := output(t, watch, "cat hung-up"); got != "hung up" {
		t.Errorf("the shell on the terminal said %q", got)
	}
	if got := output(t, watch, "cat still-there"); got != "there" {
		t.Errorf("the command without a terminal said %q", got)
	}
}
