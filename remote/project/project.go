package project

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
)

// Config is which folders are kept alike.
type Config struct {
	Dir     string // of this computer
	Host    Host
	HostDir string   // of the host; it begins in the home folder
	Name    string   // the machine's, for the names of conflicts
	Keys    []string // files of this computer, by their whole paths, that are never brought: private keys
	State   string   // the file that holds what is known between runs; the caller sees that one at a time has it
	// Emptied has what is gone on one side be deleted on the other, however much
	// that is.
	Emptied bool
	// Back has what the host has brought to this computer, and nothing the other
	// way: the host need not have room for it, nor get it before it goes.
	Back bool
	Tell func(Progress) // nil for nobody
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
	// There is what the machine may have alone at some of them, or below: by path,
	// why the machine cannot tell, or nothing where this computer cannot.
	There map[string]string
}

// Failure is an operation that could not be done.
type Failure struct {
	Path string
	Side Side
	Err  error
	// Alone says that the machine has a version there, or may have one, that this
	// computer does not have.
	Alone bool
}

// Changed reports whether it is only that something was changed meanwhile, so
// that the next pass does it.
func (f Failure) Changed() bool { return errors.Is(f.Err, errChanged) }

// EmptiedError is a side where nothing is left of a project, or less than half of
// what both had: a disk that is not mounted looks the same.
type EmptiedError struct{ Side Side }

func (e *EmptiedError) Error() string {
	if e.Side == Here {
		return "most of the project is gone on this computer"
	}
	return "most of the project is gone on the machine"
}

// Project keeps two folders alike.
type Project struct {
	cfg   Config
	here  *here
	there *there
	base  Tree
	ids   folders           // that the base is of
	fresh []string          // what of it is not written down
	apart map[string]string // what a side could not tell at the last look
	full  [2]error          // why no more files are copied to a side in this pass
	watch *watch            // nil before somebody waits
	flush func(paths []string) error
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
	p.here.keys, p.flush = cfg.Keys, p.here.flush
	if p.there, err = openThere(ctx, cfg.Host, cfg.HostDir); err != nil {
		return nil, errors.Join(fmt.Errorf("open the project's folder on the machine: %w", err), p.here.close())
	}
	if p.ids = (folders{p.here.id, p.there.id}); p.ids != k.folders {
		clear(p.base) // it is of others, from whose files nothing follows for these
		p.here.unsaved = true
	}
	if k.folders == (folders{}) { // that there may be something of it on the host is known before there is
		if err := p.write(); err != nil {
			return nil, errors.Join(err, p.Close())
		}
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
// Whatever ends ctx ends the host's part of the project too.
func (p *Project) Pass(ctx context.Context) (Result, error) {
	stop := context.AfterFunc(ctx, func() { p.there.end(context.Cause(ctx)) })
	defer stop()
	h, t, err := p.look(ctx)
	if err != nil {
		return Result{}, err
	}
	ops, held := plan(p.base, h, t, p.aside)
	for path, side := range held {
		[...]Scan{Here: h, There: t}[side].Unknown[path] = unknownHolds
	}
	r := Result{Unknown: h.Unknown, There: alone(p.base, h, t)}
	for path, why := range t.Unknown {
		r.Unknown[path] = cmp.Or(r.Unknown[path], why)
	}
	if p.cfg.Back {
		ops = back(ops, t.Tree)
	}
	err = p.work(ctx, ops, &r)
	p.agree(paths(p.base, p.here.tree, p.there.tree))
	for i := range r.Failures {
		f := &r.Failures[i]
		theirs := t.Tree[f.Path]
		f.Alone = f.Alone || f.Changed() || theirs.there() && !theirs.alike(p.base[f.Path]) && !theirs.alike(h.Tree[f.Path])
	}
	if saved := p.write(); err == nil {
		err = saved
	}
	return r, err
}

// alone is what the machine may have alone of what is left as it is.
func alone(base Tree, h, t Scan) map[string]string {
	all := map[string]string{}
	for path, item := range t.Tree {
		if item.Kind == Folder || item.alike(base[path]) {
			continue
		}
		if at, ok := nearest(path, h.Unknown); ok {
			all[at] = ""
		}
	}
	for path, why := range t.Unknown {
		// A link that leads out, or a socket, is no content that could be lost.
		if _, ok := all[path]; !ok && why != unknownLink && why != unknownKind {
			all[path] = why
		}
	}
	return all
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
			p.fresh = append(p.fresh, path)
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
	p.apart = maps.Clone(h.Unknown)
	maps.Copy(p.apart, t.Unknown)
	return h, t, p.emptied(h, t)
}

// aside is the name that the machine's version of something is kept under. It
// is the same for the same version, and another one for another content: many
// programs give what they write a time of their own.
func (p *Project) aside(path string, host Item) string {
	sum := sha256.Sum256([]byte(string(host.Kind) + "\x00" + host.Hash + "\x00" + host.Target))
	return beside(path, "conflict-"+p.cfg.Name+"-"+host.Time.UTC().Format("2006-01-02-150405")+"-"+hex.EncodeToString(sum[:3]))
}

// batch is how much is done at once, and brought before it is put in its place.
const (
	batchFiles = 2000
	batchBytes = 256 << 20
)

// work does the operations, in batches.
func (p *Project) work(ctx context.Context, ops []Op, r *Result) error {
	p.full = [2]error{}
	progress := Progress{}
	for _, o := range ops {
		if o.Do == PutFile {
			progress.OfAll++
			progress.Of += o.Item.Size
		}
	}
	for len(ops) > 0 {
		n := batch(ops)
		if err := p.doAll(ctx, ops[:n], r, progress); err != nil {
			return err
		}
		if ops[0].Do == PutFile {
			progress.Files += n
			for _, o := range ops[:n] {
				progress.Bytes += o.Item.Size
			}
		}
		done := make([]string, n)
		for i, o := range ops[:n] {
			done[i] = o.Path
		}
		p.agree(done)
		if len(p.fresh) > len(p.base)/8 { // all of it is written, so that more of it has to be worth it
			if err := p.write(); err != nil {
				return err
			}
		}
		ops = ops[n:]
	}
	return nil
}

// batch is how many of the operations are done at once: all with files, or none.
func batch(ops []Op) int {
	var bytes int64
	files := ops[0].Do == PutFile
	for n, o := range ops {
		if files {
			bytes += o.Item.Size
		}
		if (o.Do == PutFile) != files || n == batchFiles || n > 0 && bytes > batchBytes {
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
	var lacks [2]error // why some files did not come
	if ops[0].Do == PutFile {
		var err error
		if lacks, err = p.bring(ctx, on, before); err != nil {
			return err
		}
	}
	for _, o := range on[Here] {
		p.here.comes(o)
	}
	if p.here.unsaved { // before any of it is there
		if err := p.write(); err != nil {
			return err
		}
	}
	for _, o := range on[Here] {
		err := p.here.apply(ctx, o, staged(o))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.did(o, because(err, lacks[Here]))
	}
	if len(on[There]) == 0 {
		return nil
	}
	errs, err := p.there.apply(on[There], staged)
	if err != nil {
		return fmt.Errorf("change the project's folder on the machine: %w", err)
	}
	for i, o := range on[There] {
		r.did(o, because(errs[i], lacks[There]))
	}
	return nil
}

// did notes what came of an operation.
func (r *Result) did(o Op, err error) {
	if err != nil {
		r.Failures = append(r.Failures, Failure{Path: o.Path, Side: o.Side, Err: err, Alone: o.Side == Here && (o.Do == PutFile || o.Do == PutLink)})
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
