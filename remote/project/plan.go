package project

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Side is one of the two: this computer, or the host.
type Side int

// The sides.
const (
	Here Side = iota
	There
)

// Do is what is done at a path.
type Do int

// What is done, in this order: whatever is in the way goes first, and what is
// deleted last.
const (
	MoveAside  Do = iota // to another name in the same folder
	Replace              // removes what is of another kind than what comes
	MakeFolder           //
	PutFile              // copies the other side's
	PutLink              //
	SetMode              //
	Delete               // and, with folders, those in others first
)

// Op is one thing to do on a side, if what was seen at the path is still there.
type Op struct {
	Side Side
	Do   Do
	Path string
	Was  Item // what was seen; nothing where nothing may be there
	Item Item // what will be there
	// Aside is the name under which what was there stays: of MoveAside, and of
	// a PutFile where both sides have changed the file.
	Aside string
}

// planner finds what has to be done.
type planner struct {
	base   Tree
	side   [2]Tree
	final  Tree            // what will be on both sides
	folder map[string]bool // there has to be one, for what is in it
	apart  map[string]bool // nothing is done there, and below it, this time
	stays  [2]map[string]bool
	held   map[string]Side // that stay where something else is to be
	aside  func(string, Item) string
	ops    []Op
}

// plan returns what has to be done so that both sides become alike, given what
// both were when they were last so. Of a file that both have changed, the one
// here keeps its name; aside names the other. Something that was deleted on one
// side and changed on the other stays. It also returns the folders that are to be
// something else, and stay for what is left out in them.
func plan(base Tree, here, there Scan, aside func(p string, host Item) string) ([]Op, map[string]Side) {
	p := &planner{
		base: base, side: [2]Tree{here.Tree, there.Tree}, final: Tree{}, aside: aside,
		folder: map[string]bool{}, apart: map[string]bool{}, stays: [2]map[string]bool{{}, {}}, held: map[string]Side{},
	}
	for _, unknown := range []map[string]string{here.Unknown, there.Unknown} {
		for path := range unknown {
			p.apart[path] = true
		}
	}
	all := paths(base, here.Tree, there.Tree)
	for _, path := range all {
		if !within(path, p.apart) {
			p.decide(path)
		}
	}
	for _, path := range all {
		p.needs(path)
	}
	slices.Reverse(all) // what is in a folder comes before it
	for _, path := range all {
		if !within(path, p.apart) {
			p.check(path)
		}
	}
	for _, path := range all {
		if !within(path, p.apart) {
			p.act(path, Here)
			p.act(path, There)
		}
	}
	slices.SortStableFunc(p.ops, inOrder)
	return p.ops, p.held
}

// back is what of operations brings what the host has here. Of what both sides have
// changed the host's version gets its other name there, under which it comes with
// the next pass.
func back(ops []Op, there Tree) (some []Op) {
	for _, o := range ops {
		switch {
		case o.Side == Here:
			some = append(some, o)
		case o.Aside != "" && !there[o.Aside].there():
			some = append(some, Op{Side: There, Do: MoveAside, Path: o.Path, Was: o.Was, Aside: o.Aside})
		}
	}
	slices.SortStableFunc(some, inOrder)
	return some
}

func inOrder(a, b Op) int {
	depth := func(o Op) int { return strings.Count(o.Path, "/") }
	switch {
	case a.Do != b.Do:
		return cmp.Compare(a.Do, b.Do)
	case a.Do == Delete || a.Do == Replace:
		return cmp.Or(cmp.Compare(depth(b), depth(a)), cmp.Compare(a.Path, b.Path))
	}
	return cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(a.Path, b.Path))
}

// decide finds what will be at a path, as if it had nothing to do with others.
func (p *planner) decide(path string) {
	b, h, t := p.base[path], p.side[Here][path], p.side[There][path]
	switch {
	case h.same(t), t.same(b):
		p.final[path] = h
	case !h.there() && t.Kind == Folder && b.Kind == Folder, !t.there() && h.Kind == Folder && b.Kind == Folder:
		p.final[path] = Item{} // that its mode was changed saves no folder
	case h.same(b), !h.there():
		p.final[path] = t
	case !t.there():
		p.final[path] = h
	case h.Kind == t.Kind && (h.Kind == Folder || h.Kind == File):
		p.final[path] = merge(b, h, t)
	case h.alike(t):
		p.final[path] = h
	default:
		p.move(path, There, t)
	}
}

