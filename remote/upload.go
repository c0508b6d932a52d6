package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// errMoved is a half done file that another copy of the same file completed.
var errMoved = errors.New("the partial file no longer exists")

// putFile copies one file, all of it or nothing.
func (t *transfer) putFile(ctx context.Context, f file) error {
	if done, err := t.putSmall(ctx, f); done || err != nil {
		return err
	}
	free, err := t.sftpLane(ctx, f.size)
	if err != nil {
		return err
	}
	defer free()
	if f, err = t.checked(f); err != nil {
		return err
	}
	t.progress.add(safe.Clean(f.show), 0)
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
	from := &source{ctx: ctx, f: in, size: f.size, n: have, t: &t.progress, show: safe.Clean(f.show)}
	t.progress.add(from.show, have)
	err = t.fill(out, beside, from, f)
	if err == nil {
		err = t.replace(beside, f.to)
		if errors.Is(err, fs.ErrNotExist) && !t.exists(beside) {
			t.progress.add(from.show, -from.n)
			return errMoved
		}
		err = t.hostError(f.to, err)
	}
	if err != nil {
		if path.Base(beside) != f.halfDone() || !worthContinuing(ctx, err, from.n-unsure) {
			_ = t.sftp.Remove(beside) // it is not there, or the connection is not
		}
		return err
	}
	if from.grew {
		t.progress.grew(from.show)
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
	err := out.Chmod(f.modeThere())
	if err == nil {
		_, err = out.ReadFromWithConcurrency(from, int(min(f.size/int64(t.piece)+1, underWay/int64(t.piece))))
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
		err = &CopyError{Reason: CopyShrank, Path: safe.Clean(f.from)}
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
	show string // its name, safe for a terminal
	n    int64  // where it is
	grew bool   // there was more, which was not read
	err  error  // of the file, or ctx's
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
		s.grew = true
		return 0, io.EOF
	}
	n, err := s.f.Read(p)
	s.n += int64(n)
	s.t.add(s.show, int64(n))
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
