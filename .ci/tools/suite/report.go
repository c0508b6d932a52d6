package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// report tells a person, and whoever reads the output, how it goes.
type report struct {
	o        options
	programs []program
	module   string // what all packages begin with
	began    time.Time

	mu    sync.Mutex
	now   []*running
	ended []*running
}

func newReport(o options, programs []program, began time.Time) *report {
	r := &report{o: o, programs: programs, began: began}
	for i, p := range programs {
		if i == 0 {
			r.module = p.pkg
		}
		for !strings.HasPrefix(p.pkg+"/", r.module+"/") {
			r.module = filepath.Dir(r.module)
		}
	}
	return r
}

// short is a package's name among the others.
func (r *report) short(pkg string) string {
	if s := strings.TrimPrefix(strings.TrimPrefix(pkg, r.module), "/"); s != "" {
		return s
	}
	return filepath.Base(pkg)
}

func (r *report) starts(p *running) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = append(r.now, p)
}

// ends prints what go test does: nothing but a line of a package that passed,
// and of one that failed all that its failed tests said.
func (r *report) ends(p *running) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = slices.DeleteFunc(r.now, func(other *running) bool { return other == p })
	r.ended = append(r.ended, p)
	if p.err == nil {
		note := ""
		if len(p.tests) == 0 {
			note = " [no tests to run]"
		}
		fmt.Printf("ok  \t%s\t%.3fs%s\n", p.pkg, p.took.Seconds(), note)
		return
	}
	for _, t := range p.ordered {
		if t.result == "fail" {
			fmt.Print(strings.Join(t.output, ""))
		}
	}
	fmt.Print(strings.Join(p.alone.output, ""))
	if p.end != nil {
		p.end.print()
	}
	if exit := (*exec.ExitError)(nil); !errors.As(p.err, &exit) {
		fmt.Printf("%v\n", p.err)
	}
	for _, t := range p.ordered {
		// What still ran when the program ended on its own, as at a panic.
		if t.result == "" && p.end == nil {
			fmt.Print(strings.Join(t.output, ""))
		}
	}
	fmt.Printf("FAIL\t%s\t%.3fs\n", p.pkg, p.took.Seconds())
}

// print tells of a test that hung, and where it was.
func (h *hopeless) print() {
	fmt.Printf("--- FAIL: %s (%s)\n    %s\n", h.test.name, round(h.test.took), h.why)
	for _, line := range h.test.output {
		fmt.Print(line)
	}
	fmt.Println("    It waited here:")
	top, _, _ := strings.Cut(h.test.name, "/")
	shown := 0
	for _, block := range strings.Split(strings.Join(h.after, ""), "\n\n") {
		if shown < 5 && strings.HasPrefix(block, "goroutine ") && strings.Contains(block, "."+top) {
			shown++
			fmt.Println(block)
		}
	}
	f, err := os.CreateTemp("", "jupyter-ec2-goroutines-*.txt")
	if err != nil {
		return
	}
	if _, err := f.WriteString(strings.Join(h.after, "")); errors.Join(err, f.Close()) == nil {
		fmt.Printf("    All of its goroutines are in %s.\n", f.Name())
	}
}

// tell says now and then how far it is.
func (r *report) tell(done <-chan struct{}) {
	tick := time.NewTicker(r.o.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Println(r.progress(time.Now()))
		case <-done:
			return
		}
	}
}

func (r *report) progress(now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	tests, waiting := 0, 0
	var atWork []outcome
	for _, p := range slices.Concat(r.ended, r.now) {
		p.mu.Lock()
		for _, t := range p.ordered {
			switch {
			case t.done() && t.parent == nil:
				tests++
			case t.done() || t.open > 0 || t.paused || slices.Contains(r.ended, p):
			case t.waits != "":
				waiting++
			default:
				atWork = append(atWork, outcome{name: r.short(p.pkg) + " " + t.name, took: t.own(now)})
			}
		}
		p.mu.Unlock()
	}
	var longest []string
	for _, t := range slowest(atWork, 3) {
		longest = append(longest, fmt.Sprintf("%s %s", t.name, round(t.took)))
	}
	of := 0
	for _, p := range r.programs {
		of += p.size
	}
	line := fmt.Sprintf("%s: %d of %d packages, %d of %d tests", round(now.Sub(r.began)), len(r.ended), len(r.programs), tests, of)
	if len(longest) > 0 {
		line += "; at work: " + strings.Join(longest, ", ")
	}
	if waiting > 0 {
		line += fmt.Sprintf("; %d wait for their turn", waiting)
	}
	return line
}

