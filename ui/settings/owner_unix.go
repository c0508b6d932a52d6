//go:build unix

package settings

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign says why a file may be somebody else's, or is empty.
func foreign(_ string, info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case ok && int(stat.Uid) != os.Geteuid() && stat.Uid != 0:
		return "it belongs to another user"
	case info.Mode().Perm()&0o002 != 0:
		return "everybody can write to it"
	}
	return ""
}
