package remote

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// file is one file to copy.
type file struct {
	from, to string
	show     string // its name for the person
	size     int64
	mode     fs.FileMode
	time     time.Time // when it was changed
	// check says that a person named it: what is at its place must be seen first.
	check bool
}

// modeHere is the mode that a copy of it gets on this computer.
func (f file) modeHere() fs.FileMode {
	if runtime.GOOS == "windows" { // its modes say nothing
		return 0o644
	}
	return f.mode.Perm() | 0o400
}

// modeThere is the mode that a copy of it gets on the host.
func (f file) modeThere() fs.FileMode {
	if runtime.GOOS == "windows" {
		return 0o644
	}
	return f.mode.Perm()
}

// folderMode is that of a folder on the host; 0 leaves it to the host.
func (f file) folderMode() fs.FileMode {
	if runtime.GOOS == "windows" {
		return 0
	}
	return f.mode.Perm() | 0o700
}

// tree is what a folder holds: its folders by depth, the files, and the names
// of what is left out.
type tree struct {
	levels  [][]file
	files   []file
	skipped []string
}

// put copies what is at the local paths to the host.
func (t *transfer) put(ctx context.Context, locals []string, to string) error {
	given, err := t.localSources(locals)
	if err != nil || len(given) == 0 {
		return err
	}
	if len(locals) > 1 {
		to = folder(to, "/")
	}
	target, there, err := t.hostTarget(ctx, to)
	if err != nil {
		return err
	}
	var all tree
	for _, f := range given {
		f.to = target
		if there != nil && there.IsDir() {
			f.to = path.Join(target, baseOf(f.from))
		}
		if err := all.add(ctx, t, f); err != nil {
			return err
		}
	}
	if err := all.clash(len(locals), false); err != nil {
		return err
	}
	t.progress.plan(all.files, all.skipped)
	t.carry(ctx, all.count())
	if err := t.makeFolders(ctx, all.levels); err != nil {
		return err
	}
	defer t.tidyMeanwhile(ctx, all)()
	return each(ctx, all.files, t.eachOf(t.putFile))
}

// localSources looks at what is at the local paths that a person named.
func (t *transfer) localSources(locals []string) ([]file, error) {
	var given []file
	for _, local := range locals {
		info, err := os.Stat(local)
		switch {
		case err != nil:
			err = localError(local, err)
		case info.IsDir() && !t.recursive:
			err = &CopyError{Reason: CopyIsFolder, Path: safe.Clean(local)}
		case !info.IsDir() && !info.Mode().IsRegular():
			err = &CopyError{Reason: CopyNotRegular, Path: safe.Clean(local)}
		}
		if err == nil {
			given = append(given, file{from: local, show: filepath.Base(local), size: info.Size(), mode: info.Mode(), time: info.ModTime(), check: true})
		} else if err := t.failed(err); err != nil {
			return nil, err
		}
	}
	return given, nil
}

// folder is a path that means a folder, whether or not there is one.
func folder(path, separator string) string {
	if path == "" || strings.HasSuffix(path, separator) {
		return path
	}
	return path + separator
}

// add notes a local file, or a folder and what is in it.
func (all *tree) add(ctx context.Context, t *transfer, f file) error {
	if !f.mode.IsDir() {
		all.files = append(all.files, f)
		return nil
	}
	all.put(0, f)
	return all.walk(ctx, t, f, 1)
}

// put notes a folder that is so deep.
func (all *tree) put(depth int, dir file) {
	if len(all.levels) == depth {
		all.levels = append(all.levels, nil)
	}
	all.levels[depth] = append(all.levels[depth], dir)
}

// count is how many files and folders there are.
func (all *tree) count() int {
	n := len(all.files)
	for _, level := range all.levels {
		n += len(level)
	}
	return n
}

// clash is an error where two of several sources would become the same file.
func (all *tree) clash(sources int, host bool) error {
	if sources < 2 {
		return nil
	}
	from := make(map[string]string, len(all.files))
	for _, f := range all.files {
		if other, ok := from[f.to]; ok && other != f.from {
			return &CopyError{Reason: CopyTwice, Host: host, Path: safe.Clean(other), Other: safe.Clean(f.from)}
		}
		from[f.to] = f.from
	}
	return nil
}

