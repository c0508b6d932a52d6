package project

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"path"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// Host is a machine that a project is on. [remote.Client] is one.
type Host interface {
	Run(context.Context, remote.Command) error
	PutPairs(context.Context, []remote.Pair, remote.CopyOptions) (remote.Copied, error)
	GetPairs(ctx context.Context, dir string, pairs []remote.Pair, o remote.CopyOptions) (remote.Copied, error)
}

// there is the project's folder on a host.
type there struct {
	*part
	id    string // of the folder
	dir   string // absolute
	fold  bool   // names that differ in case alone are one
	modes bool   // files have permission bits
	said  Tree   // all that was said of it
	bytes int    // of what was said, as bulk counts
	tree  Tree   // what counts of it
}

// openThere starts the host's part, in a folder that begins in the home folder.
func openThere(ctx context.Context, h Host, dir string) (*there, error) {
	t := &there{part: startPart(ctx, h), said: Tree{}, tree: Tree{}}
	if err := t.begin(dir); err != nil {
		t.end(context.Canceled)
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *there) begin(dir string) error {
	if err := t.greeted(); err != nil {
		return err
	}
	var opened struct {
		answer
		Path, ID    string
		Fold, Modes bool
	}
	err := t.speak(map[string]any{"do": "open", "root": dir, "make": true, "id": rand.Text()}, func() error {
		return t.read(&opened, &opened.answer)
	})
	if err == nil && (!path.IsAbs(opened.Path) || len(opened.ID) > len(rand.Text())) {
		err = errWords
	}
	t.id, t.dir, t.fold, t.modes = opened.ID, opened.Path, opened.Fold, opened.Modes
	return err
}

// look sees what is there, by the rules of this side. base is what both were when
// they were last alike.
func (t *there) look(rules *Rules, base Tree) (Scan, error) {
	if err := t.speak(map[string]any{"do": "scan", "rules": rules}, t.hear); err != nil {
		return Scan{}, err
	}
	s := t.counts(rules, base)
	t.tree = s.Tree
	s.Tree = maps.Clone(s.Tree)
	return s, nil
}

// Bounds of what a host may say.
const (
	maxPaths = 2_000_000
	maxBulk  = 512 << 20 // bytes
)

// hear notes what is there, and what no more: what was said before still holds.
func (t *there) hear() error {
	for range 2 * maxPaths {
		var said struct {
			answer
			P    string
			I    *wireItem
			Gone bool
		}
		if err := t.read(&said, &said.answer); err != nil {
			return err
		}
		switch {
		case said.Done:
			return nil
		case !goodPath(said.P):
			return fmt.Errorf("%w: a path leads elsewhere", errWords)
		case said.Gone:
			t.note(said.P, Item{})
		case said.I == nil || !said.I.good(said.P):
			return fmt.Errorf("%w: there is no such item", errWords)
		default:
			t.note(said.P, Item(*said.I))
		}
		if len(t.said) > maxPaths || t.bytes > maxBulk {
			break
		}
	}
	return fmt.Errorf("%w: it has too many", errWords)
}

// note notes what was said to be at a path.
func (t *there) note(p string, i Item) {
	if was, ok := t.said[p]; ok {
		t.bytes -= bulk(p, was)
	}
	if !i.there() {
		delete(t.said, p)
		return
	}
	t.said[p] = i
	t.bytes += bulk(p, i)
}

func bulk(p string, i Item) int { return len(p) + len(i.Target) }

// counts is what counts of what was said: nothing that the rules leave out,
// whatever the host says. What the host alone leaves out is not known.
func (t *there) counts(rules *Rules, base Tree) Scan {
	s := Scan{Tree: make(Tree, len(t.said)), Unknown: map[string]string{}}
	var holds []string
	for p, item := range t.said {
		folder := item.Kind == Folder || item.Kind == unknown && item.Holds
		switch {
		case rules.SkipsAll(p, folder), rules.fold && rules.SkipsAll(folded(p), folder):
			holds = append(holds, path.Dir(p))
		case item.Kind == unknown:
			s.Unknown[p], holds = item.Target, append(holds, path.Dir(p))
		default:
			if !t.modes && item.Kind != Link {
				item.Mode = usualMode(base, p, item.Kind)
			}
			s.Tree[p] = item
		}
	}
	for _, dir := range holds {
		s.hold(dir)
	}
	return s
}

// staged returns how large the files of operations are that are in the stage, and
// less than nothing where there are none.
func (t *there) staged(ops []Op) ([]int64, error) {
	sizes, names := make([]int64, len(ops)), make([]string, len(ops))
	for n, o := range ops {
		sizes[n], names[n] = -1, staged(o)
	}
	if len(ops) == 0 {
		return sizes, nil
	}
	err := t.speak(map[string]any{"do": "staged", "names": names}, func() error {
		for range len(ops) + 1 {
			var said struct {
				answer
				N, Size int64
			}
			switch err := t.read(&said, &said.answer); {
			case err != nil || said.Done:
				return err
			case said.N < 0 || said.N >= int64(len(ops)):
				return errWords
			}
			sizes[said.N] = said.Size
		}
		return errWords
	})
	return sizes, err
}

// apply has operations done, and returns the error of each. staged is where the
// files are that are to be put.
func (t *there) apply(ops []Op, staged func(Op) string) ([]error, error) {
	sent := make([]wireOp, len(ops))
	for i, o := range ops {
		sent[i] = wireOp{Do: o.Do.verb(), Path: o.Path, Was: wire(o.Was), Item: wire(o.Item), Aside: o.Aside}
		if o.Do == PutFile {
			sent[i].Staged = staged(o)
		}
	}
	errs := make([]error, len(ops))
	err := t.speak(map[string]any{"do": "apply", "ops": sent}, func() (err error) {
		for n := range ops {
			if errs[n], err = t.applied(n, ops[n].Path); err != nil {
				return err
			}
		}
		var done answer
		if err := t.read(&done, &done); err != nil || !done.Done {
			return errWords
		}
		return nil
	})
	return errs, err
}

// applied hears what came of an operation.
func (t *there) applied(n int, p string) (failed, err error) {
	var said struct {
		answer
		N       *int
		I       *wireItem
		Changed bool
		Missing bool
	}
	err = t.read(&said, &said.answer)
	var host *hostError
	switch {
	case err != nil && !errors.As(err, &host):
		return nil, err
	case host != nil && said.N == nil: // of all that was to be done, which may be done or not
		return nil, errors.New(host.text)
	case said.N == nil || *said.N != n:
		return nil, errWords
	case host != nil:
		return host, nil
	case said.Missing:
		return errMissing, nil
	case said.Changed:
		return errChanged, nil
	case said.I == nil:
		t.note(p, Item{})
		delete(t.tree, p)
	case said.I.Kind != unknown && said.I.good(p):
		t.note(p, Item(*said.I))
		t.tree[p] = Item(*said.I)
	default:
		return nil, errWords
	}
	return nil, nil
}
