package aws

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// shellCommand runs what the user has set as cmd.exe reads it: whole between two
// quotes, which /S has it take off. Other programs' way of quoting would put
// backslashes before the quotes in it, as around a path with a space.
func shellCommand(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /D /S /C "` + command + `"`}
	return cmd
}

// endTogether has a program's end be the end of all that it started.
func endTogether(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		tree := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)) // #nosec G204 -- our own child
		if err := tree.Run(); err != nil {
			return errors.Join(err, cmd.Process.Kill())
		}
		return nil
	}
}
