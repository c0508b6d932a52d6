package project

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// model is what the files of both sides become, from what both were and what
// each is, and the host's versions of those that both have changed.
func model(was, here, there Tree) (all, versions Tree) {
	all, versions = Tree{}, Tree{}
	for _, p := range paths(was, here, there) {
		w, h, t := was[p], here[p], there[p]
		switch {
		case h == t, t == w:
			all[p] = h
		case h == w, !h.there(): // a change of the mode saves a file too
			all[p] = t
		case !t.there():
			all[p] = h
		default:
			if all[p] = both(w, h, t); h.Hash != t.Hash && w.Hash != h.Hash && w.Hash != t.Hash {
				all[p], versions[p] = h, t
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, i Item) bool { return !i.there() })
	return all, versions
}

// both is a file whose mode one side has changed and the other its content, or
// that has one content on both.
func both(w, h, t Item) Item {
	if h.Hash == w.Hash {
		h.Hash = t.Hash
	}
	if h.Mode == w.Mode && w.there() {
		h.Mode = t.Mode
	}
	return h
}

// bare are the files of a tree, with nothing but what is compared.
func bare(t Tree) Tree {
	all := Tree{}
	for p, i := range t {
		if i.Kind == File {
			all[p] = Item{Kind: File, Mode: i.Mode, Hash: i.Hash}
		}
	}
	return all
}

// unlike says how what there is differs from the model. A version that is kept
// has its name, or one with a number where that was taken.
func unlike(got, was, here, there Tree, aside func(string, Item) string) string {
	got = bare(got)
	want, versions := model(bare(was), bare(here), bare(there))
	var text strings.Builder
	for _, p := range slices.Sorted(maps.Keys(versions)) {
		first := aside(p, there[p])
		name := first
		for n := 2; n < 5 && want[name].Hash != versions[p].Hash && got[name] != versions[p]; n++ {
			name = beside(first, strconv.Itoa(n))
		}
		switch {
		case want[name].Hash == versions[p].Hash:
			// It is kept again where it is not on the host yet, under this name.
			if again := beside(first, "2"); !there[name].alike(versions[p]) && !want[again].there() && got[again] == versions[p] {
				delete(got, again)
			}
		case got[name] != versions[p]:
			fmt.Fprintf(&text, "the host's version of %s is lost\n", p)
		case want[name].there():
			fmt.Fprintf(&text, "the host's version of %s is in place of another file\n", p)
		default:
			delete(got, name)
		}
	}
	for _, p := range paths(want, got) {
		if want[p] != got[p] {
			fmt.Fprintf(&text, "%s: want %v, got %v; was %v, here %v, there %v\n", p, want[p], got[p], was[p], here[p], there[p])
		}
	}
	return text.String()
}
