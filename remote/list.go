package remote

import (
	"context"
	"io/fs"
	"path"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// List names what is in a folder on the host, in order; a folder's name, and
// that of a link to one, ends in "/". A relative path and "~" begin in the home
// folder. Names that are not safe for a terminal are left out: they cannot be
// typed.
func (c *Client) List(ctx context.Context, folder string) ([]string, error) {
	var names []string
	_, err := c.transfer(ctx, CopyOptions{}, false, func(t *transfer) error {
		dir := hostPath(folder)
		entries, err := t.sftp.ReadDirContext(ctx, dir)
		if err != nil {
			return t.hostError(dir, err)
		}
		for _, e := range entries {
			name := e.Name()
			if safe.Clean(name) != name {
				continue
			}
			into := e.IsDir()
			if e.Mode()&fs.ModeSymlink != 0 {
				to, err := t.sftp.Stat(path.Join(dir, name))
				into = err == nil && to.IsDir()
			}
			if into {
				name += "/"
			}
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}
