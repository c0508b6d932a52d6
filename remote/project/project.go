package project

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// Config is which folders are kept alike.
type Config struct {
	Dir     string // of this computer
	Host    Host
	HostDir string // of the host; it begins in the home folder
	Name    string // the machine's, for the names of conflicts
	State   string // the file that holds what is known between runs; the caller sees that one at a time has it
	// Emptied has everything be deleted on one side where the other has nothing
	// any more.
	Emptied bool
	Tell    func(Progress) // nil for nobody
}

// Progress is how far a pass is.
type Progress struct {
	Files, OfAll int
	Bytes, Of    int64
}

// Result is what a pass came to.
type Result struct {
	Done      int               // operations
	Files     int               // those among them that copied a file
	Conflicts []string          // the names under which the machine's versions are kept
	Failures  []Failure         // what could not be done this time
	Unknown   map[string]string // why the others are left as they are, by path
	There     map[string]string // those of them that the machine has
}

// Failure is an operation that could not be done.
type Failure struct {
	Path string
	Side Side
	Err  error
}

// Changed reports whether it is only that something was changed meanwhile, so
// that the next pass does it.
func (f Failure) Changed() bool { return errors.Is(f.Err, errChanged) }

// EmptiedError is a side where nothing is left of a project: a disk that is not
// mounted looks the same.
type EmptiedError struct{ Side Side }

func (e *EmptiedError) Error() string {
	if e.Side == Here {
		return "the project's folder on this computer is empty"
	}
	return "the project's folder on the machine is empty"
}

// Project keeps two folders alike.
type Project struct {
	cfg   Config
	here  *here
	there *there
	base  Tree
	watch *watch // nil before somebody waits
}

// Open begins. The folder on the host is made where it is missing. Whatever ends
// ctx ends the project.
func Open(ctx context.Context, cfg Config) (*Project, error) {
	k, err := loadState(cfg.State)
	if err != nil {
		return nil, err
	}
	p := &Project{cfg: cfg, base: k.base}
	if p.here, err = openHere(cfg.Dir, k); err != nil {
		return nil, fmt.Errorf("open the project's folder: %w", err)
	}
	if p.there, err = openThere(ctx, cfg.Host, cfg.HostDir); err != nil {
		return nil, errors.Join(fmt.Errorf("open the project's folder on the machine: %w", err), p.here.close())
	}
	return p, nil
}

// Close ends it.
func (p *Project) Close() error {
	if p.watch != nil {
		p.watch.close()
	}
	p.there.close()
	return p.here.close()
}

// Pass looks at both sides once, and makes them alike. Its error is one that
// concerns all of it; what could not be done at one path is in the result.
func (p *Project) Pass(ctx context.Context) (Result, error) {
	h, t, err := p.look(ctx)
	if err != nil {
		return Result{}, err
	}
	r := Result{Unknown: h.Unknown, There: t.Unknown}
	for path, why := range t.Unknown {
		r.Unknown[path] = cmp.Or(r.Unknown[path], why)
	}
	ops := plan(p.base, h, t, p.aside)
	err = p.work(ctx, ops, &r)
	if saved := p.agree(); err == nil {
		err = saved
	}
	return r, err
}

// look sees what both sides have.
func (p *Project) look(ctx context.Context) (h, t Scan, err error) {
	if h, err = p.here.look(ctx, p.base); err != nil {
		return h, t, fmt.Errorf("look at the project's folder: %w", err)
	}
	if t, err = p.there.look(p.here.rules, p.base); err != nil {
		return h, t, fmt.Errorf("look at the project's folder on the machine: %w", err)
	}
	for path, item := range p.base {
		if p.here.rules.SkipsAll(path, item.Kind == Folder) {
			delete(p.base, path) // it is left out from now on, on both sides
		}
	}
	ours, theirs := maps.Clone(h.Tree), maps.Clone(t.Tree)
	if p.here.fold {
		foldNames(&t, ours, p.base)
	}
	if p.there.fold {
		foldNames(&h, theirs, p.base)
	}
	keepPortable(&t, filepath.Separator == '\\')
	return h, t, p.emptied(h, t)
}

// emptied is an error where one side has lost everything.
func (p *Project) emptied(h, t Scan) error {
	if len(p.base) == 0 || p.cfg.Emptied {
		return nil
	}
	switch {
	case len(h.Tree) == 0 && len(h.Unknown) == 0:
		return &EmptiedError{Here}
	case len(t.Tree) == 0 && len(t.Unknown) == 0:
		return &EmptiedError{There}
	}
	return nil
}

// aside is the name that the machine's version of something is kept under. It
// is the same for the same version, and another one for another content: many
// programs give what they write a time of their own.
func (p *Project) aside(path string, host Item) string {
	sum := sha256.Sum256([]byte(string(host.Kind) + "\x00" + host.Hash + "\x00" + host.Target))
	return beside(path, "conflict-"+p.cfg.Name+"-"+host.Time.UTC().Format("2006-01-02-150405")+"-"+hex.EncodeToString(sum[:3]))
}

