package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Put copies local files, or with Recursive folders, to the host's path,
// as scp does: a path that is a folder or ends in "/" means into it (the
// latter is made where it is missing), and so does any path for more than one
// of them; a folder "x/." means its content. A relative path and "~" begin in
// the home folder.
//
// A file is written beside its place and moved there when all of it arrived;
// it keeps its mode. What a killed or cut copy left of a large file is continued
// by a later one of the same file, when the bytes are the same, and removed from
// the folder after a day. Links to files are followed; links to folders, those
// that lead nowhere, and what is neither file nor folder are left out and
// told in Copied.Skipped. Where a file cannot be copied, the others still are.
// Its errors are *CopyError, *Error and ctx's own; what was copied stays, and
// Copied tells it.
func (c *Client) Put(ctx context.Context, locals []string, path string, o CopyOptions) (Copied, error) {
	return c.transfer(ctx, o, many(locals, o), func(t *transfer) error { return t.put(ctx, locals, path) })
}

// Get copies files, or with Recursive folders, from the host, by the rules
// of Put with the sides exchanged. The host's names never lead out of the
// local folder, whatever they are, and no link is made here.
func (c *Client) Get(ctx context.Context, paths []string, local string, o CopyOptions) (Copied, error) {
	return c.transfer(ctx, o, o.Recursive || len(paths) >= manyFiles, func(t *transfer) error { return t.get(ctx, paths, local) })
}

// many reports whether there may be many files at local paths.
func many(locals []string, o CopyOptions) bool {
	if len(locals) >= manyFiles {
		return true
	}
	return o.Recursive && slices.ContainsFunc(locals, func(local string) bool {
		info, err := os.Stat(local)
		return err == nil && info.IsDir()
	})
}

const (
	copyGrace = 3 * time.Second // for a copy to end and clean up
	// underWay is how much of a file is under way at a time: more than an SSH
	// channel takes before it waits for the other side.
	underWay = 4 << 20
	// anyPiece is how much each server of SFTP takes in one request;
	// opensshPiece is what OpenSSH's does, which says so.
	anyPiece, opensshPiece = 32 << 10, 255 << 10
)

// transfer is one Put or Get under way.
type transfer struct {
	c         *Client
	sftp      *sftp.Client
	piece     int           // of a file in one request
	opened    chan struct{} // closed when sftp is there, or will not be
	recursive bool
	progress  tracker
	failures  failures
	lanes     lanes
	starting  *starting // nil without a carrier
	carries   *carrier  // nil until there is one, and something for it

	secondOnce sync.Once
	also       *sftp.Client // see second
}

// transfer opens SFTP, has the copying done and ends it with ctx. A dead
// connection must not hold up the caller.
func (c *Client) transfer(ctx context.Context, o CopyOptions, many bool, do func(*transfer) error) (Copied, error) {
	s, err := c.session(ctx)
	if err != nil {
		return Copied{}, err
	}
	t := &transfer{
		c: c, opened: make(chan struct{}), recursive: o.Recursive,
		progress: tracker{tell: o.Progress}, lanes: newLanes(),
	}
	if many {
		t.starting = t.startCarrier(ctx)
		defer t.starting.leave()
	}
	done := make(chan error, 1)
	go func() {
		err := t.open(ctx, s)
		close(t.opened)
		if err == nil {
			err = do(t)
		}
		done <- t.failures.with(err)
		_ = s.Close()
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(copyGrace):
			c.hangUp(s)
			err = ctx.Err()
		}
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("copy files: %w", ctx.Err())
	}
	return t.progress.finish(), err
}

func (t *transfer) open(ctx context.Context, s *ssh.Session) (err error) {
	t.sftp, err = t.openSFTP(ctx, s)
	return err
}

func (t *transfer) openSFTP(ctx context.Context, s *ssh.Session) (*sftp.Client, error) {
	in, errIn := s.StdinPipe()
	out, errOut := s.StdoutPipe()
	said, errSaid := s.StderrPipe()
	if err := errors.Join(errIn, errOut, errSaid); err != nil {
		return nil, t.c.ended(err)
	}
	if err := s.RequestSubsystem("sftp"); err != nil {
		if err := t.c.ended(err); reached(err) {
			return nil, err
		}
		return nil, &CopyError{Reason: CopyNoSFTP, Host: true, Path: t.c.to.Addr}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }() // ends with the session
	client, err := sftp.NewClientPipe(out, in, sftp.UseConcurrentWrites(true))
	if err == nil {
		err = t.enlarge(client)
	}
	if err != nil {
		select {
		case <-t.c.done:
			return nil, t.c.end
		default:
			// Where the login shell starts the SFTP server, it may have ended first.
			if e := t.c.Run(ctx, Command{Label: WatchLabel}); reached(e) {
				return nil, e
			}
			return nil, &CopyError{Reason: CopyNoSFTP, Host: true, Path: t.c.to.Addr, Text: safe.Clean(err.Error())}
		}
	}
	return client, nil
}

// enlarge sets how large pieces of a file are, and how many are under way. A
// server that gives less than it was asked for spoils a file, so that only
// OpenSSH's own is asked for more than all must give.
func (t *transfer) enlarge(client *sftp.Client) error {
	t.piece = anyPiece
	_, limits := client.HasExtension("limits@openssh.com")
	if limits && strings.Contains(string(t.c.conn.ServerVersion()), "OpenSSH") {
		t.piece = opensshPiece
	}
	return errors.Join(sftp.MaxPacketUnchecked(t.piece)(client), sftp.MaxConcurrentRequestsPerFile(underWay/t.piece)(client))
}

// hostPath is a person's path for SFTP, which begins in the home folder.
func hostPath(p string) string {
	if p == "~" {
		return "."
	}
	return path.Clean(strings.TrimPrefix(p, "~/"))
}

// tracker counts what is copied, and tells it now and then.
type tracker struct {
	tell func(CopyProgress)

	mu     sync.Mutex
	now    CopyProgress
	copied Copied
	told   time.Time
	over   bool
}

// tellEvery is how often progress is told at most.
const tellEvery = 100 * time.Millisecond

func (t *tracker) plan(files []file, skipped []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range files {
		t.now.Of += f.size
	}
	t.now.OfAll = len(files)
	t.copied.Skipped = skipped
}

// add says that n bytes of a file have come further. The name, safe for a
// terminal, is the one that is told: of the files under way that which moves.
func (t *tracker) add(name string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.File = name
	t.now.Bytes += n
	t.say()
}

// grew says that a file is longer now than what was copied of it.
func (t *tracker) grew(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.copied.Grown = append(t.copied.Grown, name)
}

// end says that a file is complete, of n bytes where size were expected, and
// with some of them there before.
func (t *tracker) end(size, n, there int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Of += n - size
	t.now.Files++
	t.copied.Files++
	t.copied.Bytes += n
	t.copied.There += there
	t.say()
}

func (t *tracker) say() {
	if t.tell == nil || t.over || time.Since(t.told) < tellEvery {
		return
	}
	t.tell(t.now)
	t.told = time.Now() // after: who is told may be slow
}

// finish tells the last state, and nothing any more.
func (t *tracker) finish() Copied {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = time.Time{}
	t.say()
	t.over = true
	return t.copied
}
