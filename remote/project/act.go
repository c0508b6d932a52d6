package project

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// stage is the folder in the project where files are until they are whole, and
// what they replaced for a while.
const stage = own + "sync"

// oldName begins the names of what was replaced, or is not in its place yet.
const oldName = "old-"

// Of what is found in the stage later: when a half is continued by nobody, and
// how long what was replaced is kept, because somebody may write to it.
const (
	halfAge         = 24 * time.Hour
	writersPatience = 30 * time.Second
)

// errChanged is something else at a path than what was seen there.
var errChanged = errors.New("it was changed meanwhile")

// replaced is what was at a path before.
type replaced struct {
	old, path string
	was       identity
	since     time.Time
}

// makeStage makes the folder, which git need not see.
func (h *here) makeStage() error {
	if err := h.root.Mkdir(stage, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return h.root.WriteFile(path.Join(stage, ".gitignore"), []byte("*\n"), 0o600)
}

// forget removes what an earlier run left in the stage, but nothing that was
// written to since it was replaced.
func (h *here) forget() {
	entries, err := fs.ReadDir(h.root.FS(), stage)
	if err != nil {
		return // the next one tries again
	}
	for _, e := range entries {
		info, err := e.Info()
		name := path.Join(stage, e.Name())
		rest, old := strings.CutPrefix(e.Name(), oldName)
		switch {
		case err != nil:
		case old:
			var was identity
			if _, err := fmt.Sscanf(rest, "%x-%x-%x-", &was.Inode, &was.Size, &was.Time); err != nil {
				continue
			}
			if id := identify(info).lasting(); id.Inode == was.Inode && id != was {
				_ = h.save(name, "replaced") // it stays where it is, for the next time
			} else {
				_ = h.root.Remove(name)
			}
		case time.Since(info.ModTime()) > halfAge && e.Name() != ".gitignore":
			_ = h.root.Remove(name)
		}
	}
}

// apply does what the other side asks for, each unless something else is there
// than was seen. A staged file is at its name in the stage.
func (h *here) apply(ctx context.Context, op Op, staged string) (Item, error) {
	if err := ctx.Err(); err != nil {
		return Item{}, err
	}
	info, err := h.check(op)
	if err == nil {
		info, err = h.do(ctx, op, staged, info)
	}
	switch {
	case err != nil:
		return Item{}, err
	case info == nil:
		delete(h.tree, op.Path)
		delete(h.ids, op.Path)
		return Item{}, nil
	}
	op.Item.Time = info.ModTime()
	h.tree[op.Path], h.ids[op.Path] = op.Item, identify(info)
	return op.Item, nil
}

// check returns what is at a path, if it is what was seen.
func (h *here) check(op Op) (fs.FileInfo, error) {
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
	}
	return info, nil
}

func (h *here) do(ctx context.Context, op Op, staged string, was fs.FileInfo) (fs.FileInfo, error) {
	switch op.Do {
	case MoveAside:
		if _, err := h.root.Lstat(op.Aside); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(errChanged, err)
		}
		return nil, h.root.Rename(op.Path, op.Aside)
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
		half := h.oldName(was)
		if err := h.root.Symlink(op.Item.Target, half); err != nil {
			return nil, err
		}
		if err := h.bring(half, op.Path, was); err != nil {
			_ = h.root.Remove(half) // the reason is err
			return nil, err
		}
		return h.root.Lstat(op.Path)
	case PutFile:
		return h.putFile(ctx, op, path.Join(stage, staged), was)
	}
	return nil, fmt.Errorf("%d is nothing that can be done", op.Do)
}

// chmod sets a mode that leaves a folder open to its owner.
func (h *here) chmod(op Op) (fs.FileInfo, error) {
	mode := op.Item.Mode
	if op.Item.Kind == Folder {
		mode |= 0o700
	}
	if runtime.GOOS != "windows" {
		if err := h.root.Chmod(op.Path, mode); err != nil {
			return nil, err
		}
	}
	return h.root.Lstat(op.Path)
}

// remember notes the content of a file as it was before it was moved, or had
// another mode, unless it was written to since.
func (h *here) remember(op Op, was identity) (fs.FileInfo, error) {
	info, err := h.root.Lstat(op.Path)
	if err == nil && op.Item.Kind == File && identify(info).lasting() == was.lasting() {
		h.seen[op.Path] = seen{identify(info), op.Item.Hash}
	}
	return info, err
}

