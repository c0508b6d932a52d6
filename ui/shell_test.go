//go:build linux || darwin

package ui

import (
	"context"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// The program in a terminal: its screen makes room for the shell and comes
// back, and the first key after the shell is the screen's.
func TestTheShellHasTheTerminal(t *testing.T) {
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Link = func(string) *stepstest.Link {
		return &stepstest.Link{Is: stepstest.Health(), OnShell: stepstest.EchoShell}
	}
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
	// The first shell's lines are still there, below the program's screen.
	s.See(`(?s:(A shell on jupyter.*shell of 80x24.*){2})`)
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
