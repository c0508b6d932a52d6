//go:build !linux && !darwin

package project

import (
	"errors"
	"path/filepath"
	"syscall"
)

// Ways to rename, which this system does not have.
const (
	renames   = false
	exchange  = 0
	noReplace = 0
)

func (h *here) rename(string, string, uint) error { return errors.ErrUnsupported }

// rmdir removes a folder that is empty, and nothing else.
func (h *here) rmdir(p string) error {
	return syscall.Rmdir(filepath.Join(h.dir, filepath.FromSlash(p)))
}

// written would report whether somebody has a file open for writing; this system
// does not tell, and lets nobody replace most of those.
func (h *here) written(string) (busy, known bool) { return false, false }