func (h *here) putFile(ctx context.Context, op Op, staged string, was fs.FileInfo) (fs.FileInfo, error) {
	info, err := h.root.Lstat(staged)
	if err != nil {
		return nil, errors.Join(errChanged, err) // what was to come did not
	}
	if hash, err := h.content(ctx, staged, identify(info)); err != nil || hash != op.Item.Hash {
		if ctx.Err() == nil {
			_ = h.root.Remove(staged)
		}
		return nil, errors.Join(errChanged, err) // what came is not what was to come
	}
	half := h.oldName(was)
	if err := h.root.Rename(staged, half); err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" {
		err = h.root.Chmod(half, op.Item.Mode)
	}
	if err == nil {
		err = h.root.Chtimes(half, op.Item.Time, op.Item.Time)
	}
	if err == nil {
		info, err = h.root.Lstat(half)
	}
	if err == nil {
		err = h.bring(half, op.Path, was)
	}
	if err != nil {
		_ = h.root.Rename(half, staged) // for the next time
		return nil, err
	}
	return h.remember(op, identify(info))
}

// oldName is a name for what is not in its place yet, and then for what was
// there before, by which a later run knows it.
func (h *here) oldName(was fs.FileInfo) string {
	var id identity
	if was != nil {
		id = identify(was)
	}
	return path.Join(stage, fmt.Sprintf("%s%x-%x-%x-%s", oldName, id.Inode, id.Size, id.Time, rand.Text()[:12]))
}

// bring puts something in its place.
func (h *here) bring(half, to string, was fs.FileInfo) error {
	if was == nil {
		return h.place(half, to)
	}
	exchanged, err := h.exchange(half, to)
	if err != nil {
		return err
	}
	if exchanged {
		return h.putBy(half, to, identify(was))
	}
	now, err := h.root.Lstat(to)
	if err != nil || identify(now) != identify(was) {
		return errors.Join(errChanged, err)
	}
	return h.root.Rename(half, to)
}

// place puts something where nothing is.
func (h *here) place(half, to string) error {
	err := h.root.Link(half, to)
	switch {
	case err == nil:
		return h.root.Remove(half)
	case errors.Is(err, fs.ErrExist):
		return errChanged
	}
	if _, err := h.root.Lstat(to); !errors.Is(err, fs.ErrNotExist) { // no links on this file system
		return errors.Join(errChanged, err)
	}
	return h.root.Rename(half, to)
}

func (h *here) remove(p string, was fs.FileInfo) error {
	if was.IsDir() {
		return h.root.Remove(p)
	}
	old := h.oldName(was)
	if err := h.root.Rename(p, old); err != nil {
		return err
	}
	return h.putBy(old, p, identify(was))
}

// putBy keeps what was at a path for a while: somebody may have it open.
func (h *here) putBy(old, p string, was identity) error {
	info, err := h.root.Lstat(old)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return h.root.Remove(old)
	case identify(info).lasting() != was.lasting():
		return h.save(old, p)
	}
	h.replaced = append(h.replaced, replaced{old, p, identify(info), time.Now()})
	return nil
}

// settle lets go of what was replaced, unless it was written to since.
func (h *here) settle(all bool) {
	var kept []replaced
	for _, r := range h.replaced {
		info, err := h.root.Lstat(r.old)
		switch {
		case err != nil: // somebody else has removed it
		case identify(info) != r.was && links(info) == 1:
			if h.save(r.old, r.path) != nil {
				kept = append(kept, r)
			}
		case all || links(info) > 1 || time.Since(r.since) > writersPatience:
			_ = h.root.Remove(r.old) // a later run does
		default:
			kept = append(kept, r)
		}
	}
	h.replaced = kept
}

// save gives what was written to a file that was replaced its name again, or one
// beside it.
func (h *here) save(old, p string) error {
	if err := h.root.MkdirAll(path.Dir(p), 0o755); err != nil {
		return err
	}
	for n := 0; ; n++ {
		to := p
		if n > 0 {
			to = beside(p, "conflict-"+strconv.Itoa(n))
		}
		err := h.root.Link(old, to)
		if err == nil {
			return h.root.Remove(old)
		}
		if !errors.Is(err, fs.ErrExist) {
			if _, there := h.root.Lstat(to); errors.Is(there, fs.ErrNotExist) {
				return h.root.Rename(old, to) // no links on this file system
			}
			return err
		}
	}
}

// Bounds of names, in bytes: what the usual file systems take, and how long an
// extension is that stays one.
const (
	maxName = 255
	maxExt  = 32
)

// beside is the path of a file beside another, with a word before its extension.
// Where the name would be too long its stem is cut.
func beside(p, word string) string {
	dir, name := path.Split(p)
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if stem == "" || len(ext) > maxExt {
		stem, ext = name, ""
	}
	end := "." + word + ext
	for len(stem)+len(end) > maxName && stem != "" {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return dir + stem + end
}
