package project

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"time"
)

// errChanged is something else at a path than what was seen there.
var errChanged = errors.New("it was changed meanwhile")

// errMissing is a file that did not come, or is not what was to come.
var errMissing = fmt.Errorf("%w: it has not come as it was", errChanged)

// meanwhile is an error as it is, or [errChanged] where it comes from something
// else at a path than what was seen.
func meanwhile(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return errors.Join(errChanged, err)
	}
	return err
}

// apply does what the other side asks for, each unless something else is there
// than was seen. A staged file is at its name in the stage.
func (h *here) apply(ctx context.Context, op Op, staged string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := h.check(ctx, op)
	if err == nil {
		info, err = h.do(ctx, op, staged, info)
	}
	if err != nil {
		return meanwhile(err)
	}
	if info == nil {
		delete(h.tree, op.Path)
		delete(h.ids, op.Path)
		return nil
	}
	op.Item.Time = info.ModTime()
	h.tree[op.Path], h.ids[op.Path] = op.Item, identify(info)
	return nil
}

// check returns what is at a path, if it is what was seen.
func (h *here) check(ctx context.Context, op Op) (fs.FileInfo, error) {
	for dir := range above(op.Path) { // none is a link by now, which leads elsewhere
		if info, err := h.root.Lstat(dir); err != nil || !info.IsDir() {
			return nil, errors.Join(errChanged, err)
		}
	}
	info, err := h.root.Lstat(op.Path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = nil, nil
	}
	switch {
	case err != nil:
		return nil, err
	case !op.Was.there() && info == nil:
		return nil, nil
	case !op.Was.there() || info == nil || !h.tree[op.Path].same(op.Was):
		return nil, errChanged
	case info.IsDir() && op.Was.Kind == Folder:
		return info, nil
	case identify(info) != h.ids[op.Path]:
		return nil, errChanged
	case op.Was.Kind == File && h.seen[op.Path] != seen{identify(info), op.Was.Hash}:
		// It was so young that a later change may look the same.
		hash, err := h.content(ctx, op.Path, identify(info))
		if err != nil || hash != op.Was.Hash {
			return nil, errors.Join(errChanged, err)
		}
	}
	return info, nil
}

func (h *here) do(ctx context.Context, op Op, staged string, was fs.FileInfo) (fs.FileInfo, error) {
	switch op.Do {
	case MoveAside:
		return nil, h.save(op.Path, op.Aside)
	case Replace, Delete:
		return nil, h.remove(op.Path, was)
	case MakeFolder:
		if err := h.root.Mkdir(op.Path, 0o700); err != nil {
			return nil, err
		}
		return h.chmod(op)
	case SetMode:
		if _, err := h.chmod(op); err != nil {
			return nil, err
		}
		return h.remember(op, identify(was))
	case PutLink:
		return h.putLink(op, path.Join(stage, "in-link-"+rand.Text()), was)
	case PutFile:
		return h.putFile(ctx, op, path.Join(stage, staged))
	}
	return nil, fmt.Errorf("%d is nothing that can be done", op.Do)
}

// chmod sets a mode that leaves a folder open to its owner.
func (h *here) chmod(op Op) (fs.FileInfo, error) {
	mode := op.Item.Mode
	if op.Item.Kind == Folder {
		mode |= 0o700
	}
	if h.modes {
		if err := h.root.Chmod(op.Path, mode); err != nil {
			return nil, err
		}
	}
	return h.root.Lstat(op.Path)
}

// remember notes the content of a file as it was before it was moved, or had
// another mode, unless it was written to since. Only of one with an older time is
// that certain.
func (h *here) remember(op Op, was identity) (fs.FileInfo, error) {
	info, err := h.root.Lstat(op.Path)
	if err == nil && op.Item.Kind == File && identify(info).lasting() == was.lasting() && time.Since(info.ModTime()) > racy {
		h.seen[op.Path] = seen{identify(info), op.Item.Hash}
	}
	return info, err
}

func (h *here) putFile(ctx context.Context, op Op, staged string) (fs.FileInfo, error) {
	info, err := h.root.Lstat(staged)
	if err != nil {
		return nil, errors.Join(errMissing, err)
	}
	if hash, err := h.content(ctx, staged, identify(info)); err != nil || hash != op.Item.Hash {
		if ctx.Err() == nil {
			_ = h.root.Remove(staged)
		}
		return nil, errors.Join(errMissing, err)
	}
	was, err := h.check(ctx, op) // again: that took a while
	if err == nil && h.modes {
		err = h.root.Chmod(staged, op.Item.Mode)
	}
	if err == nil {
		err = h.root.Chtimes(staged, op.Item.Time, op.Item.Time)
	}
	if err == nil {
		info, err = h.root.Lstat(staged)
	}
	if err == nil {
		err = h.bring(staged, op.Path, was)
	}
	if err != nil {
		return nil, err
	}
	return h.remember(op, identify(info))
}

func (h *here) putLink(op Op, staged string, was fs.FileInfo) (fs.FileInfo, error) {
	defer func() { _ = h.root.Remove(staged) }() // it is there only if the reason is told
	if err := h.root.Symlink(op.Item.Target, staged); err != nil {
		return nil, err
	}
	if err := h.bring(staged, op.Path, was); err != nil {
		return nil, err
	}
	return h.root.Lstat(op.Path)
}

func (h *here) remove(p string, was fs.FileInfo) error {
	if was.IsDir() {
		return h.rmdir(p)
	}
	return h.root.Rename(p, kept{was: identify(was).lasting(), path: p}.name())
}

// bring puts what is staged in its place. Nothing is lost of what was there: it is
// in the stage then, whatever it is by now.
func (h *here) bring(staged, to string, was fs.FileInfo) error {
	if was == nil {
		return h.move(staged, to)
	}
	info, err := h.root.Lstat(staged)
	if err != nil {
		return err
	}
	old := kept{was: identify(was).lasting(), half: identify(info).Inode, path: to}.name()
	if !h.plain {
		if err := h.root.Rename(staged, old); err != nil {
			return err
		}
		if h.rename(old, to, exchange) == nil {
			return nil
		}
		if err := h.root.Rename(old, staged); err != nil {
			return err
		}
	}
	if err := h.root.Rename(to, old); err != nil { // for a moment nothing is there
		return err
	}
	err = h.move(staged, to)
	if err != nil && !errors.Is(err, fs.ErrExist) { // unless somebody has put something newer there
		err = errors.Join(err, h.move(old, to))
	}
	return err
}

// move gives something another name, which nothing may have.
func (h *here) move(from, to string) error {
	if !h.plain {
		if err := h.rename(from, to, noReplace); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	err := h.root.Link(from, to)
	switch {
	case err == nil:
		if err = h.root.Remove(from); err != nil {
			err = errors.Join(err, h.root.Remove(to))
		}
		return err
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, there := h.root.Lstat(to); !errors.Is(there, fs.ErrNotExist) { // it cannot be linked
		return errors.Join(fs.ErrExist, there)
	}
	return h.root.Rename(from, to)
}
