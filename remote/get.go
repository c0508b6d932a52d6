package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/pkg/sftp"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Limits of a folder on the host: it could be without end.
const (
	maxEntries = 1_000_000
	maxDepth   = 200
)

// get copies what is at from on the host to this computer.
func (t *transfer) get(ctx context.Context, from, local string) error {
	source := hostPath(from)
	info, err := t.sftp.Stat(source)
	switch {
	case err != nil:
		return t.hostError(source, err)
	case info.IsDir() && !t.recursive:
		return &CopyError{Reason: CopyIsFolder, Path: safe.Clean(from), Host: true}
	case !info.IsDir() && !info.Mode().IsRegular():
		return &CopyError{Reason: CopyNotRegular, Path: safe.Clean(from), Host: true}
	}
	name, err := t.nameOf(from, source)
	if err != nil {
		return err
	}
	top := file{from: source, show: name, size: info.Size(), mode: info.Mode(), time: info.ModTime()}
	root, at, err := localTarget(local, name, info.Mode())
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	top.to = at
	if info.IsDir() {
		return t.getTree(ctx, root, top)
	}
	t.progress.plan([]file{top}, nil)
	tidyHere(root, filepath.Dir(at))
	return t.getFile(ctx, root, top)
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

func (t *transfer) getTree(ctx context.Context, root *os.Root, top file) error {
	all := tree{levels: [][]file{{top}}}
	for depth := 0; depth < len(all.levels); depth++ {
		if depth == maxDepth {
			return &CopyError{Reason: CopyTooMuch, Path: safe.Clean(top.show), Host: true}
		}
		var mu sync.Mutex
		var below []file
		err := each(ctx, all.levels[depth], func(ctx context.Context, dir file) error {
			in, err := t.list(ctx, dir)
			mu.Lock()
			defer mu.Unlock()
			for _, level := range in.levels {
				below = append(below, level...)
			}
			all.files = append(all.files, in.files...)
			all.skipped = append(all.skipped, in.skipped...)
			if err == nil && len(all.files)+len(all.skipped)+len(below) > maxEntries {
				err = &CopyError{Reason: CopyTooMuch, Path: safe.Clean(top.show), Host: true}
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(below) > 0 {
			all.levels = append(all.levels, below)
		}
	}
	t.progress.plan(all.files, all.skipped)
	for _, level := range all.levels {
		err := each(ctx, level, func(_ context.Context, f file) error { return makeLocal(root, f) })
		if err != nil {
			return err
		}
	}
	return each(ctx, all.files, func(ctx context.Context, f file) error { return t.getFile(ctx, root, f) })
}

// list gathers what is in a folder on the host, without what is below that.
func (t *transfer) list(ctx context.Context, dir file) (tree, error) {
	var in tree
	infos, err := t.sftp.ReadDirContext(ctx, dir.from)
	if err != nil {
		return in, t.hostError(dir.from, err)
	}
	var folders []file
	for _, info := range infos {
		name := info.Name()
		if err := goodName(name); err != nil {
			return in, err
		}
		if halfDoneShape.MatchString(name) { // a copy's own
			continue
		}
		f := file{
			from: path.Join(dir.from, name), to: filepath.Join(dir.to, name), show: path.Join(dir.show, name),
			size: info.Size(), mode: info.Mode(), time: info.ModTime(),
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			to, err := t.sftp.Stat(f.from)
			if err != nil || !to.Mode().IsRegular() {
				in.skipped = append(in.skipped, safe.Clean(f.show))
				continue
			}
			f.size, f.mode, f.time = to.Size(), to.Mode(), to.ModTime()
		}
		switch {
		case !filepath.IsLocal(name): // fine on the host, and no name on Windows
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

// getFile copies one file, all of it or nothing.
func (t *transfer) getFile(ctx context.Context, root *os.Root, f file) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.progress.begin(f.show)
	if there, err := root.Lstat(f.to); err == nil && there.IsDir() {
		return &CopyError{Reason: CopyFolderThere, Path: safe.Clean(f.to)}
	}
	in, err := t.sftp.Open(f.from)
	if err != nil {
		return t.hostError(f.from, err)
	}
	defer func() { _ = in.Close() }() // was only read
	dir := filepath.Dir(f.to)
	err = t.getBeside(ctx, root, filepath.Join(dir, f.halfDone()), in, f)
	if errors.Is(err, errMoved) {
		err = t.getBeside(ctx, root, filepath.Join(dir, anyName()), in, f)
	}
	if errors.Is(err, errMoved) { // and so is the folder
		err = fs.ErrNotExist
	}
	return localError(f.to, err)
}

// getBeside copies a file to another name, and moves it to its place. What a
// lost connection leaves is kept for a later copy.
func (t *transfer) getBeside(ctx context.Context, root *os.Root, beside string, in *sftp.File, f file) error {
	mode := f.mode.Perm() | 0o400
	if runtime.GOOS == "windows" {
		mode = 0o644
	}
	out, have, err := t.openHere(ctx, root, beside, mode, f)
	if err != nil && filepath.Base(beside) == f.halfDone() {
		return errMoved // or it is somebody else's; another name shows whether it is the folder
	}
	if err != nil {
		return localError(f.to, err)
	}
	to := &sink{ctx: ctx, w: out, size: f.size, n: have, t: &t.progress, grew: func() bool {
		info, err := in.Stat()
		return err == nil && info.Size() > f.size
	}}
	t.progress.add(have)
	err = t.drain(in, out, to, f)
	if err == nil {
		err = root.Rename(beside, f.to)
		if errors.Is(err, fs.ErrNotExist) {
			t.progress.add(-to.n)
			return errMoved
		}
		err = localError(f.to, err)
	}
	if err != nil {
		if !reached(err) || to.n < worthKeeping {
			_ = root.Remove(beside) // the reason is err
		}
		return err
	}
	t.progress.end(f.size, to.n, have)
	return nil
}

// drain reads the host's file from where to is.
func (t *transfer) drain(in *sftp.File, out *os.File, to *sink, f file) error {
	_, err := in.Seek(to.n, io.SeekStart)
	if err == nil {
		_, err = in.WriteTo(to)
	}
	switch {
	case to.err != nil:
		err = localError(f.to, to.err)
	case errors.Is(err, errEnough):
		err = nil
	default:
		err = t.hostError(f.from, err)
	}
	if err == nil && to.n < f.size {
		if now, statErr := in.Stat(); statErr != nil || now.Size() != f.size {
			err = &CopyError{Reason: CopyIncomplete, Path: safe.Clean(f.to)}
		}
	}
	if closed := out.Close(); err == nil {
		err = localError(f.to, closed)
	}
	return err
}

// errEnough ends the reading of a file that grew since it was checked.
var errEnough = errors.New("all that there was is read")

// sink writes a file until ctx ends, and counts. Like source, it takes all that
// there is, but no more of a file that grows than there was.
type sink struct {
	ctx  context.Context
	w    io.Writer
	t    *tracker
	size int64
	n    int64 // where it is
	grew func() bool
	over bool  // more came than the size says, and not because the file grew
	err  error // of the file, or ctx's
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	keep := p
	if left := s.size - s.n; int64(len(p)) > left && !s.over && s.size > 0 {
		if s.grew() {
			keep = p[:left]
		} else {
			s.over = true
		}
	}
	n, err := s.w.Write(keep)
	s.n += int64(n)
	s.t.add(int64(n))
	switch {
	case err != nil:
		s.err = err
	case n < len(p):
		err = errEnough
	}
	return n, err
}