// baseOf is the name a local file or folder has elsewhere; empty for "x/.",
// which means the content of x.
func baseOf(local string) string {
	slashed := filepath.ToSlash(local)
	if slashed == "." || strings.HasSuffix(slashed, "/.") || strings.HasSuffix(slashed, "/./") {
		return ""
	}
	if abs, err := filepath.Abs(local); err == nil { // of ".." too
		local = abs
	}
	if base := filepath.Base(local); base != string(filepath.Separator) {
		return base
	}
	return ""
}

// hostTarget is the place on the host that a person named, and what is there;
// nil for nothing. A folder is made where the name says that it must be one.
func (t *transfer) hostTarget(ctx context.Context, to string) (string, fs.FileInfo, error) {
	target := hostPath(to)
	into := strings.HasSuffix(to, "/")
	there, err := t.sftp.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !into:
		return target, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		t.settled(ctx) // the folder may be made in the one that it and SFTP compare
		if err = t.sftp.MkdirAll(target); err == nil {
			there, err = t.sftp.Stat(target)
		}
	case err == nil && !there.IsDir() && into:
		return "", nil, &CopyError{Reason: CopyNoFolder, Path: safe.Clean(target), Host: true}
	}
	return target, there, t.hostError(target, err)
}

// checked is a file with the place it really goes to: a link to a file stays one.
func (t *transfer) checked(f file) (file, error) {
	if !f.check {
		return f, nil
	}
	f.check = false
	there, err := t.sftp.Stat(f.to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return f, t.hostError(f.to, err)
	case there.IsDir():
		return f, &CopyError{Reason: CopyFolderThere, Path: safe.Clean(f.to), Host: true}
	default:
		f.to = t.followed(f.to, there)
	}
	return f, nil
}

// followed is where a link to a file leads, so that the link stays one.
func (t *transfer) followed(target string, there fs.FileInfo) string {
	for range 10 {
		info, err := t.sftp.Lstat(target)
		if there == nil || err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return target
		}
		to, err := t.sftp.ReadLink(target)
		if err != nil {
			return target
		}
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(target), to)
		}
		target = to
	}
	return target
}

// walk gathers what is in a local folder.
func (all *tree) walk(ctx context.Context, t *transfer, dir file, depth int) error {
	entries, err := os.ReadDir(dir.from)
	if err := cmp.Or(ctx.Err(), t.failed(localError(dir.from, err))); err != nil {
		return err
	}
	for _, e := range entries {
		if halfDoneShape.MatchString(e.Name()) { // a copy's own
			continue
		}
		f := file{from: filepath.Join(dir.from, e.Name()), to: path.Join(dir.to, e.Name()), show: path.Join(dir.show, e.Name())}
		info, err := os.Stat(f.from)
		link := e.Type()&fs.ModeSymlink != 0
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			if err := t.failed(localError(f.from, err)); err != nil {
				return err
			}
			continue
		case err != nil || link && info.IsDir():
			all.skipped = append(all.skipped, safe.Clean(f.show))
			continue
		}
		f.mode, f.size, f.time = info.Mode(), info.Size(), info.ModTime()
		switch {
		case info.IsDir():
			all.put(depth, f)
			if err := all.walk(ctx, t, f, depth+1); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			all.files = append(all.files, f)
		default:
			all.skipped = append(all.skipped, safe.Clean(f.show))
		}
	}
	return nil
}

// makeFolder makes a folder on the host; one that is there stays as it is.
func (t *transfer) makeFolder(ctx context.Context, f file) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := t.sftp.Mkdir(f.to)
	if err != nil {
		there, statErr := t.sftp.Stat(f.to)
		switch {
		case statErr == nil && there.IsDir():
			t.tidyThere(ctx, f.to, nil)
			return nil
		case statErr == nil:
			return &CopyError{Reason: CopyNoFolder, Path: safe.Clean(f.to), Host: true}
		}
		return t.hostError(f.to, err)
	}
	if mode := f.folderMode(); mode != 0 {
		err = t.sftp.Chmod(f.to, mode)
	}
	return t.hostError(f.to, err)
}
