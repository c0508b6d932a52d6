//go:build unix

package sandbox

import (
	"io/fs"
	"os"
	"syscall"
)

// detached starts a process in a session of its own, which no terminal ends.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// ours says whether the file belongs to this process's user.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
