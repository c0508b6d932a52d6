package engine

import (
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup keeps the console's Ctrl-C from a child, and ends it with its own
// children: jupyter.exe is a launcher, and the server is a process below it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	cmd.Cancel = func() error {
		tree := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)) // #nosec G204 -- our own child
		if err := tree.Run(); err != nil {
			return errors.Join(err, cmd.Process.Kill())
		}
		return nil
	}
}
