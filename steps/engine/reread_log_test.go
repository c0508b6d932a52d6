package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// However a log is cut into goes that begin with lines of the past, each line
// comes once; also where lines repeat.
func TestRereadLog(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var log []string
		for i := range 60 {
			text := fmt.Sprintf("line %d", i)
			if r.IntN(3) == 0 {
				text = "the same line"
			}
			log = append(log, text)
		}
		var got []string
		o := &rereadLog{out: func(text string, partial bool) {
			if !partial {
				got = append(got, text)
			}
		}}
		seen := 0
		for seen < len(log) {
			o.begin()
			from := 0
			if seen == 0 {
				from = r.IntN(3)
				log = log[from:]
				from = 0
			}
			more := seen + r.IntN(10)
			for _, line := range log[from:min(more, len(log))] {
				o.add("a piece", true)
				o.add(line, false)
			}
			o.end()
			seen = max(seen, min(more, len(log)))
		}
		if !slices.Equal(got, log) {
			t.Fatalf("seed %d: got\n%q, want\n%q", seed, got, log)
		}
	}
}

// A log that was emptied meanwhile is handed on whole.
func TestRereadLogOfAnotherLog(t *testing.T) {
	var got []string
	o := &rereadLog{out: func(text string, _ bool) { got = append(got, text) }}
	for _, part := range [][]string{{"a", "b", "c"}, {"d", "e"}, {"d", "e", "f"}} {
		o.begin()
		for _, line := range part {
			o.add(line, false)
		}
		o.end()
	}
	if want := []string{"a", "b", "c", "d", "e", "f"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Of the past only the last lines are handed on; all of it tells where the log
// continues, also where its last lines are alike.
func TestRereadLogRemembersThePast(t *testing.T) {
	var got []string
	o := &rereadLog{out: func(text string, _ bool) { got = append(got, text) }}
	past := []string{"start", "tick", "tick"}
	o.remember(past, 1)
	for range 2 {
		o.begin()
		for _, line := range append(slices.Clone(past), "tick", "new") {
			o.add(line, false)
		}
		o.end()
	}
	if want := []string{"tick", "tick", "new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A log that is long is handed on as soon as its past is over.
func TestRereadLogOfALongLog(t *testing.T) {
	got := 0
	o := &rereadLog{out: func(string, bool) { got++ }}
	line := func(i int) string { return fmt.Sprintf("line %d", i) }
	o.begin()
	for i := range 2 * rereadKept {
		o.add(line(i), false)
	}
	o.end()
	o.begin()
	for i := rereadKept / 2; i < 2*rereadKept+10; i++ {
		o.add(line(i), false)
	}
	if want := 2*rereadKept + 10; got != want {
		t.Errorf("%d lines were handed on before the end, want %d", got, want)
	}
}
