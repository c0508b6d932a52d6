package logbuf

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Query is a text to look for. Upper and lower case are the same as long as
// the query has no upper-case letter (smart case).
type Query struct {
	text  string
	fold  bool
	ascii bool
}

// NewQuery makes a query. An empty one matches nothing.
func NewQuery(text string) Query {
	q := Query{text: text, ascii: true, fold: true}
	for _, r := range text {
		q.ascii = q.ascii && r < utf8.RuneSelf
		q.fold = q.fold && !unicode.IsUpper(r)
	}
	return q
}

// Text is what is looked for.
func (q Query) Text() string { return q.text }

// Match reports whether the line has the text.
func (q Query) Match(line string) bool {
	start, _ := q.index(line, 0)
	return start >= 0
}

// Spans are the byte ranges [start, end) of all hits in the line, in order and
// without overlap.
func (q Query) Spans(line string) [][2]int {
	var spans [][2]int
	for at := 0; ; {
		start, end := q.index(line, at)
		if start < 0 {
			return spans
		}
		spans = append(spans, [2]int{start, end})
		at = end
	}
}

// index finds the first hit at or after byte from; -1 when there is none.
func (q Query) index(line string, from int) (start, end int) {
	switch {
	case q.text == "" || from > len(line):
		return -1, -1
	case !q.fold:
		if i := strings.Index(line[from:], q.text); i >= 0 {
			return from + i, from + i + len(q.text)
		}
		return -1, -1
	case q.ascii:
		return q.indexASCII(line, from)
	}
	for i := from; i < len(line); {
		if n := foldPrefix(line[i:], q.text); n >= 0 {
			return i, i + n
		}
		_, size := utf8.DecodeRuneInString(line[i:])
		i += size
	}
	return -1, -1
}

func (q Query) indexASCII(line string, from int) (start, end int) {
	first, rest := q.text[0], q.text[1:]
	for i := from; i+len(q.text) <= len(line); i++ {
		if lower(line[i]) == first && equalFoldASCII(line[i+1:i+1+len(rest)], rest) {
			return i, i + len(q.text)
		}
	}
	return -1, -1
}

func equalFoldASCII(s, low string) bool {
	for i := range len(low) {
		if lower(s[i]) != low[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// foldPrefix returns how many bytes of s the lower-case text takes up at its
// start, or -1. The two may differ in length.
func foldPrefix(s, text string) int {
	n := 0
	for _, want := range text {
		r, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || r != want && unicode.ToLower(r) != want {
			return -1
		}
		n += size
	}
	return n
}

// Search finds the nearest line with the query's text, from index from on
// (that line included), towards the end or backwards. It does not start over
// at the other end.
func (b *Buffer) Search(query string, from int, backwards bool) (int, bool) {
	q, step := NewQuery(query), 1
	if backwards {
		step = -1
		from = min(from, b.n-1)
	} else {
		from = max(from, 0)
	}
	for i := from; i >= 0 && i < b.n; i += step {
		if q.Match(b.at(i).text) {
			return i, true
		}
	}
	return 0, false
}

// Finder keeps the line numbers of all lines that match a query and looks only
// at what was added since it last did. Lines are told by number, see [Buffer].
type Finder struct {
	Query
	hits    []int // line numbers, rising
	next    int   // the first line number not looked at, or still partial
	version uint64
}

// NewFinder makes a finder for a query.
func NewFinder(query string) *Finder { return &Finder{Query: NewQuery(query)} }

// Sync brings the finder up to date with the buffer, always the same one.
func (f *Finder) Sync(b *Buffer) {
	if f.version == b.version {
		return
	}
	f.version = b.version
	// A partial last line may have been replaced: look at it again.
	f.hits = f.hits[:sort.SearchInts(f.hits, f.next)]
	f.hits = f.hits[sort.SearchInts(f.hits, b.dropped):]
	for i := max(f.next-b.dropped, 0); i < b.n; i++ {
		if f.Match(b.at(i).text) {
			f.hits = append(f.hits, b.dropped+i)
		}
	}
	f.next = b.dropped + b.n
	if b.partial {
		f.next--
	}
}

// Count is the number of lines that match.
func (f *Finder) Count() int { return len(f.hits) }

// Next is the first line that matches after the line of that number.
func (f *Finder) Next(number int) (int, bool) {
	i := sort.SearchInts(f.hits, number+1)
	if i == len(f.hits) {
		return 0, false
	}
	return f.hits[i], true
}

// Prev is the last line that matches before the line of that number.
func (f *Finder) Prev(number int) (int, bool) {
	i := sort.SearchInts(f.hits, number)
	if i == 0 {
		return 0, false
	}
	return f.hits[i-1], true
}

// Rank is the place of a matching line among all that match, from 1; 0 when
// that line is none of them.
func (f *Finder) Rank(number int) int {
	i := sort.SearchInts(f.hits, number)
	if i == len(f.hits) || f.hits[i] != number {
		return 0
	}
	return i + 1
}
