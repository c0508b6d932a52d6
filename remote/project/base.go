package project

import (
	"fmt"
	"strings"
)

// agree notes what both sides are at some paths where they are alike, and both
// could tell.
func (p *Project) agree(some []string) {
	for _, at := range some {
		h, t := p.here.tree[at], p.there.tree[at]
		was, known := p.base[at]
		switch {
		case !h.same(t), within(at, p.apart):
		case !h.there() && known:
			delete(p.base, at)
			p.fresh = append(p.fresh, at)
		case h.there() && (!known || !was.same(h)):
			p.base[at] = h
			p.fresh = append(p.fresh, at)
		}
	}
}

// write writes the base down, after all that it is of: had a power cut left less
// of that, it would look as if a side had changed it. What the host says has been
// on its disk before.
func (p *Project) write() error {
	if len(p.fresh) == 0 && !p.here.unsaved {
		return nil
	}
	if len(p.fresh) > 0 {
		if err := p.flush(p.fresh); err != nil {
			return fmt.Errorf("have the disk keep the project's folder: %w", err)
		}
	}
	if err := saveState(p.cfg.State, remembered{p.base, p.ids, p.here.seen, p.here.foreign}); err != nil {
		return err
	}
	p.fresh, p.here.unsaved = nil, false
	return nil
}

// emptied is an error where one side has lost all or most of the files that both had.
func (p *Project) emptied(h, t Scan) error {
	switch {
	case p.cfg.Emptied:
	case lost(p.base, h, t):
		return &EmptiedError{Here}
	case lost(p.base, t, h):
		return &EmptiedError{There}
	}
	return nil
}

// few is how many files are deleted without a question, as long as there are others.
const few = 4

// lost reports whether a side has lost files that both had and the other still
// has: all that a person works on, with no others in their place, or more than half
// of them, and more than a few. What has another name is not lost.
func lost(base Tree, side, other Scan) bool {
	has, works := map[string]bool{}, false
	for p, item := range side.Tree {
		if item.Kind == File {
			has[item.Hash] = true
			works = works || !dotted(p)
		}
	}
	all, gone, worked := 0, 0, false
	for p, was := range base {
		if was.Kind != File {
			continue
		}
		all++
		switch {
		case within(p, side.Unknown):
			works = works || !dotted(p)
		case !side.Tree[p].there() && !has[was.Hash] && other.Tree[p].there():
			gone++
			worked = worked || !dotted(p)
		}
	}
	return worked && !works || gone > 0 && gone == all && len(has) == 0 || gone > few && 2*gone > all
}

// dotted reports whether a path has a name in it that begins with a dot: it is a
// rule file, or a program's.
func dotted(p string) bool { return strings.HasPrefix(p, ".") || strings.Contains(p, "/.") }
