package remote

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

const (
	// smallFile is from what size on a file goes by SFTP: there it can be
	// continued, and its bytes cost more than its round trips.
	smallFile = worthKeeping
	// manyFiles is for how many files a carrier is worth its start.
	manyFiles = 16
	// manyAtOnce is how many small files are under way at most, and carriedRoom
	// how many bytes of them.
	manyAtOnce  = 1024
	carriedRoom = 16 << 20
	// sftpAtOnce is how many files SFTP has under way. A large one counts for
	// several: it has much of itself under way.
	sftpAtOnce, largeFile = 64, 16
	// diskAtOnce is how many small files are read or written here at a time.
	diskAtOnce = 8
)

// lanes are what bounds a transfer.
type lanes struct{ carried, sftp, disk *semaphore.Weighted }

func newLanes() lanes {
	return lanes{semaphore.NewWeighted(carriedRoom), semaphore.NewWeighted(sftpAtOnce), semaphore.NewWeighted(diskAtOnce)}
}

// hold waits for room in a lane. What it answers frees the room.
func hold(ctx context.Context, lane *semaphore.Weighted, n int64) (free func(), err error) {
	if err := lane.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { lane.Release(n) }, nil
}

// sftpLane waits until SFTP may copy a file of that size.
func (t *transfer) sftpLane(ctx context.Context, size int64) (free func(), err error) {
	if size < smallFile {
		return hold(ctx, t.lanes.sftp, 1)
	}
	return hold(ctx, t.lanes.sftp, largeFile)
}

// starting is a carrier that may not be there yet.
type starting struct {
	leave   context.CancelFunc
	done    chan struct{}
	carrier *carrier // read after done; nil where there is none
}

// startCarrier starts a carrier beside the SFTP session that is being opened.
func (t *transfer) startCarrier(ctx context.Context) *starting {
	ctx, leave := context.WithCancel(ctx)
	s := &starting{leave: leave, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		k, err := t.c.startCarrier(ctx, t.home(ctx))
		if err == nil {
			s.carrier = k
		}
	}()
	return s
}

