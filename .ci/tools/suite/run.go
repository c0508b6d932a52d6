package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// lastResort ends a program in which something hangs that has no limit.
	lastResort = time.Hour
	// ending is how long a program may take to end, and its output after it.
	ending = 20 * time.Second
)

// runAll runs the programs in their order, a few at a time.
func runAll(ctx context.Context, o options, programs []program, r *report) {
	told, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		r.tell(done)
	}()
	var all sync.WaitGroup
	slots := make(chan struct{}, o.packages)
	for _, p := range programs {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			newRunning(o, p, r).run(ctx)
		})
	}
	all.Wait()
	close(done)
	<-told
}

// running is a test program at work.
type running struct {
	program
	o      options
	report *report
	began  time.Time

	mu      sync.Mutex
	tests   map[string]*test
	ordered []*test
	alone   *test     // what is in no test, such as TestMain
	end     *hopeless // why it was ended, if it was
	err     error
	took    time.Duration
}

// hopeless is a test that took longer than it may.
type hopeless struct {
	test  *test
	why   string
	after []string // the output from then on: where everything stood
}

func newRunning(o options, p program, r *report) *running {
	now := time.Now()
	alone := &test{name: "outside of its tests"}
	alone.count(now)
	return &running{program: p, o: o, report: r, began: now, tests: map[string]*test{}, alone: alone}
}

// run runs the program to its end, and reports that.
func (r *running) run(ctx context.Context) {
	r.report.starts(r)
	err := r.work(ctx)
	r.mu.Lock()
	r.err, r.took = err, time.Since(r.began)
	for now, i := time.Now(), 0; i < len(r.ordered); i++ {
		r.ordered[i].count(now) // those that did not end too
	}
	r.mu.Unlock()
	r.report.ends(r)
}

// work runs it, its output through test2json.
func (r *running) work(ctx context.Context) error {
	//nolint:noctx // it ends with the program's output, which is told to its end
	converter := exec.Command("go", "tool", "test2json", "-t", "-p", r.pkg)
	in, err := converter.StdinPipe()
	if err != nil {
		return err
	}
	out, err := converter.StdoutPipe()
	if err != nil {
		return err
	}
	if err := converter.Start(); err != nil {
		return fmt.Errorf("starting test2json: %w", err)
	}
	cmd := exec.CommandContext(
		ctx, r.path, "-test.v=test2json", "-test.paniconexit0", "-test.timeout="+lastResort.String(),
		fmt.Sprintf("-test.parallel=%d", r.o.parallel), fmt.Sprintf("-test.count=%d", r.o.count), "-test.run="+r.o.run,
	)
	cmd.Dir = r.dir
	cmd.Env = append(cmd.Environ(), "PWD="+r.dir)
	// Not the pipe itself, which something left over would hold open.
	into := struct{ io.Writer }{in}
	cmd.Stdout, cmd.Stderr = into, into
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = ending
	read := make(chan struct{})
	go func() {
		defer close(read)
		for d := json.NewDecoder(out); ; {
			var e event
			if d.Decode(&e) != nil {
				return
			}
			r.take(e)
		}
	}()
	if err = cmd.Start(); err == nil {
		over := make(chan struct{})
		go r.guard(cmd, over)
		err = cmd.Wait()
		close(over)
	}
	_ = in.Close()
	<-read
	_ = converter.Wait() // what it could not read shows in the tests
	return err
}

// guard ends the program when one of its tests takes longer than it may. The
// signal makes it print where each of its goroutines is.
func (r *running) guard(cmd *exec.Cmd, over <-chan struct{}) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for !r.hopeless(time.Now()) {
		select {
		case <-look.C:
		case <-over:
			return
		}
	}
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-time.After(ending):
		_ = cmd.Process.Kill()
	case <-over:
	}
}

// hopeless reports whether a test took longer than it may, and notes which.
func (r *running) hopeless(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range append([]*test{r.alone}, r.ordered...) {
		if t.result != "" {
			continue
		}
		if may := t.allowed(r.o.limit); t.on && t.own(now) > may {
			r.end = &hopeless{test: t, why: fmt.Sprintf("it took longer than %s, which is as long as it may", may)}
		}
		if t.waits != "" && now.Sub(t.since) > r.o.waiting {
			r.end = &hopeless{test: t, why: fmt.Sprintf("for %s it waited for %s", r.o.waiting, t.waits)}
		}
	}
	return r.end != nil
}

// take takes an event.
func (r *running) take(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.end != nil && e.Action == "output" {
		r.end.after = append(r.end.after, e.Output)
		return
	}
	if e.Test == "" {
		if e.Action == "output" {
			r.alone.print(e.Output, now)
		}
		return
	}
	t := r.tests[e.Test]
	if t == nil || e.Action == "run" {
		t = &test{name: e.Test, parent: r.parent(e.Test)}
		r.tests[e.Test], r.ordered = t, append(r.ordered, t)
		r.above(t).open++
	}
	switch e.Action {
	case "output":
		t.print(e.Output, now)
		return
	case "pause", "cont":
		t.paused = e.Action == "pause"
	case "pass", "fail", "skip":
		t.result = e.Action
		r.above(t).open--
	}
	t.count(now)
	r.above(t).count(now)
}

// parent is the test that one of that name is a part of, or nil. Not each
// slash in a name is between two tests.
func (r *running) parent(name string) *test {
	for {
		i := strings.LastIndex(name, "/")
		if i < 0 {
			return nil
		}
		name = name[:i]
		if t := r.tests[name]; t != nil {
			return t
		}
	}
}

// above is what does not run while the test does.
func (r *running) above(t *test) *test {
	if t.parent != nil {
		return t.parent
	}
	return r.alone
}
