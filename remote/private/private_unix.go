//go:build unix

package private

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/moby/sys/atomicwriter"
)

// MkdirAll makes a folder, and those above it that are missing, which only
// their owner can enter. One that is there stays as it is.
func MkdirAll(path string) error { return os.MkdirAll(path, 0o700) }

// OpenFile is [os.OpenFile] for a file that is its owner's alone where this
// makes it; mode is 0600, or 0400 for one that is never written again. One that
// is there stays as it is.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag, mode)
}

// WriteFile replaces a file by one that only its owner can use, whole or not
// at all. It is on the disk when this returns. Its folder must be there.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	return atomicwriter.WriteFile(path, content, mode)
}

// Rename is [os.Rename] of a file in its folder, onto one that another process
// may just be reading.
func Rename(from, to string) error { return os.Rename(from, to) }

// Restrict takes a file away from all but its owner.
func Restrict(path string, mode fs.FileMode) error { return os.Chmod(path, mode) }

// Narrow takes an open file away from all but its owner, where others can do
// something with it.
func Narrow(f *os.File, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return f.Chmod(0o600)
}

// InUse reports whether a file could not be moved because a process has it
// open, which hinders nobody here.
func InUse(error) bool { return false }

// Of tells what others can do with a file or folder; info is what is known of
// it, of the thing that path leads to or of a link itself.
func Of(_ string, info fs.FileInfo) (Access, error) {
	var a Access
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		a.Owner = "number " + strconv.Itoa(int(st.Uid))
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return a, nil // a link's own mode says nothing
	}
	perm := info.Mode().Perm()
	a.Read, a.Write = perm&0o044 != 0, perm&0o022 != 0
	if perm&0o077 != 0 {
		a.Who = fmt.Sprintf("mode %04o", perm)
	}
	return a, nil
}
