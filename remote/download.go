package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/sftp"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// getFile copies one file, all of it or nothing.
func (t *transfer) getFile(ctx context.Context, root *os.Root, f file) error {
	if done, err := t.getSmall(ctx, root, f); done || err != nil {
		return err
	}
	free, err := t.sftpLane(ctx, f.size)
	if err != nil {
		return err
	}
	defer free()
	t.progress.add(safe.Clean(f.show), 0)
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

// getBeside copies a file to another name, and moves it to its place.
func (t *transfer) getBeside(ctx context.Context, root *os.Root, beside string, in *sftp.File, f file) error {
	out, have, err := t.openHere(ctx, root, beside, f)
	if err != nil && filepath.Base(beside) == f.halfDone() {
		return errMoved // or it is somebody else's; another name shows whether it is the folder
	}
	if err != nil {
		return localError(f.to, err)
	}
	to := &sink{ctx: ctx, w: out, size: f.size, n: have, t: &t.progress, show: safe.Clean(f.show), grew: func() bool {
		info, err := in.Stat()
		return err == nil && info.Size() > f.size
	}}
	t.progress.add(to.show, have)
	err = t.drain(in, out, to, f)
	if err == nil {
		err = root.Rename(beside, f.to)
		if errors.Is(err, fs.ErrNotExist) {
			t.progress.add(to.show, -to.n)
			return errMoved
		}
		err = localError(f.to, err)
	}
	if err != nil {
		if filepath.Base(beside) != f.halfDone() || !worthContinuing(ctx, err, to.n) {
			_ = root.Remove(beside) // the reason is err
		}
		return err
	}
	if to.enough {
		t.progress.grew(to.show)
	}
	t.progress.end(f.size, to.n, have)
	return nil
}

// drain reads the host's file from where to is.
func (t *transfer) drain(in *sftp.File, out *os.File, to *sink, f file) error {
	from, end := t.readers(to.ctx, in, f)
	defer end()
	err := pull(from, to.n, t.piece, int(min(f.size/int64(t.piece)+2, int64(len(from)*underWay/t.piece))), to)
	switch {
	case to.err != nil:
		err = localError(f.to, to.err)
	case errors.Is(err, errEnough):
		err = nil
	default:
		err = t.hostError(f.from, err)
	}
	if err == nil && to.n < f.size {
		// What the kernel writes as it is read may say a size that is not true;
		// a file that is as large as this is none of those.
		if now, statErr := in.Stat(); statErr != nil || now.Size() != f.size || f.size >= smallFile {
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
	ctx    context.Context
	w      io.Writer
	t      *tracker
	show   string // its name, safe for a terminal
	size   int64
	n      int64 // where it is
	grew   func() bool
	over   bool  // more came than the size says, and not because the file grew
	enough bool  // more came, because the file grew
	err    error // of the file, or ctx's
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
	s.t.add(s.show, int64(n))
	switch {
	case err != nil:
		s.err = err
	case n < len(p):
		s.enough, err = true, errEnough
	}
	return n, err
}