// home asks where SFTP begins as soon as there is SFTP, which is before the
// carrier is there. What it answers waits for that.
func (t *transfer) home(ctx context.Context) func() (fs.FileInfo, error) {
	var info fs.FileInfo
	err := errNoSFTP
	known := make(chan struct{})
	go func() {
		defer close(known)
		select {
		case <-t.opened:
		case <-ctx.Done():
			return
		}
		if t.sftp != nil {
			info, err = t.sftp.Stat(".")
		}
	}()
	return func() (fs.FileInfo, error) {
		select {
		case <-known:
			return info, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// errNoSFTP ends a carrier's start where SFTP's own failed.
var errNoSFTP = errors.New("there is no SFTP")

// carry takes the carrier, once it is there, or leaves it where there are too
// few things to copy for it to save time.
func (t *transfer) carry(ctx context.Context, things int) {
	switch {
	case t.starting == nil:
		return
	case things < manyFiles:
		t.starting.leave()
		t.carries = nil
	case t.settled(ctx):
		t.carries = t.starting.carrier
	default:
		t.starting.leave()
	}
}

// settled waits until it is known whether there is a carrier, and reports
// whether it is.
func (t *transfer) settled(ctx context.Context) bool {
	if t.starting == nil {
		return true
	}
	late := time.NewTimer(carrierPatience)
	defer late.Stop()
	select {
	case <-t.starting.done:
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	return false
}

// putSmall has the carrier write a file; no is left to SFTP.
func (t *transfer) putSmall(ctx context.Context, f file) (bool, error) {
	if t.carries == nil || f.size >= smallFile {
		return false, nil
	}
	free, err := hold(ctx, t.lanes.carried, f.size+1<<12)
	if err != nil {
		return false, err
	}
	defer free()
	content, err := t.readSmall(ctx, f)
	if err != nil {
		return false, ctx.Err()
	}
	what := byte('p')
	if f.check {
		what = 'q'
	}
	r := newRequest(what, f.to, f.modeThere(), f.size)
	r.body = content
	// What is sent will be there, also when another file's failure ends the copy
	// meanwhile: it is waited for, and counted. The carrier ends with the person's
	// patience.
	if !t.carries.ask(ctx, r) || !t.carries.done(context.WithoutCancel(ctx), r) {
		return false, ctx.Err()
	}
	t.progress.add(safe.Clean(f.show), f.size)
	t.progress.end(f.size, f.size, 0)
	return true, nil
}

// errNotSimple is a file whose size is not what it was said to be. SFTP's way
// knows what to do about it.
var errNotSimple = errors.New("the file has another size")

// readSmall reads a local file of a size that is known.
func (t *transfer) readSmall(ctx context.Context, f file) (content []byte, err error) {
	free, err := hold(ctx, t.lanes.disk, 1)
	if err != nil {
		return nil, err
	}
	defer free()
	in, err := os.Open(f.from)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // was only read
	content = make([]byte, f.size+1)
	n, err := io.ReadFull(in, content)
	if int64(n) != f.size || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errNotSimple
	}
	return content[:n], nil
}

// getSmall has the carrier read a file; no is left to SFTP.
func (t *transfer) getSmall(ctx context.Context, root *os.Root, f file) (bool, error) {
	if t.carries == nil || f.size >= smallFile {
		return false, nil
	}
	free, err := hold(ctx, t.lanes.carried, f.size+1<<12)
	if err != nil {
		return false, err
	}
	defer free()
	content := make([]byte, f.size)
	r := newRequest('g', f.from, 0, f.size)
	r.read = func(from *bufio.Reader) error {
		_, err := io.ReadFull(from, content)
		return err
	}
	if !t.carries.do(ctx, r) || t.writeSmall(ctx, root, f, content) != nil {
		return false, ctx.Err()
	}
	t.progress.add(safe.Clean(f.show), f.size)
	t.progress.end(f.size, f.size, 0)
	return true, nil
}

// writeSmall writes a local file, all of it or nothing.
func (t *transfer) writeSmall(ctx context.Context, root *os.Root, f file, content []byte) error {
	free, err := hold(ctx, t.lanes.disk, 1)
	if err != nil {
		return err
	}
	defer free()
	beside := filepath.Join(filepath.Dir(f.to), anyName())
	out, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.modeHere())
	if err != nil {
		return err
	}
	_, errWrite := out.Write(content)
	err = errors.Join(errWrite, out.Close())
	if err == nil {
		err = root.Rename(beside, f.to)
	}
	if err != nil {
		_ = root.Remove(beside) // the reason is err
	}
	return err
}

// makeFolders makes folders on the host, those above others first. The carrier
// does them in order without a wait in between; what it does not is left to SFTP.
func (t *transfer) makeFolders(ctx context.Context, levels [][]file) error {
	var asked []*request
	if k := t.carries; k != nil {
		for _, level := range levels {
			for _, f := range level {
				r := newRequest('d', f.to, f.folderMode(), 0)
				if !k.ask(ctx, r) {
					break
				}
				asked = append(asked, r)
			}
		}
	}
	for _, level := range levels {
		var left []file
		for _, f := range level {
			if len(asked) == 0 || !t.carries.done(ctx, asked[0]) {
				left = append(left, f)
			}
			asked = asked[min(1, len(asked)):]
		}
		if err := each(ctx, left, t.makeFolder); err != nil {
			return err
		}
	}
	return nil
}

// listed names what is in a folder on the host.
func (t *transfer) listed(ctx context.Context, dir string) ([]entry, error) {
	if k := t.carries; k != nil {
		var all []entry
		r := newRequest('l', dir, 0, 0)
		r.read = func(from *bufio.Reader) (err error) {
			all, err = readEntries(from)
			return err
		}
		if k.do(ctx, r) {
			return all, nil
		}
	}
	return t.sftpEntries(ctx, dir)
}

// each does something to all files, many at a time, until one fails.
func each(ctx context.Context, files []file, do func(context.Context, file) error) error {
	group, life := errgroup.WithContext(ctx)
	group.SetLimit(manyAtOnce)
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
