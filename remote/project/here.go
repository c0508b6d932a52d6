package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
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
	dir  string
	root *os.Root
	fold bool // names that differ in case alone are one

	plain bool // it cannot exchange names

	rules *Rules
	seen  map[string]seen     // what a file's content was
	ids   map[string]identity // as of the last scan, and what was done since
	tree  Tree
}

// seen is the content that a file of this identity has.
type seen struct {
	ID   identity `json:"id"`
	Hash string   `json:"hash"`
}

// openHere opens a folder of this computer, of which this much is known, and
// what both sides were when they were last alike.
func openHere(dir string, known map[string]seen, base Tree) (*here, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if known == nil {
		known = map[string]seen{}
	}
	h := &here{dir: dir, root: root, plain: !renames, seen: known, ids: map[string]identity{}, tree: base}
	if err = h.makeStage(); err == nil {
		h.fold, err = h.folds()
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	h.settle()
	return h, nil
}

// close lets go of the folder, and removes what only this program needs in it.
func (h *here) close() error {
	h.settle()
	h.removeStage()
	return h.root.Close()
}

// folds reports whether names that differ in case alone are one.
func (h *here) folds() (bool, error) {
	name := path.Join(stage, "Case")
	if err := h.root.WriteFile(name, nil, 0o600); err != nil {
		return false, err
	}
	_, err := h.root.Lstat(path.Join(stage, "cASE"))
	return err == nil, h.root.Remove(name)
}

// scanner looks at a folder once.
type scanner struct {
	h       *here
	scan    Scan
	ids     map[string]identity
	unknown sync.Mutex
	todo    []string // files whose content has to be read
}

// look sees what is there, and reads the rules.
func (h *here) look(ctx context.Context) (Scan, error) {
	if err := h.makeStage(); err != nil {
		return Scan{}, err
	}
	h.settle()
	h.rules = newRules(h.fold)
	s := &scanner{h: h, scan: Scan{Tree: Tree{}, Unknown: map[string]string{}}, ids: map[string]identity{}}
	if _, err := s.walk(ctx, ""); err != nil {
		return Scan{}, err
	}
	if err := s.read(ctx); err != nil {
		return Scan{}, err
	}
	for p := range s.scan.Unknown {
		delete(s.scan.Tree, p)
	}
	h.tree, h.ids = s.scan.Tree, s.ids
	for p := range h.seen {
		if _, ok := h.tree[p]; !ok {
			delete(h.seen, p)
		}
	}
	return s.scan, nil
}

// Why something is not known, and stays as it is.
const (
	unknownName   = "name"   // it is not UTF-8, or cannot be on the other side
	unknownLink   = "link"   // leads out of the project
	unknownKind   = "kind"   // neither a file, a folder nor a link
	unknownClosed = "closed" // cannot be read
	unknownMoving = "moving" // was changed while it was read
	unknownCase   = "case"   // another name differs in case alone
)

// walk looks at a folder, and reports whether something in it is left out.
func (s *scanner) walk(ctx context.Context, folder string) (holds bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	entries, err := os.ReadDir(filepath.Join(s.h.dir, filepath.FromSlash(folder)))
	if err != nil {
		return false, err
	}
	for _, name := range ignoreFiles() {
		lines, err := s.h.root.ReadFile(path.Join(folder, name))
		if err == nil {
			s.h.rules.Add(folder, string(lines))
		}
	}
	for _, e := range entries {
		left, err := s.entry(ctx, path.Join(folder, e.Name()), e)
		if err != nil {
			return false, err
		}
		holds = holds || left
	}
	return holds, nil
}

// entry notes what is at a path, and reports whether it is left out.
func (s *scanner) entry(ctx context.Context, p string, e fs.DirEntry) (left bool, err error) {
	if s.h.rules.Skips(p, e.IsDir()) {
		return !isOwn(e.Name()), nil
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
	item := Item{Mode: s.h.mode(p, info), Time: info.ModTime()}
	switch {
	case info.IsDir():
		item.Kind = Folder
		if item.Holds, err = s.walk(ctx, p); err != nil && ctx.Err() == nil {
			return s.leave(p, unknownClosed)
		}
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
		if err != nil || !utf8.ValidString(target) || !inside(p, filepath.ToSlash(target)) {
			return s.leave(p, unknownLink)
		}
		item.Target = filepath.ToSlash(target)
	default:
		return s.leave(p, unknownKind)
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

// mode are the permission bits of what is at a path. Where there are none to
// tell, they are as they were when both sides were last alike.
func (h *here) mode(p string, info fs.FileInfo) fs.FileMode {
	if runtime.GOOS != "windows" {
		return info.Mode().Perm()
	}
	if was, ok := h.tree[p]; ok {
		return was.Mode
	}
	if info.IsDir() {
		return 0o755
	}
	return 0o644
}

// inside reports whether the target of a link at a path is in the project.
func inside(p, target string) bool {
	if target == "" || path.IsAbs(target) || filepath.VolumeName(target) != "" {
		return false
	}
	to := path.Join(path.Dir(p), target)
	return to != ".." && !strings.HasPrefix(to, "../")
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
