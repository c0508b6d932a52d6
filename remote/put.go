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
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/sync/errgroup"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// file is one file to copy.
type file struct {
	from, to string
	show     string // its name for the person
	size     int64
	mode     fs.FileMode
	time     time.Time // when it was changed
}

// tree is what a folder holds: its folders by depth, the files, and the names
// of what is left out.
type tree struct {
	levels  [][]file
	files   []file
	skipped []string
}

// put copies what is at local to the host.
func (t *transfer) put(ctx context.Context, local, to string) error {
	info, err := os.Stat(local)
	switch {
	case err != nil:
		return localError(local, err)
	case info.IsDir() && !t.recursive:
		return &CopyError{Reason: CopyIsFolder, Path: safe.Clean(local)}
	case !info.IsDir() && !info.Mode().IsRegular():
		return &CopyError{Reason: CopyNotRegular, Path: safe.Clean(local)}
	}
	target, there, err := t.hostTarget(to, baseOf(local))
	if err != nil {
		return err
	}
	if info.IsDir() {
		return t.putTree(ctx, local, target)
	}
	if there != nil && there.IsDir() {
		return &CopyError{Reason: CopyFolderThere, Path: safe.Clean(target), Host: true}
	}
	f := file{from: local, to: t.followed(target, there), show: filepath.Base(local), size: info.Size(), mode: info.Mode(), time: info.ModTime()}
	t.progress.plan([]file{f}, nil)
	t.tidyThere(ctx, path.Dir(f.to))
	return t.putFile(ctx, f)
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

// hostTarget is the place on the host for what has that name, and what is
// there; nil for nothing.
func (t *transfer) hostTarget(to, name string) (string, fs.FileInfo, error) {
	target := hostPath(to)
	into := strings.HasSuffix(to, "/")
	there, err := t.sftp.Stat(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, t.hostError(target, err)
	}
	switch {
	case err != nil && into:
		if err := t.sftp.MkdirAll(target); err != nil {
			return "", nil, t.hostError(target, err)
		}
	case err != nil:
		return target, nil, nil
	case !there.IsDir() && into:
		return "", nil, &CopyError{Reason: CopyNoFolder, Path: safe.Clean(target), Host: true}
	case !there.IsDir():
		return target, there, nil
	}
	target = path.Join(target, name)
	there, err = t.sftp.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return target, nil, nil
	}
	return target, there, t.hostError(target, err)
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

func (t *transfer) putTree(ctx context.Context, local, target string) error {
	var all tree
	top := file{from: local, to: target, show: filepath.Base(local), mode: fs.ModeDir | 0o755}
	if info, err := os.Stat(local); err == nil {
		top.mode = info.Mode()
	}
	all.levels = [][]file{{top}}
	if err := all.walk(ctx, top, 1); err != nil {
		return err
	}
	t.progress.plan(all.files, all.skipped)
	for _, level := range all.levels {
		if err := each(ctx, level, t.makeFolder); err != nil {
			return err
		}
	}
	return each(ctx, all.files, t.putFile)
}

// walk gathers what is in a local folder.
func (all *tree) walk(ctx context.Context, dir file, depth int) error {
	entries, err := os.ReadDir(dir.from)
	if err := errors.Join(ctx.Err(), localError(dir.from, err)); err != nil {
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
			return localError(f.from, err)
		case err != nil || link && info.IsDir():
			all.skipped = append(all.skipped, safe.Clean(f.show))
			continue
		}
		f.mode, f.size, f.time = info.Mode(), info.Size(), info.ModTime()
		switch {
		case info.IsDir():
			if len(all.levels) == depth {
				all.levels = append(all.levels, nil)
			}
			all.levels[depth] = append(all.levels[depth], f)
			if err := all.walk(ctx, f, depth+1); err != nil {
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

// each does something to all files, several at a time, until one fails.
func each(ctx context.Context, files []file, do func(context.Context, file) error) error {
	group, life := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, f := range files {
		if life.Err() != nil {
			break
		}
		group.Go(func() error { return do(life, f) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
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
			t.tidyThere(ctx, f.to)
			return nil
		case statErr == nil:
			return &CopyError{Reason: CopyNoFolder, Path: safe.Clean(f.to), Host: true}
		}
		return t.hostError(f.to, err)
	}
	if runtime.GOOS == "windows" { // its modes say nothing
		return nil
	}
	return t.hostError(f.to, t.sftp.Chmod(f.to, f.mode.Perm()|0o700))
}

// errMoved is a half done file that another copy of the same file completed.
var errMoved = errors.New("the partial file no longer exists")

// putFile copies one file, all of it or nothing.
func (t *transfer) putFile(ctx context.Context, f file) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.progress.begin(f.show)
	in, err := os.Open(f.from)
	if err != nil {
		return localError(f.from, err)
	}
	defer func() { _ = in.Close() }() // was only read
	dir := path.Dir(f.to)
	err = t.putBeside(ctx, path.Join(dir, f.halfDone()), in, f)
	if errors.Is(err, errMoved) {
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return localError(f.from, err)
		}
		err = t.putBeside(ctx, path.Join(dir, anyName()), in, f)
	}
	if errors.Is(err, errMoved) { // and so is the folder
		err = fs.ErrNotExist
	}
	return t.hostError(f.to, err)
}

// putBeside copies a file to another name, and moves it to its place.
func (t *transfer) putBeside(ctx context.Context, beside string, in *os.File, f file) error {
	out, have, err := t.openThere(ctx, beside, in, f)
	if err != nil && !reached(err) && path.Base(beside) == f.halfDone() {
		return errMoved // or it is somebody else's; another name shows whether it is the folder
	}
	if err != nil {
		return t.hostError(path.Dir(f.to), err) // it is the folder that is missing or closed
	}
	from := &source{ctx: ctx, f: in, size: f.size, n: have, t: &t.progress}
	t.progress.add(have)
	err = t.fill(out, beside, from, f)
	if err == nil {
		err = t.replace(beside, f.to)
		if errors.Is(err, fs.ErrNotExist) && !t.exists(beside) {
			t.progress.add(-from.n)
			return errMoved
		}
		err = t.hostError(f.to, err)
	}
	if err != nil {
		_ = t.sftp.Remove(beside) // it is not there, or the connection is not
		return err
	}
	t.progress.end(f.size, from.n, have)
	return nil
}

// exists reports whether something of that name is on the host.
func (t *transfer) exists(name string) bool {
	_, err := t.sftp.Lstat(name)
	return err == nil
}

// fill writes a new file on the host. Its mode is set while it is empty: what
// is private here is so there from its first byte on.
func (t *transfer) fill(out *sftp.File, beside string, from *source, f file) error {
	mode := f.mode.Perm()
	if runtime.GOOS == "windows" {
		mode = 0o644
	}
	err := out.Chmod(mode)
	if err == nil {
		_, err = out.ReadFromWithConcurrency(from, int(min(f.size>>15+1, 64)))
	}
	if from.err != nil {
		err = localError(f.from, from.err)
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return t.hostError(f.to, err)
	}
	there, err := t.sftp.Stat(beside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // moved by another copy: replace finds out
	case err == nil && there.Size() != from.n:
		err = &CopyError{Reason: CopyIncomplete, Path: safe.Clean(f.to), Host: true}
	case err == nil && from.shrank():
		err = &CopyError{Reason: CopyIncomplete, Path: safe.Clean(f.from)}
	}
	return t.hostError(f.to, err)
}

// replace moves a complete file to its place, over one that is there.
func (t *transfer) replace(beside, to string) error {
	if _, ok := t.sftp.HasExtension("posix-rename@openssh.com"); ok {
		return t.sftp.PosixRename(beside, to)
	}
	_ = t.sftp.Remove(to) // the plain rename does not replace; mostly there is nothing
	return t.sftp.Rename(beside, to)
}

// source reads a file until ctx ends, and counts. It reads to the end, whatever
// the size says: some files, such as those of /proc, say nothing true. Only of
// a file that grows meanwhile no more is read than there was.
type source struct {
	ctx  context.Context
	f    localFile
	size int64
	t    *tracker
	n    int64 // where it is
	err  error // of the file, or ctx's
}

// localFile is what source reads.
type localFile interface {
	io.Reader
	Stat() (fs.FileInfo, error)
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	switch left := s.size - s.n; {
	case left > 0:
		p = p[:min(int64(len(p)), left)]
	case s.size > 0 && s.sizeNow() > s.size:
		return 0, io.EOF
	}
	n, err := s.f.Read(p)
	s.n += int64(n)
	s.t.add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// sizeNow is the file's size now; -1 when it cannot be told.
func (s *source) sizeNow() int64 {
	info, err := s.f.Stat()
	if err != nil {
		return -1
	}
	return info.Size()
}

// shrank reports whether the file was cut off while it was read.
func (s *source) shrank() bool { return s.n < s.size && s.sizeNow() != s.size }
