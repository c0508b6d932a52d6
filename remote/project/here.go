package project

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// racy is how old a change has to be so that no later one can look the same: file
// systems tell times of changes in steps.
const racy = 2 * time.Second

// here is the project's folder on this computer.
type here struct {
	dir   string
	id    string // in the stage
	root  *os.Root
	fold  bool // names that differ in case alone are one
	modes bool // files have permission bits

	plain bool // it cannot exchange names

	keys []string // files that are never brought, wherever in the folder they are

	rules *Rules
	seen  map[string]seen     // what a file's content was
	ids   map[string]identity // as of the last scan, and what was done since
	tree  Tree

	lines   map[string]string  // of the files of rules, as of the last scan
	foreign map[string]foreign // those that the host has changed
	unsaved bool               // and which they are is not written down yet, or which folder this is
}

// seen is the content that a file of this identity has.
type seen struct {
	ID   identity `json:"id"`
	Hash string   `json:"hash"`
}

// openHere opens a folder of this computer, of which this much is known.
func openHere(dir string, k remembered) (*here, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	h := &here{dir: dir, root: root, plain: !renames, foreign: k.foreign, seen: k.seen, ids: map[string]identity{}, tree: k.base}
	if err = h.makeStage(); err == nil {
		err = h.tries()
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	h.settle()
	return h, nil
}

// close lets go of the folder.
func (h *here) close() error {
	h.settle()
	return h.root.Close()
}

// tries finds out what the file system can.
func (h *here) tries() error {
	name := path.Join(stage, "Case")
	if err := h.root.WriteFile(name, nil, 0o600); err != nil {
		return err
	}
	_, err := h.root.Lstat(path.Join(stage, "cASE"))
	h.fold = err == nil
	h.modes = h.takes(name, 0o600) && h.takes(name, 0o700)
	return h.root.Remove(name)
}

// takes reports whether a file takes a mode.
func (h *here) takes(name string, mode fs.FileMode) bool {
	if h.root.Chmod(name, mode) != nil {
		return false
	}
	info, err := h.root.Lstat(name)
	return err == nil && info.Mode().Perm() == mode
}

// scanner looks at a folder once.
type scanner struct {
	h       *here
	base    Tree // what both sides were when they were last alike
	device  uint64
	keys    []fs.FileInfo
	scan    Scan
	ids     map[string]identity
	unknown sync.Mutex
	todo    []string // files whose content has to be read
}

// look sees what is there, and reads the rules.
func (h *here) look(ctx context.Context, base Tree) (Scan, error) {
	top, err := h.same()
	if err == nil {
		err = h.makeStage()
	}
	if err != nil {
		return Scan{}, err
	}
	h.settle()
	h.rules, h.lines = newRules(h.fold), map[string]string{}
	s := &scanner{h: h, base: base, device: device(top), scan: Scan{Tree: Tree{}, Unknown: map[string]string{}}, ids: map[string]identity{}}
	for _, name := range h.keys {
		if info, err := os.Stat(name); err == nil { // one that is not there is in no folder
			s.keys = append(s.keys, info)
		}
	}
	if _, err := s.walk(ctx, ""); err != nil {
		return Scan{}, err
	}
	if err := s.read(ctx); err != nil {
		return Scan{}, err
	}
	for p, why := range s.scan.Unknown {
		s.scan.leave(p, why)
	}
	h.tree, h.ids = s.scan.Tree, s.ids
	for p := range h.seen {
		if _, ok := h.tree[p]; !ok {
			delete(h.seen, p)
		}
	}
	return Scan{Tree: maps.Clone(h.tree), Unknown: s.scan.Unknown}, nil
}

// ErrMoved is a project's folder that has become another one since the project was
// opened: that one is neither known nor touched.
var ErrMoved = errors.New("the project's folder is another one by now")

// same returns what the folder is, if it still is the one that was opened.
func (h *here) same() (fs.FileInfo, error) {
	ours, err := h.root.Stat(".")
	if err != nil {
		return nil, err
	}
	if now, err := os.Stat(h.dir); err != nil || !os.SameFile(ours, now) {
		return nil, errors.Join(ErrMoved, err)
	}
	return ours, nil
}

// walk looks at a folder, and reports whether something in it stays as it is.
func (s *scanner) walk(ctx context.Context, folder string) (holds bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if strings.Count(folder, "/") >= maxDepth-1 {
		return false, errDeep
	}
	dir, err := s.h.root.Open(cmp.Or(folder, "."))
	if err != nil {
		return false, err
	}
	entries, err := dir.ReadDir(-1)
	if err := errors.Join(err, dir.Close(), s.rules(folder, entries)); err != nil {
		return false, err
	}
	for _, e := range entries {
		p := path.Join(folder, e.Name())
		if len(p) > maxPath {
			return false, errDeep
		}
		left, err := s.entry(ctx, p, e)
		if err != nil {
			return false, err
		}
		holds = holds || left
	}
	return holds, nil
}

// errDeep is a path that is too long.
var errDeep = errors.New("it has too many folders in each other")

// entry notes what is at a path, and reports whether it stays as it is.
func (s *scanner) entry(ctx context.Context, p string, e fs.DirEntry) (left bool, err error) {
	if s.h.rules.Skips(p, e.IsDir()) {
		return !s.h.rules.isOwn(e.Name()), nil
	}
	info, err := e.Info()
	switch {
	case errors.Is(err, fs.ErrNotExist): // it has gone meanwhile
		return false, nil
	case !utf8.ValidString(p):
		return s.leave(p, unknownName)
	case err != nil:
		return s.leave(p, unknownClosed)
	}
	item := Item{Mode: info.Mode().Perm(), Time: info.ModTime()}
	switch {
	case info.IsDir():
		if device(info) != s.device {
			return s.leave(p, unknownMount)
		}
		item.Kind, item.Mode = Folder, item.Mode|0o700
		if item.Holds, err = s.walk(ctx, p); err != nil && ctx.Err() == nil {
			return s.leave(p, unknownClosed)
		}
	case slices.ContainsFunc(s.keys, func(key fs.FileInfo) bool { return os.SameFile(key, info) }):
		return s.leave(p, unknownKey)
	case info.Mode().IsRegular():
		item.Kind, item.Size = File, info.Size()
		if known, ok := s.h.seen[p]; ok && known.ID == identify(info) {
			item.Hash = known.Hash
		} else {
			s.todo = append(s.todo, p)
		}
	case info.Mode()&fs.ModeSymlink != 0:
		item.Kind, item.Mode = Link, 0
		target, err := s.h.root.Readlink(p)
		if item.Target = filepath.ToSlash(target); err != nil || !utf8.ValidString(target) || filepath.VolumeName(target) != "" || !inside(p, item.Target) {
			return s.leave(p, unknownLink)
		}
	default:
		return s.leave(p, unknownKind)
	}
	if !s.h.modes && item.Kind != Link {
		item.Mode = usualMode(s.base, p, item.Kind)
	}
	s.scan.Tree[p], s.ids[p] = item, identify(info)
	return false, err
}

// leave notes why something stays as it is.
func (s *scanner) leave(p, why string) (bool, error) {
	s.unknown.Lock()
	defer s.unknown.Unlock()
	s.scan.Unknown[strings.ToValidUTF8(p, "\ufffd")] = why
	return true, nil
}

// read reads the content of the files that are not known.
func (s *scanner) read(ctx context.Context) error {
	hashes := make([]string, len(s.todo))
	group, life := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range s.todo {
		group.Go(func() (err error) {
			hashes[i], err = s.h.content(life, p, s.ids[p])
			if err == nil || life.Err() != nil {
				return err
			}
			why := unknownClosed
			if errors.Is(err, errMoving) || errors.Is(err, fs.ErrNotExist) {
				why = unknownMoving
			}
			_, err = s.leave(p, why)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	now := time.Now()
	for i, p := range s.todo {
		item := s.scan.Tree[p]
		item.Hash = hashes[i]
		s.scan.Tree[p] = item
		if now.Sub(s.ids[p].latest()) > racy {
			s.h.seen[p] = seen{s.ids[p], hashes[i]}
		}
	}
	return nil
}

// errMoving is a file that changes while it is read.
var errMoving = errors.New("it changes while it is read")

// content reads a file of that identity and returns its hash.
func (h *here) content(ctx context.Context, p string, id identity) (string, error) {
	f, err := h.root.OpenFile(p, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, &reading{ctx, f}); err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err == nil && identify(info) != id {
		err = fmt.Errorf("%s: %w", p, errMoving)
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

// reading reads until ctx ends.
type reading struct {
	ctx context.Context
	io.Reader
}

func (r *reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
