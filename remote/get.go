package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Limits of a folder on the host: it could be without end.
const (
	maxEntries = 1_000_000
	maxDepth   = 200
)

// get copies what is at the host's paths to this computer.
func (t *transfer) get(ctx context.Context, froms []string, local string) error {
	tops, err := t.sources(ctx, froms)
	if err != nil || len(tops) == 0 {
		return err
	}
	name, mode := tops[0].show, tops[0].mode
	if len(froms) > 1 {
		local, name, mode = folder(local, string(filepath.Separator)), "", fs.ModeDir
	}
	root, at, err := localTarget(local, name, mode)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	var all tree
	for _, top := range tops {
		top.to = at
		if len(froms) > 1 {
			top.to = filepath.Join(at, top.show)
		}
		if top.mode.IsDir() {
			all.put(0, top)
		} else {
			all.files = append(all.files, top)
		}
	}
	if len(all.files) > 0 {
		tidyHere(root, filepath.Dir(all.files[0].to))
	}
	return t.getTree(ctx, root, all, len(froms))
}

// sources looks at what is on the host at the paths that a person named. Their
// names are in show.
func (t *transfer) sources(ctx context.Context, froms []string) ([]file, error) {
	tops := make([]file, len(froms))
	errs := make([]error, len(froms))
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(sftpAtOnce)
	for i, from := range froms {
		group.Go(func() error {
			tops[i], errs[i] = t.source(from)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []file
	for i, err := range errs {
		if err == nil {
			found = append(found, tops[i])
		} else if err := t.failed(err); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (t *transfer) source(from string) (file, error) {
	source := hostPath(from)
	info, err := t.sftp.Stat(source)
	switch {
	case err != nil:
		return file{}, t.hostError(source, err)
	case info.IsDir() && !t.recursive:
		return file{}, &CopyError{Reason: CopyIsFolder, Path: safe.Clean(from), Host: true}
	case !info.IsDir() && !info.Mode().IsRegular():
		return file{}, &CopyError{Reason: CopyNotRegular, Path: safe.Clean(from), Host: true}
	}
	name, err := t.nameOf(from, source)
	return file{from: source, show: name, size: info.Size(), mode: info.Mode(), time: info.ModTime()}, err
}

// nameOf is the name that a path on the host has elsewhere; empty for "x/.",
// which means the content of x. Only the host knows that of "~" and "..".
func (t *transfer) nameOf(from, source string) (string, error) {
	if from == "." || strings.HasSuffix(from, "/.") || strings.HasSuffix(from, "/./") {
		return "", nil
	}
	name := path.Base(source)
	if name == "." || name == ".." {
		real, err := t.sftp.RealPath(source)
		if err != nil {
			return "", t.hostError(source, err)
		}
		name = path.Base(real)
	}
	if name == "/" {
		return "", nil
	}
	return name, goodName(name)
}

// localTarget is the local folder that the copy stays in, and the path in it
// for what has that name and mode.
func localTarget(local, name string, mode fs.FileMode) (*os.Root, string, error) {
	if local == "" {
		local = "."
	}
	into := os.IsPathSeparator(local[len(local)-1])
	local = filepath.Clean(local)
	info, err := os.Stat(local)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, "", localError(local, err)
	case err != nil && into:
		if err := os.MkdirAll(local, 0o777); err != nil { // #nosec G301 -- the person's umask decides, as with cp
			return nil, "", localError(local, err)
		}
	case err != nil && mode.IsDir():
		if err := os.Mkdir(local, mode.Perm()|0o700); err != nil {
			return nil, "", localError(filepath.Dir(local), err)
		}
		name = ""
	case err == nil && !info.IsDir() && (into || mode.IsDir()):
		return nil, "", &CopyError{Reason: CopyNoFolder, Path: safe.Clean(local)}
	case err != nil || !info.IsDir():
		if real, err := filepath.EvalSymlinks(local); err == nil { // a link to a file stays one
			local = real
		}
		local, name = filepath.Dir(local), filepath.Base(local)
	}
	root, err := os.OpenRoot(local)
	return root, filepath.Join(".", name), localError(local, err)
}

// goodName checks a name that the host gave: it must be one of a thing in a folder.
func goodName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return &CopyError{Reason: CopyBadName, Path: "\"" + safe.Clean(name) + "\"", Host: true}
	}
	return nil
}

// getTree copies the folders of the first level with all that is in them, and
// the files there are.
func (t *transfer) getTree(ctx context.Context, root *os.Root, all tree, sources int) error {
	for depth := 0; depth < len(all.levels); depth++ {
		if depth == maxDepth {
			return &CopyError{Reason: CopyTooMuch, Path: safe.Clean(all.levels[0][0].show), Host: true}
		}
		if depth == 0 {
			t.carry(ctx, manyFiles) // a large folder is listed sooner with it
		}
		below, err := t.listLevel(ctx, &all, all.levels[depth])
		if err != nil {
			return err
		}
		if len(below) > 0 {
			all.levels = append(all.levels, below)
		}
	}
	if err := all.clash(sources, true); err != nil {
		return err
	}
	t.progress.plan(all.files, all.skipped)
	t.carry(ctx, len(all.files))
	for _, level := range all.levels {
		err := each(ctx, level, func(_ context.Context, f file) error { return makeLocal(root, f) })
		if err != nil {
			return err
		}
	}
	return each(ctx, all.files, t.eachOf(func(ctx context.Context, f file) error { return t.getFile(ctx, root, f) }))
}

// listLevel gathers what is in folders of the host that are equally deep, and
// answers the folders in them.
func (t *transfer) listLevel(ctx context.Context, all *tree, dirs []file) ([]file, error) {
	var mu sync.Mutex
	var below []file
	err := each(ctx, dirs, t.eachOf(func(ctx context.Context, dir file) error {
		in, err := t.list(ctx, dir)
		mu.Lock()
		defer mu.Unlock()
		for _, level := range in.levels {
			below = append(below, level...)
		}
		all.files = append(all.files, in.files...)
		all.skipped = append(all.skipped, in.skipped...)
		if err == nil && len(all.files)+len(all.skipped)+len(below) > maxEntries {
			err = &CopyError{Reason: CopyTooMuch, Path: safe.Clean(dirs[0].show), Host: true}
		}
		return err
	}))
	return below, err
}

// list gathers what is in a folder on the host, without what is below that.
func (t *transfer) list(ctx context.Context, dir file) (tree, error) {
	var in tree
	entries, err := t.listed(ctx, dir.from)
	if err != nil {
		return in, err
	}
	var folders []file
	for _, e := range entries {
		if err := goodName(e.name); err != nil {
			return in, err
		}
		if halfDoneShape.MatchString(e.name) { // a copy's own
			continue
		}
		f := file{
			from: path.Join(dir.from, e.name), to: filepath.Join(dir.to, e.name), show: path.Join(dir.show, e.name),
			size: e.size, mode: e.mode, time: e.time,
		}
		switch {
		case !filepath.IsLocal(e.name): // fine on the host, and no name on Windows
			in.skipped = append(in.skipped, safe.Clean(f.show))
		case f.mode.IsDir():
			folders = append(folders, f)
		case f.mode.IsRegular():
			in.files = append(in.files, f)
		default:
			in.skipped = append(in.skipped, safe.Clean(f.show))
		}
	}
	in.levels = [][]file{folders}
	return in, nil
}

// sftpEntries lists a folder on the host by SFTP.
func (t *transfer) sftpEntries(ctx context.Context, dir string) ([]entry, error) {
	free, err := hold(ctx, t.lanes.sftp, 1)
	if err != nil {
		return nil, err
	}
	defer free()
	infos, err := t.sftp.ReadDirContext(ctx, dir)
	if err != nil {
		return nil, t.hostError(dir, err)
	}
	all := make([]entry, 0, len(infos))
	for _, info := range infos {
		e := entry{info.Name(), info.Size(), info.Mode(), info.ModTime()}
		if e.mode&fs.ModeSymlink != 0 && goodName(e.name) == nil {
			if to, err := t.sftp.Stat(path.Join(dir, e.name)); err == nil && to.Mode().IsRegular() {
				e.size, e.mode, e.time = to.Size(), to.Mode(), to.ModTime()
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// makeLocal makes a folder here; one that is there stays as it is.
func makeLocal(root *os.Root, f file) error {
	err := root.Mkdir(f.to, f.mode.Perm()|0o700)
	if errors.Is(err, fs.ErrExist) || f.to == "." {
		info, statErr := root.Stat(f.to)
		if statErr == nil && !info.IsDir() {
			return &CopyError{Reason: CopyNoFolder, Path: safe.Clean(f.to)}
		}
		tidyHere(root, f.to)
		err = statErr
	}
	return localError(f.to, err)
}