// merge is what becomes of a file, or a folder, whose both sides differ from the
// base or in the mode alone. The one here counts where both have changed: where
// it is the content the mode is its too, as the other keeps its own.
func merge(b, h, t Item) Item {
	content, mode := h, h.Mode
	switch {
	case h.alike(b):
		content = t
	case !t.alike(b) && !t.alike(h):
		return h
	}
	if h.Mode == b.Mode && b.Kind == h.Kind {
		mode = t.Mode
	}
	content.Mode = mode
	return content
}

// move has what is on a side out of the way, with all that is below it. The rest
// is left to the next time.
func (p *planner) move(path string, on Side, what Item) {
	p.ops = append(p.ops, Op{Side: on, Do: MoveAside, Path: path, Was: what, Aside: p.keep(path, what, p.free)})
	p.apart[path] = true
}

// keep is the name that what is at a path is kept under: the first one that will do.
func (p *planner) keep(at string, what Item, will func(name string) bool) string {
	first := p.aside(at, what)
	name := first
	for n := 2; !will(name); n++ {
		name = beside(first, strconv.Itoa(n))
	}
	return name
}

// free reports whether nothing has a name, and nothing had it: it could be about
// to be deleted.
func (p *planner) free(name string) bool {
	return !p.base[name].there() && !p.side[Here][name].there() && !p.side[There][name].there() && !within(name, p.apart)
}

// keeps reports whether the host has a version of a file under a name already,
// where it will stay.
func (p *planner) keeps(name string, version Item) bool {
	return p.side[There][name].alike(version) && p.final[name].alike(version)
}

// needs notes the folders that something will be in, and moves what is not a
// folder out of the way.
func (p *planner) needs(at string) {
	if within(at, p.apart) || !p.final[at].there() {
		return
	}
	for dir := range above(at) {
		if p.folder[dir] {
			return
		}
		p.folder[dir] = true
		if f := p.final[dir]; f.there() && f.Kind != Folder {
			on := Here
			if !p.side[Here][dir].alike(f) {
				on = There
			}
			p.move(dir, on, f)
		}
	}
}

// check keeps the folders that something will be in, and those that cannot be
// removed.
func (p *planner) check(at string) {
	for side, tree := range p.side {
		if was := tree[at]; was.Kind == Folder && was.Holds {
			p.stays[side][at] = true
		}
		if p.stays[side][at] && path.Dir(at) != "." {
			p.stays[side][path.Dir(at)] = true
		}
	}
	if p.folder[at] && !p.final[at].there() {
		p.final[at] = cmp.Or(p.side[Here][at], p.side[There][at], p.base[at])
	}
}

// act notes what has to be done on a side, so that what will be there is.
func (p *planner) act(path string, on Side) {
	was, want := p.side[on][path], p.final[path]
	op := Op{Side: on, Path: path, Was: was, Item: want}
	if was.there() && was.Kind != want.Kind {
		if p.stays[on][path] {
			if want.there() {
				p.held[path] = on
			}
			return
		}
		op.Do, op.Item = Replace, Item{}
		if !want.there() && !p.inTheWay(path) {
			op.Do = Delete
		}
		p.ops = append(p.ops, op)
		op.Was, op.Item = Item{}, want
	}
	switch {
	case !want.there(), op.Was.same(want):
		return
	case want.Kind == Folder && op.Was.Kind == Folder, op.Was.alike(want):
		op.Do = SetMode
	case want.Kind == Folder:
		op.Do = MakeFolder
	case want.Kind == Link:
		op.Do = PutLink
	default:
		op.Do = PutFile
		if on == There && was.Kind == File && !was.alike(p.base[path]) {
			op.Aside = p.keep(path, was, func(name string) bool { return p.free(name) || p.keeps(name, was) })
		}
	}
	p.ops = append(p.ops, op)
}

// inTheWay reports whether something will be where a folder was that a path is in.
func (p *planner) inTheWay(at string) bool {
	for dir := range above(at) {
		if f := p.final[dir]; f.there() && f.Kind != Folder {
			return true
		}
	}
	return false
}
