package sandbox

import (
	"io/fs"
	"syscall"
)

// Windows has no sandbox; see sshhost.Check. These let the package compile.

func detached() *syscall.SysProcAttr { return nil }

func ours(fs.FileInfo) bool { return true }
