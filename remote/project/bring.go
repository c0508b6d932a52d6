package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"path/filepath"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// staged is the name of an operation's file in the stage: the same for the same
// file, so that a cut copy of it is continued.
func staged(o Op) string {
	sum := sha256.Sum256([]byte(o.Path + "\x00" + o.Item.Hash))
	return "in-" + hex.EncodeToString(sum[:16])
}

// bring copies the files of operations to the side where they are wanted, unless
// an earlier pass has. What one of them lacks its operation finds out; why some
// could not be copied is by side. A side whose disk is full gets no more in this
// pass, and the other one does.
func (p *Project) bring(ctx context.Context, on [2][]Op, before Progress) (lacks [2]error, err error) {
	tell := remote.CopyOptions{Progress: func(c remote.CopyProgress) {
		if p.cfg.Tell != nil {
			p.cfg.Tell(Progress{before.Files + c.Files, before.OfAll, before.Bytes + c.Bytes, before.Of})
		}
	}}
	there, err := p.there.staged(on[There])
	if err != nil {
		return lacks, err
	}
	var up, down []remote.Pair
	for n, o := range on[There] {
		if there[n] != o.Item.Size {
			up = append(up, remote.Pair{
				From: filepath.Join(p.cfg.Dir, filepath.FromSlash(o.Path)), To: path.Join(p.there.dir, stage, staged(o)), Size: o.Item.Size, Time: o.Item.Time,
			})
		}
	}
	for _, o := range on[Here] {
		if info, err := p.here.root.Lstat(path.Join(stage, staged(o))); err != nil || !info.Mode().IsRegular() || info.Size() != o.Item.Size {
			down = append(down, remote.Pair{From: path.Join(p.there.dir, o.Path), To: staged(o), Size: o.Item.Size, Time: o.Item.Time})
		}
	}
	lacks = p.full
	if len(up) > 0 && lacks[There] == nil {
		_, lacks[There] = p.cfg.Host.PutPairs(ctx, up, tell)
	}
	if len(down) > 0 && lacks[Here] == nil && !about(lacks[There]) {
		_, lacks[Here] = p.cfg.Host.GetPairs(ctx, filepath.Join(p.cfg.Dir, stage), down, tell)
	}
	for side, err := range lacks {
		var some *remote.CopyError
		switch {
		case about(err):
			return lacks, err
		case errors.As(err, &some) && some.Reason == remote.CopyDiskFull:
			p.full[side] = err
		}
	}
	return lacks, nil
}

// about reports whether an error concerns more than some files.
func about(err error) bool {
	var some *remote.CopyError
	return err != nil && (!errors.As(err, &some) || some.Reason == remote.CopyNoSFTP)
}

// because returns why an operation was not done: its file may not have come for a
// reason that the next pass meets again.
func because(err, lacks error) error {
	var some *remote.CopyError
	passes := []remote.CopyReason{remote.CopyNoFile, remote.CopyShrank, remote.CopyIncomplete}
	if !errors.Is(err, errMissing) || !errors.As(lacks, &some) || slices.Contains(passes, some.Reason) {
		return err
	}
	return lacks
}
