package remote

import (
	"context"
	"os"
	"path"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Pair is one file to copy between paths that are known. The host's path is
// absolute, or begins in the home folder.
type Pair struct {
	From, To string
	Size     int64     // as last seen, in bytes
	Time     time.Time // when it was changed, as last seen
}

// PutPairs copies files of this computer to new places on the host, by the rules
// of [Client.Put], and with a mode for the owner alone. Where a file cannot be
// copied, the others still are.
func (c *Client) PutPairs(ctx context.Context, pairs []Pair, o CopyOptions) (Copied, error) {
	return c.transfer(ctx, o, len(pairs) >= manyFiles, func(t *transfer) error {
		return t.pairs(ctx, pairs, t.putFile)
	})
}

// GetPairs copies the host's files to new places in a folder of this computer,
// which To is a path in, by the rules of [Client.Get], and with a mode for the
// owner alone.
func (c *Client) GetPairs(ctx context.Context, dir string, pairs []Pair, o CopyOptions) (Copied, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Copied{}, localError(dir, err)
	}
	defer func() { _ = root.Close() }()
	return c.transfer(ctx, o, len(pairs) >= manyFiles, func(t *transfer) error {
		return t.pairs(ctx, pairs, func(ctx context.Context, f file) error { return t.getFile(ctx, root, f) })
	})
}

func (t *transfer) pairs(ctx context.Context, pairs []Pair, do func(context.Context, file) error) error {
	files := make([]file, len(pairs))
	for i, p := range pairs {
		files[i] = file{from: p.From, to: p.To, show: safe.Clean(path.Base(p.From)), size: p.Size, mode: 0o600, time: p.Time}
	}
	t.progress.plan(files, nil)
	t.carry(ctx, len(files))
	return each(ctx, files, t.eachOf(do))
}
