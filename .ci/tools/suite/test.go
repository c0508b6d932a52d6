package main

import (
	"regexp"
	"strings"
	"time"
)

// event is a line of test2json's.
type event struct {
	Action, Test, Output string
}

// test is one test or subtest.
type test struct {
	name   string
	parent *test // of a subtest
	result string
	output []string

	open   int  // subtests that have not ended
	paused bool // for other parallel tests
	over   bool // it has said its result, which test2json tells with the next line
	waits  string
	limit  time.Duration // what it asked for; 0 if it did not

	on    bool // its time is counted
	since time.Time
	took  time.Duration // its own time, before since
}

// done reports whether it has ended, told or not.
func (t *test) done() bool { return t.result != "" || t.over }

// counted reports whether its time is its own: not that of its subtests, of
// other tests, or of what it waits its turn for.
func (t *test) counted() bool {
	return !t.done() && !t.paused && t.open == 0 && t.waits == ""
}

// count notes a change.
func (t *test) count(now time.Time) {
	t.took = t.own(now)
	t.since, t.on = now, t.counted()
}

// own is the time that it took itself.
func (t *test) own(now time.Time) time.Duration {
	if t.on {
		return t.took + now.Sub(t.since)
	}
	return t.took
}

// allowed is how long it may take.
func (t *test) allowed(usual time.Duration) time.Duration {
	for ; t != nil; t = t.parent {
		if t.limit > 0 {
			return t.limit
		}
	}
	return usual
}

// What remote/await logs, and package testing at a test's end.
var (
	logged  = regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)\n$`)
	ended   = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): \S+ \([\d.]+s\)\n$`)
	mayTake = regexp.MustCompile(`^may take ([\dhms.]+): `)
)

// print takes a line of its output.
func (t *test) print(line string, now time.Time) {
	for _, frame := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"} {
		if strings.HasPrefix(line, frame) {
			return
		}
	}
	t.output = append(t.output, line)
	if ended.MatchString(line) {
		t.over = true
		t.count(now)
		return
	}
	said := logged.FindStringSubmatch(line)
	if said == nil {
		return
	}
	if what, ok := strings.CutPrefix(said[1], "waits for "); ok {
		t.waits = what
		t.count(now)
	}
	if said[1] == "goes on" && t.waits != "" {
		t.waits = ""
		t.count(now)
	}
	if more := mayTake.FindStringSubmatch(said[1]); more != nil {
		if d, err := time.ParseDuration(more[1]); err == nil {
			t.limit = d
		}
	}
}

// why is the last thing that it logged, as a test does that is skipped.
func (t *test) why() string {
	for i := len(t.output) - 1; i >= 0; i-- {
		if said := logged.FindStringSubmatch(t.output[i]); said != nil {
			return said[1]
		}
	}
	return "it does not say why"
}
