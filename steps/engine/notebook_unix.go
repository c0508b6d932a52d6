//go:build unix

package engine

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's Ctrl-C from a child: it ends when it is told
// to, and the SIGTERM has it end its kernels on the gateway too.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
}