// outcome is a test for the lists at the end.
type outcome struct {
	name, why string
	took      time.Duration
}

// end prints the lists, and reports whether all is well.
func (r *report) end(interrupted bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string][]outcome{}
	slices.SortFunc(r.ended, func(a, b *running) int { return strings.Compare(a.pkg, b.pkg) })
	for _, p := range r.ended {
		r.sort(p, all)
	}
	passed, failed, cut := len(all["pass"]), len(all["fail"]), len(all["cut"])
	fmt.Printf("\n%d tests of %d packages ran in %s: %d passed, %d failed, %d were cut off; %d were skipped.\n",
		passed+failed, len(r.ended), round(time.Since(r.began)), passed, failed, cut, len(all["skip"]))
	list("Failed:", all["fail"])
	list("Cut off:", all["cut"])
	list("Skipped:", all["skip"])
	fmt.Println("The slowest, without the time in which they waited for their turn:")
	for _, o := range slowest(slices.Concat(all["pass"], all["fail"]), 10) {
		fmt.Printf("  %7s  %s\n", round(o.took), o.name)
	}
	if left := len(r.programs) - len(r.ended); interrupted || left > 0 {
		fmt.Printf("It was interrupted; of %d packages, %d did not begin.\n", len(r.programs), left)
		interrupted = true
	}
	if interrupted || failed+cut > 0 {
		fmt.Println("FAIL")
		return false
	}
	return true
}

// sort puts a program's tests into the lists: pass, fail, cut and skip.
func (r *report) sort(p *running, all map[string][]outcome) {
	begun, failed := 0, false
	for _, t := range p.ordered {
		if t.parent == nil {
			begun++
		}
		if t.open > 0 || t.result == "pass" && hasSubtests(p, t) {
			continue // its subtests are told of
		}
		o, kind := outcome{name: r.short(p.pkg) + " " + t.name, took: t.took}, t.result
		switch {
		case p.end != nil && p.end.test == t:
			kind, o.why = "fail", p.end.why
		case kind == "" && p.end == nil && !t.paused:
			kind, o.why = "fail", "its program ended while it ran"
		case kind == "":
			kind, o.why = "cut", "its program was ended"
		case kind == "skip":
			o.why = t.why()
		}
		failed = failed || kind == "fail"
		all[kind] = append(all[kind], o)
	}
	if p.err != nil && !failed {
		why := p.err.Error()
		if p.end != nil {
			why = p.end.why
		}
		all["fail"] = append(all["fail"], outcome{name: r.short(p.pkg), why: "outside of its tests: " + why})
	}
	if left := p.size - begun; p.err != nil && left > 0 {
		all["cut"] = append(all["cut"], outcome{name: r.short(p.pkg), why: fmt.Sprintf("%d tests did not begin", left)})
	}
}

// hasSubtests reports whether a test is only there for its subtests, which are
// told of themselves.
func hasSubtests(p *running, t *test) bool {
	return slices.ContainsFunc(p.ordered, func(sub *test) bool { return sub.parent == t })
}

func slowest(all []outcome, n int) []outcome {
	slices.SortStableFunc(all, func(a, b outcome) int { return int(b.took - a.took) })
	return all[:min(len(all), n)]
}

func list(title string, all []outcome) {
	if len(all) == 0 {
		return
	}
	fmt.Println(title)
	for _, o := range all {
		line := "  " + o.name
		if o.why != "" {
			line += ": " + o.why
		}
		fmt.Println(line)
	}
}
