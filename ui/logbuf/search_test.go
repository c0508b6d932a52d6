package logbuf

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestQuerySpans(t *testing.T) {
	for _, c := range []struct {
		query, line string
		want        [][2]int
	}{
		{"", "anything", nil},
		{"err", "no ERROR, no error", [][2]int{{3, 6}, {13, 16}}},
		{"ERR", "no ERROR, no error", [][2]int{{3, 6}}},
		{"Err", "no ERROR, no error", nil},
		{"aa", "aaaaa", [][2]int{{0, 2}, {2, 4}}},
		{"größe", "Die GRÖßE", [][2]int{{4, 11}}},
		{"ö", "Köln, KÖLN", [][2]int{{1, 3}, {8, 10}}},
		{"i̇", "x", nil},
		{"longer than the line", "short", nil},
		{"日本", "日本、日本", [][2]int{{0, 6}, {9, 15}}},
	} {
		if got := NewQuery(c.query).Spans(c.line); !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %v, want %v", c.query, c.line, got, c.want)
		}
	}
}

func TestSearch(t *testing.T) {
	b := New(5)
	for _, line := range []string{"gone", "Error one", "fine", "error two", "fine", "fine"} {
		b.Add(line, false)
	}
	for _, c := range []struct {
		query     string
		from      int
		backwards bool
		want      int
		found     bool
	}{
		{"error", 0, false, 0, true},
		{"error", 1, false, 2, true},
		{"error", 3, false, 0, false},
		{"error", 99, true, 2, true},
		{"error", 1, true, 0, true},
		{"Error", 4, true, 0, true},
		{"error", -5, false, 0, true},
		{"error", -1, true, 0, false},
		{"gone", 0, false, 0, false},
	} {
		got, found := b.Search(c.query, c.from, c.backwards)
		if got != c.want || found != c.found {
			t.Errorf("%q from %d (backwards %v): %d %v, want %d %v", c.query, c.from, c.backwards, got, found, c.want, c.found)
		}
	}
}

// TestFinderKeepsUp holds a finder that follows a log against a search of it
// from scratch, over partial lines and dropped ones.
func TestFinderKeepsUp(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		b, f := New(1+r.IntN(40)), NewFinder("hit")
		for i := range 500 {
			b.AddMarked([]string{"a HIT", "nothing"}[r.IntN(2)], r.IntN(3) == 0, Mark(r.IntN(2)))
			if r.IntN(3) > 0 {
				continue
			}
			f.Sync(b)
			var want []int
			for k, line := range b.All() {
				if strings.Contains(line, "HIT") {
					want = append(want, b.Dropped()+k)
				}
			}
			if !slices.Equal(f.hits, want) {
				t.Fatalf("seed %d, after %d: %v, want %v", seed, i, f.hits, want)
			}
		}
	}
}

func TestFinderSteps(t *testing.T) {
	b, f := New(4), NewFinder("x")
	for _, line := range []string{"x", "x", "-", "x", "-", "x"} {
		b.Add(line, false)
	}
	f.Sync(b) // lines 2 to 5 are kept, 3 and 5 match
	if f.Count() != 2 || f.Rank(5) != 2 || f.Rank(4) != 0 || f.Rank(1) != 0 {
		t.Errorf("%d match, rank of 5: %d, of 4: %d, of 1: %d", f.Count(), f.Rank(5), f.Rank(4), f.Rank(1))
	}
	for _, c := range []struct {
		from, next, prev int
		hasNext, hasPrev bool
	}{{0, 3, 0, true, false}, {3, 5, 0, true, false}, {4, 5, 3, true, true}, {5, 0, 3, false, true}, {9, 0, 5, false, true}} {
		if got, ok := f.Next(c.from); got != c.next || ok != c.hasNext {
			t.Errorf("after %d: %d %v", c.from, got, ok)
		}
		if got, ok := f.Prev(c.from); got != c.prev || ok != c.hasPrev {
			t.Errorf("before %d: %d %v", c.from, got, ok)
		}
	}
}

func FuzzSpans(f *testing.F) {
	f.Add("err", "an ERROR")
	f.Add("ß", "STRASSE ẞ ß")
	f.Add("\xff", "a\xff\xfeb")
	f.Fuzz(func(t *testing.T, query, line string) {
		q, last := NewQuery(query), 0
		for _, s := range q.Spans(line) {
			if s[0] < last || s[1] <= s[0] || s[1] > len(line) {
				t.Fatalf("%q in %q: span %v after %d", query, line, s, last)
			}
			if utf8.ValidString(query) && !strings.EqualFold(line[s[0]:s[1]], query) && strings.ToLower(line[s[0]:s[1]]) != query {
				t.Fatalf("%q in %q: %q is no hit", query, line, line[s[0]:s[1]])
			}
			last = s[1]
		}
		if utf8.ValidString(query) && query != "" && strings.Contains(line, query) && !q.Match(line) {
			t.Fatalf("%q is in %q but does not match", query, line)
		}
	})
}

func BenchmarkSearchAFullBuffer(b *testing.B) {
	buf := New(DefaultMax)
	for i := range DefaultMax {
		buf.Add(fmt.Sprintf("Get:%d http://archive.example/ubuntu noble/universe amd64 package [12.3 kB]", i), false)
	}
	b.ReportAllocs()
	for b.Loop() {
		f := NewFinder("failed")
		f.Sync(buf)
	}
}
