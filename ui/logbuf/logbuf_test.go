package logbuf

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestBufferKeepsTheNewestLines(t *testing.T) {
	b := New(3)
	for i := range 5 {
		b.Add(fmt.Sprint("line ", i), false)
	}
	if b.Len() != 3 || b.Dropped() != 2 {
		t.Fatalf("%d lines and %d dropped, want 3 and 2", b.Len(), b.Dropped())
	}
	if got, want := b.String(), "line 2\nline 3\nline 4\n"; got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
	for _, i := range []int{-1, 3} {
		if b.Line(i) != "" || b.Mark(i) != Plain {
			t.Errorf("there is a line %d", i)
		}
	}
}

func TestPartialLineIsReplaced(t *testing.T) {
	b := New(10)
	b.Add("10%", true)
	v := b.Version()
	b.Add("50%", true)
	if b.Version() == v {
		t.Error("the version stayed the same")
	}
	b.Add("100%", false)
	b.Add("next", false)
	if got, want := b.String(), "100%\nnext\n"; got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
}

func TestPartialLineOutlivesALineOfAnotherMark(t *testing.T) {
	b := New(10)
	b.Add("10%", true)
	b.AddMarked("the connection is gone, trying again", false, Retry)
	b.Add("20%", true)
	if got, want := b.String(), "10%\nthe connection is gone, trying again\n20%\n"; got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
	if b.Mark(1) != Retry || b.Mark(2) != Plain || !b.Partial() {
		t.Errorf("marks %d and %d, partial %v", b.Mark(1), b.Mark(2), b.Partial())
	}
}

// TestBufferIsARing holds the buffer against a plain slice.
func TestBufferIsARing(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := 1 + r.IntN(600)
		b, model, partial := New(size), []string(nil), false
		for i := range 2000 {
			text, part := fmt.Sprint(i), r.IntN(4) == 0
			b.Add(text, part)
			if partial {
				model[len(model)-1] = text
			} else {
				model = append(model, text)
			}
			partial = part
		}
		kept := model[max(len(model)-size, 0):]
		var got []string
		for i, line := range b.All() {
			if line != b.Line(i) {
				t.Fatalf("All and Line differ at %d", i)
			}
			got = append(got, line)
		}
		if !slices.Equal(got, kept) || b.Dropped() != len(model)-len(kept) {
			t.Fatalf("size %d: %d lines and %d dropped, want %d and %d", size, len(got), b.Dropped(), len(kept), len(model)-len(kept))
		}
	}
}

func TestLongLinesAreBounded(t *testing.T) {
	b := New(0)
	line := strings.Repeat("x", 1<<20)
	for range 200 {
		b.Add(line, false)
	}
	if b.Len() != maxBytes>>20 || b.Dropped() != 200-b.Len() {
		t.Errorf("%d lines of 1 MiB are kept, %d dropped", b.Len(), b.Dropped())
	}
	b.Add("short", false)
	if b.Line(b.Len()-1) != "short" {
		t.Errorf("the newest line is %q", b.Line(b.Len()-1))
	}
}

func TestWriteTo(t *testing.T) {
	b := New(2000)
	for i := range 1500 {
		b.Add(fmt.Sprint(i), false)
	}
	var s strings.Builder
	n, err := b.WriteTo(&s)
	if err != nil || s.String() != b.String() || n != int64(s.Len()) {
		t.Errorf("%d bytes, %v; want %d", n, err, len(b.String()))
	}
	full := errors.New("the disk is full")
	if _, err := b.WriteTo(failing{full}); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func BenchmarkAddToAFullBuffer(b *testing.B) {
	buf := New(DefaultMax)
	for range DefaultMax {
		buf.Add("Collecting notebook", false)
	}
	b.ReportAllocs()
	for b.Loop() {
		buf.Add("Collecting notebook", false)
	}
}