// agree writes down what both sides are where they are alike.
func (p *Project) agree() error {
	changed := p.here.unsaved
	for _, at := range paths(p.base, p.here.tree, p.there.tree) {
		h, t := p.here.tree[at], p.there.tree[at]
		was, known := p.base[at]
		switch {
		case !h.same(t):
		case !h.there() && known:
			delete(p.base, at)
			changed = true
		case h.there() && (!known || !was.same(h)):
			p.base[at], changed = h, true
		}
	}
	if !changed {
		return nil
	}
	p.here.unsaved = false
	return saveState(p.cfg.State, remembered{p.base, p.here.seen, p.here.foreign})
}

// batch is how much is brought before it is put in its place.
const (
	batchFiles = 2000
	batchBytes = 256 << 20
)

// work does the operations, the files in batches.
func (p *Project) work(ctx context.Context, ops []Op, r *Result) error {
	progress := Progress{}
	for _, o := range ops {
		if o.Do == PutFile {
			progress.OfAll++
			progress.Of += o.Item.Size
		}
	}
	for len(ops) > 0 {
		n := 1
		if ops[0].Do == PutFile {
			n = batch(ops)
		} else {
			for n < len(ops) && ops[n].Do != PutFile {
				n++
			}
		}
		if err := p.doAll(ctx, ops[:n], r, progress); err != nil {
			return err
		}
		if ops[0].Do == PutFile {
			progress.Files += n
			for _, o := range ops[:n] {
				progress.Bytes += o.Item.Size
			}
			if err := p.agree(); err != nil {
				return err
			}
		}
		ops = ops[n:]
	}
	return nil
}

// batch is how many of the operations, which begin with a file, are done at once.
func batch(ops []Op) int {
	var bytes int64
	for n, o := range ops {
		if bytes += o.Item.Size; o.Do != PutFile || n == batchFiles || n > 0 && bytes > batchBytes {
			return n
		}
	}
	return len(ops)
}

// doAll does operations, all of them with files or none.
func (p *Project) doAll(ctx context.Context, ops []Op, r *Result, before Progress) error {
	var on [2][]Op
	for _, o := range ops {
		on[o.Side] = append(on[o.Side], o)
	}
	if ops[0].Do == PutFile {
		if err := p.bring(ctx, on, before); err != nil {
			return err
		}
	}
	for _, o := range on[Here] {
		p.here.comes(o)
	}
	if p.here.unsaved { // before any of it is there
		if err := p.agree(); err != nil {
			return err
		}
	}
	for _, o := range on[Here] {
		err := p.here.apply(ctx, o, staged(o))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.did(o, err)
	}
	if len(on[There]) == 0 {
		return nil
	}
	errs, err := p.there.apply(on[There], staged)
	if err != nil {
		return fmt.Errorf("change the project's folder on the machine: %w", err)
	}
	for i, o := range on[There] {
		r.did(o, errs[i])
	}
	return nil
}

// did notes what came of an operation.
func (r *Result) did(o Op, err error) {
	if err != nil {
		r.Failures = append(r.Failures, Failure{o.Path, o.Side, err})
		return
	}
	r.Done++
	if o.Do == PutFile {
		r.Files++
	}
	if o.Aside != "" {
		r.Conflicts = append(r.Conflicts, o.Aside)
	}
}

// staged is the name of an operation's file in the stage: the same for the same
// file, so that a cut copy of it is continued.
func staged(o Op) string {
	sum := sha256.Sum256([]byte(o.Path + "\x00" + o.Item.Hash))
	return "in-" + hex.EncodeToString(sum[:16])
}

// bring copies the files of operations to the side where they are wanted. What
// one of them lacks its operation finds out.
func (p *Project) bring(ctx context.Context, on [2][]Op, before Progress) error {
	tell := remote.CopyOptions{Progress: func(c remote.CopyProgress) {
		if p.cfg.Tell != nil {
			p.cfg.Tell(Progress{before.Files + c.Files, before.OfAll, before.Bytes + c.Bytes, before.Of})
		}
	}}
	var up, down []remote.Pair
	for _, o := range on[There] {
		up = append(up, remote.Pair{
			From: filepath.Join(p.cfg.Dir, filepath.FromSlash(o.Path)), To: path.Join(p.there.dir, stage, staged(o)), Size: o.Item.Size, Time: o.Item.Time,
		})
	}
	for _, o := range on[Here] {
		down = append(down, remote.Pair{From: path.Join(p.there.dir, o.Path), To: staged(o), Size: o.Item.Size, Time: o.Item.Time})
	}
	if len(up) > 0 {
		if _, err := p.cfg.Host.PutPairs(ctx, up, tell); about(err) {
			return err
		}
	}
	if len(down) > 0 {
		if _, err := p.cfg.Host.GetPairs(ctx, filepath.Join(p.cfg.Dir, stage), down, tell); about(err) {
			return err
		}
	}
	return nil
}

// about reports whether an error concerns more than some files.
func about(err error) bool {
	var some *remote.CopyError
	return err != nil && (!errors.As(err, &some) || some.Reason == remote.CopyDiskFull || some.Reason == remote.CopyNoSFTP)
}
