//go:build linux || darwin

package machines

import (
	"reflect"
	"testing"

	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// The shell learns the terminal's new size, and the terminal is in its old
// mode again afterwards. The size is changed without a program around: Bubble
// Tea 2.1.1 looks at it from two goroutines when it takes the terminal back.
func TestTheShellFollowsTheSize(t *testing.T) {
	s := tuitest.Open(t, 80, 24)
	before, err := term.GetState(int(s.TTY.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	c := &shellCommand{ctx: t.Context(), link: &stepstest.Link{OnShell: stepstest.EchoShell}, term: "xterm", name: "jupyter"}
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
