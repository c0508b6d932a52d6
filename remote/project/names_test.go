package project

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestInside(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		p, target string
		want      bool
	}{
		{"l", "a", true},
		{"l", "a/./b//c/", true},
		{"a/l", "../b", true},
		{"a/b/l", "./.././../c", true},
		{"a/b/l", "../..", true},
		{"l", "..a/...", true},
		{"l", "", false},
		{"l", "/etc", false},
		{"l", "..", false},
		{"a/l", "../..", false},
		{"a/l", "../../a/b", false},
		{"l", "a/..", false}, // a may be a link
		{"l", "a/b/c/d/../../../etc", false},
		{"a/l", "../b/../c", false},
	} {
		if got := inside(one.p, one.target); got != one.want {
			t.Errorf("%s -> %s: %t", one.p, one.target, got)
		}
	}
}

// What is in links that are taken for inside leads out of no folder.
func TestLinksStayInside(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for range 30 {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(dir, "a/b/root")
		mkdir(t, filepath.Join(root, "a/b/c"))
		mkdir(t, filepath.Join(dir, "c"))
		var links []string
		for n := range 30 {
			p := []string{"", "a/", "a/b/", "a/b/c/"}[random.IntN(4)] + strconv.Itoa(n)
			var parts []string
			for range 1 + random.IntN(6) {
				parts = append(parts, []string{"..", "..", ".", "a", "b", "c", strconv.Itoa(random.IntN(30))}[random.IntN(7)])
			}
			if target := strings.Join(parts, "/"); inside(p, target) {
				if err := os.Symlink(target, filepath.Join(root, p)); err != nil {
					t.Fatal(err)
				}
				links = append(links, p)
			}
		}
		for _, p := range links {
			to, err := filepath.EvalSymlinks(filepath.Join(root, p))
			if err == nil && to != root && !strings.HasPrefix(to, root+"/") {
				target, _ := os.Readlink(filepath.Join(root, p))
				t.Errorf("%s -> %s leads to %s", p, target, to)
			}
		}
	}
}

func TestPortable(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]bool{
		"a b/ü.txt": true, "../a": true, "communal": true, "x~": true, "x~y": true, ".~lock": true, "longer name~1.txt": true, "a~1.jupyter": true,
		"a:b": false, `a\b`: false, "CON": false, "a/nul.txt": false, "com1.x/y": false, "LPT²": false, "a./x": false, "a /x": false, "a\x01": false,
		"GIT~1": false, "git~1/hooks/x": false, "JUPYTE~2": false, "a/abcdef~1.txt": false,
	} {
		if got := portable(p); got != want {
			t.Errorf("%q: %t", p, got)
		}
	}
	scan := Scan{Tree: Tree{"a": {Kind: Folder}, "a/x:y": {Kind: File}, "l": {Kind: Link, Target: `..\x`}, "m": {Kind: Link, Target: "a"}}, Unknown: map[string]string{}}
	keepPortable(&scan, true)
	if want := map[string]string{"a/x:y": unknownName, "l": unknownLink}; !maps.Equal(scan.Unknown, want) || !scan.Tree["a"].Holds {
		t.Errorf("%+v", scan)
	}
}

func TestFolded(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{{"a/B", "A/b", "a\u200d/b"}, {"é", "e\u0301", "É", "E\u0301"}, {".\u017fync", ".SYNC", ".sync"}, {"\u212a", "k", "K"}} {
		for _, p := range same {
			if folded(p) != folded(same[0]) {
				t.Errorf("%q and %q are two", p, same[0])
			}
		}
	}
	if folded("a") == folded("b") || folded("\u0131") == folded("i") {
		t.Error("all are one")
	}
}

// Where names are one that differ in case, or in the form of a letter, two sides
// come to rest, and a name that is changed in case alone is changed there too.
func TestFoldNames(t *testing.T) {
	t.Parallel()
	tree := func(names string) Tree {
		all := Tree{}
		for _, one := range strings.Fields(names) {
			p, content, file := strings.Cut(one, "=")
			all[p] = Item{Kind: Folder, Mode: 0o755}
			if file {
				all[p] = Item{Kind: File, Mode: 0o644, Hash: content}
			}
		}
		return all
	}
	for what, one := range map[string]struct {
		side, other, base string
		left              []string
	}{
		"two new ones":                 {side: "A=1 a=2", left: []string{"a"}},
		"one that the other has":       {side: "A=1 a=2", other: "a=2", left: []string{"A"}},
		"one that was there":           {side: "A=1 a=2", base: "a=3", left: []string{"A"}},
		"two forms of a letter":        {side: "\u00e9=1 e\u0301=2", other: "e\u0301=2", left: []string{"\u00e9"}},
		"changed in case by the other": {side: "readme=1", other: "README=1", base: "readme=1"},
		"and edited on this side":      {side: "readme=2", other: "README=1", base: "readme=1", left: []string{"readme"}},
		"changed in case on this side": {side: "README=1", other: "readme=1", base: "readme=1", left: []string{"README"}},
		"both are in the base":         {side: "README=1 readme=1", other: "README=1", base: "README=1 readme=1"},
		"a folder that is changed so":  {side: "Data Data/x=1", other: "data data/x=1", base: "Data Data/x=1"},
		"and something new in it":      {side: "Data Data/x=1 Data/y=2", other: "data data/x=1", base: "Data Data/x=1", left: []string{"Data/y"}},
		"folders that differ":          {side: "Data Data/y=2", other: "data data/x=1", left: []string{"Data"}},
		"a file and a folder":          {side: "A A/x=1 a=1", left: []string{"a"}},
	} {
		scan := Scan{Tree: tree(one.side), Unknown: map[string]string{}}
		foldNames(&scan, tree(one.other), tree(one.base))
		if got := slices.Sorted(maps.Keys(scan.Unknown)); !slices.Equal(got, one.left) {
			t.Errorf("%s: %q are left, want %q", what, got, one.left)
		}
	}
}
