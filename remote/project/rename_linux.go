package project

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Ways to rename, besides the usual one.
const (
	exchange  = unix.RENAME_EXCHANGE
	noReplace = unix.RENAME_NOREPLACE
)

func renameat(from int, a string, to int, b string, how uint) error {
	return unix.Renameat2(from, a, to, b, how)
}

// written reports whether somebody has a file open for writing, or mapped, and
// whether that is known: the system gives a lease to read only where nobody has.
func (h *here) written(p string) (busy, known bool) {
	f, err := h.root.OpenFile(p, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return false, false
	}
	defer func() { _ = f.Close() }() // was only asked about
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if errors.Is(err, unix.EAGAIN) && p != hides {
		// Some file systems give no lease for a file that nobody writes to either.
		busy, known = h.written(hides)
		return known && !busy, known && !busy
	}
	return false, err == nil
}
