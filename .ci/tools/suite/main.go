// Command suite runs the program's tests as `make test` does. It compiles all
// of them before the first one runs, says meanwhile how far it is, holds each
// test to a limit of its own, and says at the end what ran, what did not and
// why, and what took longest. Output is go test's own; that of tests that
// passed is left out.
//
// A test says by what remote/await logs that it waits for its turn, or that
// it may take longer than others. One that takes longer than it may is ended
// with its package, and told with what it waited for.
//
// Usage: suite [flags] [packages] (in the module's root)
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	race     bool
	run      string
	count    int
	packages int // at a time
	parallel int // tests of one package at a time
	first    []string
	limit    time.Duration // for a test that says nothing else
	waiting  time.Duration // for a turn, and for what tests share
	every    time.Duration // between two lines about how far it is
}

func main() {
	o := options{}
	flag.BoolVar(&o.race, "race", true, "with the race detector")
	flag.StringVar(&o.run, "run", "", "only tests that match this `regexp`")
	flag.IntVar(&o.count, "count", 1, "run each test `n` times")
	flag.IntVar(&o.packages, "p", 4+runtime.NumCPU(), "run `n` packages at a time")
	flag.IntVar(&o.parallel, "parallel", 4+runtime.NumCPU(), "run `n` tests of a package at a time")
	first := flag.String("first", "", "begin with these `packages`, which take longest: folders with commas between them")
	flag.DurationVar(&o.limit, "limit", 2*time.Minute, "how long a test may take that says nothing else")
	flag.DurationVar(&o.waiting, "waiting", 30*time.Minute, "how long a test may wait for its turn")
	flag.DurationVar(&o.every, "every", 20*time.Second, "say this often how far it is")
	flag.Parse()
	if *first != "" {
		o.first = strings.Split(*first, ",")
	}
	patterns := flag.Args()
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := suite(ctx, o, patterns)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		fmt.Println("FAIL")
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// suite reports whether all tests passed.
func suite(ctx context.Context, o options, patterns []string) (bool, error) {
	if signal.Ignored(syscall.SIGHUP) {
		// As under nohup. What is caught is not ignored by the tests that are
		// started: they find the signals as a person's shell has them.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	began := time.Now()
	dir, err := os.MkdirTemp("", "jupyter-ec2-suite-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := compile(ctx, o, dir, patterns)
	if err != nil {
		return false, err
	}
	r := newReport(o, programs, began)
	runAll(ctx, o, programs, r)
	return r.end(ctx.Err() != nil), nil
}
