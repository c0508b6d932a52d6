//go:build linux || darwin

package cli

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// workLive is an "up" that is at work until it is interrupted.
func workLive() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	e := made(stepstest.Has{}, func(ctx context.Context, emit func(steps.Event)) (*steps.Opened, error) {
		emit(steps.Event{Step: steps.StepInstall, Kind: steps.Started})
		emit(steps.Event{Step: steps.StepInstall, Kind: steps.Output, Text: "downloading"})
		<-ctx.Done()
		return nil, ctx.Err()
	})
	r := run{engine: e, terminal: true, output: os.Stdout, errput: os.Stderr}
	os.Exit(r.do(ctx, "up", "--yes"))
}

// Ctrl-Z gives the terminal back to the shell and fg draws again; after Ctrl-C
// nothing of the drawing is left, and what is typed is shown.
func TestUpLiveAndItsShell(t *testing.T) {
	home := t.TempDir()
	s := tuitest.Open(t, 80, 24)
	cmd := exec.Command("sh", "-i")
	cmd.Env = []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "PS1=ready> ", "ENV=", "GORACE=atexit_sleep_ms=0"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.TTY, s.TTY, s.TTY
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // no matter when it has ended
	s.See(`ready>`)
	s.Press(liveWork + "\r")
	s.See(`● Install  \d+ s\n  │ downloading\n○ Serve\n○ Open\n`)
	s.Press("\rtyped")
	for range 2 {
		s.Press("\x1a")
		s.See(`Stopped.*\nready>\s*$`)
		s.Press("echo got-$((6*7))\r")
		s.See(`ready> echo got.*\ngot-42\nready>\s*$`)
		s.Press("clear; fg\r")
		s.See(`● Install  \d+ s\n  │ downloading\n○ Serve\n○ Open\n`)
	}
	s.Press(tuitest.CtrlC)
	s.See(`✗ Install  \d+ s  stopped\n  │ downloading\n(?s:.*)Stopped(?s:.*)\nready>\s*$`)
	s.Press("echo and-$((6*7))\r")
	s.See(`ready> echo and.*\nand-42\nready>\s*$`)
	s.Press("exit\r")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
