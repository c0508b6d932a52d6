//go:build unix

package sandbox

import (
	"io/fs"
	"os"
	"syscall"
)

// detached starts a process in a session of its own, which no terminal ends.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// onDisk is the room that a file takes, and which file it is: one with two
// names takes its room once.
func onDisk(info fs.FileInfo) (bytes int64, id [2]uint64) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Size(), id
	}
	return stat.Blocks * 512, [2]uint64{uint64(stat.Dev), stat.Ino}
}

// ours reports whether the file belongs to this process's user.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
