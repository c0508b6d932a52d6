//go:build linux || darwin

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// started is a program in a terminal of its own, in a home without an account.
func started(t *testing.T, args ...string) (s *tuitest.Terminal, ends func()) {
	t.Helper()
	home := t.TempDir()
	s = tuitest.Open(t, 80, 24)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = []string{
		"HOME=" + home, "XDG_STATE_HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "PS1=ready> ", "ENV=", "GORACE=atexit_sleep_ms=0",
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.TTY, s.TTY, s.TTY
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // no matter when it has ended
	return s, func() {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v\n%s", err, s.Shown())
		}
		s.GivenBack()
	}
}

// Ctrl-Z gives the terminal back to the shell, as the shell knows it, and fg
// brings the screen back.
func TestCtrlZSuspends(t *testing.T) {
	s, ends := started(t, "sh", "-i")
	s.See(`ready>`)
	s.Press(name + "\r")
	s.See(`No AWS credentials`)
	for range 2 {
		s.Press("\x1a")
		s.See(`Stopped(?s:.*)ready>\s*$`)
		s.Press("echo got-$((6*7))\r")
		s.See(`got-42`)
		s.Press("fg\r")
		s.See(`Jupyter on EC2(?s:.*)No AWS credentials`)
	}
	s.Press("q")
	s.See(`ready>\s*$`)
	s.Press("exit\r")
	ends()
}

// Where no shell could continue the program it is not stopped for ever.
func TestCtrlZWithoutAShell(t *testing.T) {
	s, ends := started(t, name)
	s.See(`No AWS credentials`)
	s.Press("\x1a")
	s.See(`Not suspended: there is no shell here`)
	s.Press("q")
	ends()
}

// Ctrl-C and Ctrl-\ in an editor are the editor's: neither it nor this program
// ends, and what is wrong with the file is told all the same.
func TestCtrlCInTheEditor(t *testing.T) {
	editor := filepath.Join(t.TempDir(), "editor")
	write(t, editor, `#!/bin/sh
trap 'n=$((n+1)); echo "caught-$n"' INT QUIT
echo editing
while [ "$answer" != save ]; do read -r answer; done
echo 'disk = 4' >"$1"
`)
	if err := os.Chmod(editor, 0o700); err != nil {
		t.Fatal(err)
	}
	s, _ := started(t, "sh", "-c", `trap : INT QUIT; EDITOR="$0" "$1" config edit; echo "exit $?"`, editor, name)
	s.See(`editing`)
	for i, key := range []string{"\x03", "\x03", "\x1c"} {
		s.Press(key)
		s.See(fmt.Sprintf(`caught-%d`, i+1))
	}
	s.Press("save\r")
	s.See(`disk of 4 GB(?s:.*)exit 2`)
}

// A click reaches the program, and the terminal is told no more of the mouse
// when it has ended.
func TestTheMouseOfATerminal(t *testing.T) {
	s, ends := started(t, name)
	for y, line := range strings.Split(s.See(`No AWS credentials(?s:.*)q quit`), "\n") {
		if before, _, found := strings.Cut(line, "q quit"); found {
			at := fmt.Sprintf("\x1b[<0;%d;%d", utf8.RuneCountInString(before)+1, y+1)
			s.Press(at + "M" + at + "m")
		}
	}
	ends()
}
