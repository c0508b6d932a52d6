package project

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is a project's two sides in memory, on which operations are done as they
// are on disks. A content is its own hash.
type world struct {
	*rand.Rand
	side  [2]Tree
	base  Tree
	now   time.Time
	count int
	cut   bool // the pass may fail anywhere
}

func (w *world) aside(p string, i Item) string {
	return beside(p, "conflict-"+i.Time.Format("150405")+"-"+i.Hash)
}

// below are the paths in a folder.
func below(t Tree, folder string) []string {
	var all []string
	for p := range t {
		if strings.HasPrefix(p, folder+"/") {
			all = append(all, p)
		}
	}
	return all
}

// folders makes the folders that a path is in.
func (w *world) folders(t Tree, p string) {
	for dir := range above(p) {
		if !t[dir].there() {
			t[dir] = Item{Kind: Folder, Mode: 0o755, Time: w.now}
		}
	}
}

// edit changes something on a side, as somebody who uses it might.
func (w *world) edit(t Tree) {
	pick := func(of ...string) string { return of[w.IntN(len(of))] }
	folder := func() string { return pick("A", "B", "A/C") }
	name := func() string { return path.Join(pick("", "A", "B", "A/C"), pick("x", "y")) }
	one := func() string { // that is there, or may be
		all := slices.Sorted(maps.Keys(bare(t)))
		if len(all) == 0 || w.IntN(2) == 0 {
			return name()
		}
		return pick(all...)
	}
	w.now = w.now.Add(time.Duration(w.IntN(400)) * time.Millisecond)
	switch p := one(); w.IntN(10) {
	case 0, 1:
		delete(t, p)
	case 2:
		f := folder()
		for _, p := range append(below(t, f), f) {
			delete(t, p)
		}
	case 3:
		f := folder()
		w.folders(t, f+"/x")
	case 4, 5:
		to := one()
		if was := t[p]; was.there() {
			delete(t, p)
			w.folders(t, to)
			t[to] = was
		}
	case 6:
		if was := t[p]; was.there() {
			was.Mode = []fs.FileMode{0o600, 0o644, 0o755}[w.IntN(3)]
			t[p] = was
		}
	default:
		w.count++
		w.folders(t, p)
		t[p] = Item{Kind: File, Mode: cmp.Or(t[p].Mode, 0o644), Hash: fmt.Sprint(w.count), Time: w.now}
	}
}

// do does an operation, and reports whether it could be done.
func (w *world) do(o Op) bool {
	t := w.side[o.Side]
	is, up := t[o.Path], path.Dir(o.Path)
	if !is.same(o.Was) || up != "." && t[up].Kind != Folder {
		return false
	}
	switch o.Do {
	case MoveAside:
		if t[o.Aside].there() {
			return false
		}
		for _, p := range append(below(t, o.Path), o.Path) {
			t[o.Aside+p[len(o.Path):]] = t[p]
			delete(t, p)
		}
	case Replace, Delete:
		if len(below(t, o.Path)) > 0 {
			return false
		}
		delete(t, o.Path)
	default:
		if o.Do == PutFile && !w.side[1-o.Side][o.Path].alike(o.Item) {
			return false
		}
		if o.Aside != "" {
			if has := t[o.Aside]; has.there() && !has.alike(is) {
				return false
			}
			if !t[o.Aside].there() {
				t[o.Aside] = is
			}
			if delete(t, o.Path); w.cut && w.IntN(5) == 0 {
				return false // after half of it
			}
		}
		if o.Item.Holds = false; o.Do == SetMode {
			o.Item.Time = is.Time
		}
		t[o.Path] = o.Item
	}
	return true
}

// agree notes what is alike, as far as is known.
func (w *world) agree(here, there Tree) {
	for _, p := range paths(w.base, here, there) {
		switch h, t := here[p], there[p]; {
		case !h.same(t):
		case h.there():
			w.base[p] = h
		default:
			delete(w.base, p)
		}
	}
}

// pass makes the sides alike. One that is cut ends anywhere, and what was written
// down is of any time before.
func (w *world) pass(cut bool) (done int, failed bool) {
	w.cut = cut
	ops, _ := plan(w.base, Scan{Tree: maps.Clone(w.side[Here])}, Scan{Tree: maps.Clone(w.side[There])}, w.aside)
	if cut {
		ops = ops[:w.IntN(len(ops)+1)]
	}
	known := w.IntN(len(ops) + 1)
	for n, o := range ops {
		if cut && n == known {
			w.agree(w.side[Here], w.side[There])
		}
		if cut && w.IntN(20) == 0 {
			continue // it was changed meanwhile, say
		}
		if w.do(o) {
			done++
		} else {
			failed = true
		}
	}
	if !cut {
		w.agree(w.side[Here], w.side[There])
	}
	return done, failed
}

// round has both sides edited and made alike, whatever ends passes anywhere, and
// says what is not as it has to be.
func (w *world) round() string {
	was := maps.Clone(w.side[Here])
	for _, t := range w.side {
		for range w.IntN(6) {
			w.edit(t)
		}
	}
	here, there := maps.Clone(w.side[Here]), maps.Clone(w.side[There])
	for range w.IntN(4) {
		w.pass(true)
	}
	for range 10 {
		done, failed := w.pass(false)
		if done > 0 || failed {
			continue
		}
		if !maps.EqualFunc(w.side[Here], w.side[There], Item.same) {
			return fmt.Sprintf("the sides differ: %v, %v", w.side[Here], w.side[There])
		}
		return unlike(w.side[Here], was, here, there, w.aside)
	}
	return "never at rest"
}

// As TestRandomEdits, of the plan alone, and so of many more edits.
func TestRandomPlans(t *testing.T) {
	t.Parallel()
	for n := range uint64(*rounds) * 10 {
		seed := rand.Uint64() + n
		w := &world{Rand: rand.New(rand.NewPCG(seed, 0)), base: Tree{}, side: [2]Tree{{}, {}}, now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
		for range 15 {
			if bad := w.round(); bad != "" {
				t.Fatalf("seed %d: %s", seed, bad)
			}
		}
	}
}
