package project

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// stage is the folder in the project where files are until they are whole, and
// what they replaced while somebody may write to it.
const stage = own + "sync"

// hides is what has git not see the stage.
const hides = stage + "/.gitignore"

// names is what has the folder's name, by which it is known: another folder in its
// place has another, or none.
const names = stage + "/id"

// Of what is found in the stage: when a half is continued by nobody, and how long
// what was replaced is kept where the system does not tell who writes to it.
const (
	halfAge         = 24 * time.Hour
	writersPatience = 10 * time.Minute
)

// makeStage makes the stage where it is missing: it is easily taken for rubbish.
func (h *here) makeStage() error {
	if err := h.root.Mkdir(stage, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := h.root.Lstat(hides); err != nil || info.Size() == 0 {
		if err := h.root.WriteFile(hides, []byte("*\n"), 0o600); err != nil {
			return err
		}
	}
	has, err := h.root.ReadFile(names)
	if h.id == "" {
		if h.id = rand.Text(); len(has) == len(h.id) {
			h.id = string(has)
		}
	}
	if err == nil && string(has) == h.id {
		return nil
	}
	return h.root.WriteFile(names, []byte(h.id), 0o600)
}

// settle lets go of what was replaced, and of halves that nobody continues.
func (h *here) settle() {
	entries, err := fs.ReadDir(h.root.FS(), stage)
	if err != nil {
		return // a later one tries again
	}
	for _, e := range entries {
		name := path.Join(stage, e.Name())
		info, err := h.root.Lstat(name)
		switch {
		case err != nil || name == hides || name == names:
		case strings.HasPrefix(e.Name(), oldName):
			_ = h.letGo(name) // a later one tries again
		case identify(info).age() > halfAge:
			_ = h.root.Remove(name)
		}
	}
}

// letGo removes what was replaced, unless somebody may still write to it. What was
// written to since gets its name again, or one beside it.
func (h *here) letGo(old string) error {
	k, err := readKept(old)
	if err != nil {
		return err
	}
	busy, known := h.written(old) // before it is compared: who closes it now has written to it
	info, err := h.root.Lstat(old)
	if err != nil {
		return err
	}
	id := identify(info)
	file := info.Mode().IsRegular()
	if !known {
		busy = id.age() < writersPatience
	}
	switch {
	case id.Inode != 0 && id.Inode == k.half, file && links(info) > 1:
		return h.root.Remove(old) // it did not come to its place, or has another name
	case id.lasting() != k.was:
		return h.save(old, k.path)
	case file && busy:
		return nil
	}
	return h.root.Remove(old)
}

// save gives something a name, or one beside it where that is taken.
func (h *here) save(old, p string) error {
	if err := h.root.MkdirAll(path.Dir(p), 0o755); err != nil {
		p = path.Base(p) // a file is there by now
	}
	to := p
	for n := 1; ; n++ {
		if err := h.move(old, to); !errors.Is(err, fs.ErrExist) {
			return err
		}
		to = beside(p, "conflict-"+strconv.Itoa(n))
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

// oldName begins the names of what was replaced.
const oldName = "old-"

// kept is what the name of something that was replaced says of it. What comes in
// its place has this name before.
type kept struct {
	was  identity // what was there, lasting
	half uint64   // the inode of what comes in its place
	path string
}

// name is one in the stage.
func (k kept) name() string {
	ids := fmt.Sprintf("%x,%x,%x,%x,%s", k.was.Inode, k.was.Size, k.was.Time, k.half, rand.Text()[:12])
	var name string
	for _, at := range []string{k.path, path.Base(k.path), ""} {
		name = oldName + ids + "," + strings.NewReplacer("%", "%25", "/", "%2F").Replace(at)
		if len(name) <= maxName {
			break
		}
	}
	return path.Join(stage, name)
}

// readKept reads such a name.
func readKept(name string) (k kept, err error) {
	ids := strings.SplitN(strings.TrimPrefix(path.Base(name), oldName), ",", 6)
	if len(ids) != 6 {
		return k, fmt.Errorf("%s: it has no name of what was replaced", name)
	}
	if k.path = strings.NewReplacer("%2F", "/", "%25", "%").Replace(ids[5]); !goodPath(k.path) {
		k.path = "replaced"
	}
	var errs [4]error
	k.was.Inode, errs[0] = strconv.ParseUint(ids[0], 16, 64)
	k.was.Size, errs[1] = strconv.ParseInt(ids[1], 16, 64)
	k.was.Time, errs[2] = strconv.ParseInt(ids[2], 16, 64)
	k.half, errs[3] = strconv.ParseUint(ids[3], 16, 64)
	return k, errors.Join(errs[:]...)
}
