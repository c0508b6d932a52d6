//go:build linux || darwin

package cli

import (
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// The terminal is raw while a shell has it, tells its new sizes, and is as it
// was before when the shell ends.
func TestConsole(t *testing.T) {
	person, program := terminal(t)
	if err := pty.Setsize(person, &pty.Winsize{Cols: 91, Rows: 31}); err != nil {
		t.Fatal(err)
	}
	ctx := await.Context(t)
	console, restore, err := openConsole(ctx, program, program, "vt220")
	if err != nil {
		t.Fatal(err)
	}
	if echoes(t, program) {
		t.Error("the terminal still shows what is typed")
	}
	if console.Width != 91 || console.Height != 31 || console.Term != "vt220" {
		t.Errorf("console %+v", console)
	}
	if err := pty.Setsize(person, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	// This process does not belong to the terminal, so the kernel does not tell it.
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	select {
	case size := <-console.Resized:
		if size != [2]int{120, 40} {
			t.Errorf("new size %v", size)
		}
	case <-ctx.Done():
		t.Error("the new size did not come")
	}
	for range 2 {
		if err := restore(); err != nil {
			t.Error(err)
		}
	}
	if !echoes(t, program) {
		t.Error("the terminal was not put back")
	}
}
