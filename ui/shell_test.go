//go:build linux || darwin

package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// echoShell says in which size it runs and repeats lines until "exit".
func echoShell(_ context.Context, t steps.Terminal) error {
	if _, err := fmt.Fprintf(t.Out, "shell of %dx%d on %s\r\n$ ", t.Width, t.Height, t.Term); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReader(t.In)
		for {
			line, err := in.ReadString('\r')
			if err != nil {
				return
			}
			lines <- strings.TrimSuffix(line, "\r")
			if line == "exit\r" {
				// As a real client: it reads on until it is told to stop.
				_, _ = in.ReadByte()
				return
			}
		}
	}()
	for {
		select {
		case size := <-t.Resized:
			_, _ = fmt.Fprintf(t.Out, "now %dx%d\r\n", size[0], size[1])
		case line := <-lines:
			switch line {
			case "exit":
				return nil
			case "fail":
				return errors.New("the connection was lost")
			}
			_, _ = fmt.Fprintf(t.Out, "you said %q\r\n$ ", line)
		}
	}
}

// The program in a terminal: its screen makes room for the shell and comes
// back, and the first key after the shell is the screen's.
func TestTheShellHasTheTerminal(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Link = func(string) *stepstest.Link { return &stepstest.Link{Is: stepstest.Health(), OnShell: echoShell} }
	s := tuitest.Open(t, 80, 24)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := Run(ctx, Options{
			Engine: e, Asker: NewAsker(), In: s.TTY, Out: s.TTY, SaveDir: t.TempDir(),
			Env: []string{"TERM=xterm-256color", "NO_COLOR=1"}, Now: func() time.Time { return stepstest.Now() },
		})
		left <- err
	}()
	t.Cleanup(cancel)
	s.See(`Sessions`)
	s.Press("e")
	s.See(`A shell on jupyter(?s:.*)shell of 80x24 on xterm-256color`)
	s.Press("ls -l\r")
	s.See(`you said "ls -l"`)
	s.Press("exit\r")
	s.See(`Sessions`)
	s.Press("2")
	s.See(`▸ 2  gpu-lab`)
	s.Press("1")
	s.See(`▸ 1  jupyter`)
	s.Press("e")
	s.See(`A shell on jupyter`)
	s.Press("fail\r")
	s.See(`! the shell failed`)
	s.Press(tuitest.CtrlC)
	s.See(`Leave\?`)
	s.Press(tuitest.CtrlC)
	if err := <-left; err != nil {
		t.Error(err)
	}
	s.GivenBack()
}

// The shell learns the terminal's new size, and the terminal is in its old
// mode again afterwards. The size is changed without a program around: Bubble
// Tea 2.1.1 looks at it from two goroutines when it takes the terminal back.
func TestTheShellFollowsTheSize(t *testing.T) {
	s := tuitest.Open(t, 80, 24)
	before, err := term.GetState(int(s.TTY.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	c := &shellCommand{ctx: t.Context(), link: &stepstest.Link{OnShell: echoShell}, term: "xterm", name: "jupyter"}
	c.SetStdin(s.TTY)
	c.SetStdout(s.TTY)
	ended := make(chan error, 1)
	go func() { ended <- c.Run() }()
	s.See(`shell of 80x24 on xterm`)
	s.Resize(100, 30)
	s.See(`now 100x30`)
	s.Press("exit\r")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	after, err := term.GetState(int(s.TTY.Fd()))
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal's mode is %+v, was %+v; %v", after, before, err)
	}
}
