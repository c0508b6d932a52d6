//go:build !linux

package project

import (
	"errors"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// flush has the disk keep what is at these paths. In which order names and what is
// written to the state later reach it these systems see to.
func (h *here) flush(paths []string) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range paths {
		if h.tree[p].Kind == File {
			group.Go(func() error { return h.flushFile(p) })
		}
	}
	return group.Wait()
}

func (h *here) flushFile(p string) (err error) {
	f, err := h.root.OpenFile(p, flushing|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // nobody has written to it just now
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return flushed(f)
}
