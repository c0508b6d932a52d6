//go:build linux || darwin

package project

import (
	"errors"
	"path"

	"golang.org/x/sys/unix"
)

// renames reports whether the system has other ways to rename.
const renames = true

// rename renames in such a way; not all file systems can.
func (h *here) rename(a, b string, how uint) error {
	return h.in(path.Dir(a), func(from int) error {
		return h.in(path.Dir(b), func(to int) error { return renameat(from, path.Base(a), to, path.Base(b), how) })
	})
}

// rmdir removes a folder that is empty, and nothing else.
func (h *here) rmdir(p string) error {
	return h.in(path.Dir(p), func(dir int) error { return unix.Unlinkat(dir, path.Base(p), unix.AT_REMOVEDIR) })
}

// in does something in a folder.
func (h *here) in(folder string, do func(dir int) error) (err error) {
	dir, err := h.root.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return do(int(dir.Fd()))
}
