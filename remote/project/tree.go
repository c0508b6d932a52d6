package project

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"
)

// Kind is what is at a path.
type Kind string

// The kinds that are kept alike.
const (
	File   Kind = "file"
	Folder Kind = "folder"
	Link   Kind = "link" // a symbolic one, to something in the project
)

// Item is what is at a path on one side; its zero value is nothing.
type Item struct {
	Kind   Kind
	Mode   fs.FileMode // permission bits, of files and folders; a folder is always open to its owner
	Size   int64       // of a file, in bytes
	Hash   string      // of a file's content: SHA-256, in hexadecimal
	Target string      // of a link
	Time   time.Time   // when the content was changed; it is not compared
	// Holds says of a folder that something in it is left out, so that the
	// folder stays where it is.
	Holds bool
}

// Tree is what a side has, by slashed paths from the project's folder.
type Tree map[string]Item

// Scan is what a side was seen to have. What is at the Unknown paths and below
// them could not be told, so that nothing is done there; it is by reason.
type Scan struct {
	Tree    Tree
	Unknown map[string]string
}

// there reports whether there is anything.
func (i Item) there() bool { return i.Kind != "" }

// alike reports whether two have the same kind and content. Modes count apart,
// and a folder's content is that of its paths.
func (i Item) alike(o Item) bool {
	return i.Kind == o.Kind && i.Hash == o.Hash && i.Target == o.Target
}

// same reports whether nothing about two differs that is kept alike.
func (i Item) same(o Item) bool { return i.alike(o) && i.Mode == o.Mode }

// paths are those of all trees, folders before what is in them.
func paths(trees ...Tree) []string {
	all := map[string]bool{}
	for _, t := range trees {
		for p := range t {
			all[p] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// above are the folders that a path is in, the nearest first.
func above(p string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if !yield(dir) {
				return
			}
		}
	}
}

// within reports whether a path, or a folder that it is in, is among others.
func within[T any](p string, of map[string]T) bool {
	_, ok := nearest(p, of)
	return ok
}

// nearest returns the path itself, or the nearest folder that it is in, that is
// among others.
func nearest[T any](p string, of map[string]T) (string, bool) {
	if len(of) == 0 {
		return "", false
	}
	if _, ok := of[p]; ok {
		return p, true
	}
	for dir := range above(p) {
		if _, ok := of[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

// anyOf reports whether some of a sequence are as wanted.
func anyOf(all func(yield func(string) bool), wanted func(string) bool) bool {
	for p := range all {
		if wanted(p) {
			return true
		}
	}
	return false
}

// usualMode is the mode of something where files have none: as it was when both
// sides were last alike.
func usualMode(base Tree, p string, kind Kind) fs.FileMode {
	if was, ok := base[p]; ok && was.Kind == kind {
		return was.Mode
	}
	if kind == Folder {
		return 0o755
	}
	return 0o644
}
