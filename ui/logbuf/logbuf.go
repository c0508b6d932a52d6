// Package logbuf keeps the newest lines of a log in bounded memory: pure data,
// for a screen that follows a long-running command.
//
// Nothing here is safe for use by several goroutines at once; one owner adds
// and reads.
package logbuf

import (
	"io"
	"iter"
	"strings"
)

const (
	// DefaultMax is how many lines a log pane keeps.
	DefaultMax = 100_000
	// maxBytes bounds the text itself, so that a host that prints very long
	// lines cannot fill the memory: older lines go first.
	maxBytes = 64 << 20
	// firstRing is how many lines the ring has room for before it first grows.
	firstRing = 256
)

// Mark says what a line is, for the eye; it changes nothing else.
type Mark uint8

// The marks.
const (
	Plain  Mark = iota // what the host printed
	Doing              // what the program does
	Retry              // something failed and is tried again
	Failed             // something failed for good
)

// Buffer is a ring of lines. The oldest lines are dropped, and counted, when
// it is full. A line's number is Dropped()+i for the line at index i; it never
// changes while the line is there.
type Buffer struct {
	max     int
	ring    []entry
	head    int // index in ring of the oldest line
	n       int
	dropped int
	bytes   int
	partial bool
	version uint64
}

type entry struct {
	text string
	mark Mark
}

// New makes a buffer of at most max lines; max below 1 means DefaultMax.
func New(max int) *Buffer {
	if max < 1 {
		max = DefaultMax
	}
	return &Buffer{max: max}
}

// Add puts a line at the end. A partial line, such as a progress bar, is
// replaced by the next line added.
func (b *Buffer) Add(text string, partial bool) { b.AddMarked(text, partial, Plain) }

// AddMarked is Add with a mark. A partial line is replaced only by a line of
// the same mark: what the program says does not wipe out the host's progress
// bar.
func (b *Buffer) AddMarked(text string, partial bool, mark Mark) {
	b.version++
	if b.partial && b.at(b.n-1).mark == mark {
		last := b.at(b.n - 1)
		b.bytes += len(text) - len(last.text)
		last.text = text
	} else {
		b.push(entry{text, mark})
	}
	b.partial = partial
	for b.bytes > maxBytes && b.n > 1 {
		b.evict()
	}
}

func (b *Buffer) push(e entry) {
	if b.n == b.max {
		b.evict()
	}
	if b.n == len(b.ring) {
		b.grow()
	}
	b.n++
	*b.at(b.n - 1) = e
	b.bytes += len(e.text)
}

func (b *Buffer) evict() {
	oldest := b.at(0)
	b.bytes -= len(oldest.text)
	*oldest = entry{} // let go of the text
	b.head = (b.head + 1) % len(b.ring)
	b.n--
	b.dropped++
}

// grow doubles the ring, up to max, and puts the oldest line first again.
func (b *Buffer) grow() {
	bigger := make([]entry, min(b.max, max(firstRing, 2*len(b.ring))))
	k := copy(bigger, b.ring[b.head:])
	copy(bigger[k:], b.ring[:b.head])
	b.ring, b.head = bigger, 0
}

func (b *Buffer) at(i int) *entry {
	i += b.head
	if i >= len(b.ring) {
		i -= len(b.ring)
	}
	return &b.ring[i]
}

// Len is the number of lines kept.
func (b *Buffer) Len() int { return b.n }

// Dropped is the number of older lines that are gone.
func (b *Buffer) Dropped() int { return b.dropped }

// Version grows with every Add; what was drawn for one version holds for it.
func (b *Buffer) Version() uint64 { return b.version }

// Partial reports whether the last line is unfinished.
func (b *Buffer) Partial() bool { return b.partial }

// Line is the line at index i, 0 being the oldest kept; empty when there is none.
func (b *Buffer) Line(i int) string {
	if i < 0 || i >= b.n {
		return ""
	}
	return b.at(i).text
}

// Mark is the mark of the line at index i.
func (b *Buffer) Mark(i int) Mark {
	if i < 0 || i >= b.n {
		return Plain
	}
	return b.at(i).mark
}

// All goes over the lines, oldest first, with their indexes.
func (b *Buffer) All() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range b.n {
			if !yield(i, b.at(i).text) {
				return
			}
		}
	}
}

// Text is the lines from index from up to, not including, index to, each with
// a newline at its end.
func (b *Buffer) Text(from, to int) string {
	from, to = max(from, 0), min(to, b.n)
	size := 0
	for i := from; i < to; i++ {
		size += len(b.at(i).text) + 1
	}
	var s strings.Builder
	s.Grow(size)
	for i := from; i < to; i++ {
		s.WriteString(b.at(i).text)
		s.WriteByte('\n')
	}
	return s.String()
}

// String is the whole log as text.
func (b *Buffer) String() string { return b.Text(0, b.n) }

// WriteTo writes the whole log as text. It implements [io.WriterTo].
func (b *Buffer) WriteTo(w io.Writer) (int64, error) {
	const chunk = 512 // lines a write
	var total int64
	for i := 0; i < b.n; i += chunk {
		k, err := io.WriteString(w, b.Text(i, i+chunk))
		total += int64(k)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
