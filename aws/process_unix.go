//go:build unix

package aws

import (
	"context"
	"os/exec"
	"syscall"
)

// shellCommand runs what the user has set as the system's shell reads it.
func shellCommand(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", command) // #nosec G204 -- the user's own setting
}

// endTogether gives a program a session of its own, without our terminal, and
// has its end be the end of all that it started.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
