package project

import (
	"errors"
	"path"

	"golang.org/x/sys/unix"
)

// exchange exchanges two names, and reports whether it did: not all file systems
// can.
func (h *here) exchange(a, b string) (bool, error) {
	from, err := h.root.Open(path.Dir(a))
	if err != nil {
		return false, err
	}
	defer func() { _ = from.Close() }() // was only named
	to, err := h.root.Open(path.Dir(b))
	if err != nil {
		return false, err
	}
	defer func() { _ = to.Close() }() // was only named
	err = unix.RenameatxNp(int(from.Fd()), path.Base(a), int(to.Fd()), path.Base(b), unix.RENAME_SWAP)
	if errors.Is(err, unix.ENOENT) {
		return false, errChanged
	}
	return err == nil, nil
}
