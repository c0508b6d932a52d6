//go:build unix

package aws

import (
	"os/exec"
	"syscall"
)

// endTogether gives a program a session of its own, without our terminal, and
// has its end be the end of all that it started.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
