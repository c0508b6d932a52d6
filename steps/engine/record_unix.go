//go:build unix

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// exposed says how others could change a file or folder, or nothing.
func exposed(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case ok && int(st.Uid) != os.Geteuid():
		return fmt.Sprintf("it belongs to another user (number %d)", st.Uid)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Sprintf("others can write to it (mode %04o)", info.Mode().Perm())
	}
	return ""
}
