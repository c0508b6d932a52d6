// Command bench runs the program's benchmarks beside their peers, as `make
// bench` does, and writes what came of them into docs/benchmarks.md.
//
// A benchmark is a Go benchmark of one of the program's packages, or a command
// that prints what such a benchmark prints. All of them are compiled before the
// first one runs. They run alone, one at a time, in rounds: what slows this
// computer down for a minute slows one round of each, and not all of one.
//
// Usage: bench [flags] (in the module's root)
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	only   *regexp.Regexp // of the benchmarks' names
	rounds int            // at most
	limit  time.Duration  // for all of it
	out    string
}

func main() {
	only := flag.String("only", ".", "run only the benchmarks whose name matches this `regexp`; nothing is written then, unless -out says where")
	rounds := flag.Int("rounds", 100, "run `n` rounds at most")
	limit := flag.Duration("limit", 20*time.Minute, "take no longer than this: what does not fit any more has fewer rounds")
	out := flag.String("out", "", "the `file` to write; empty means docs/benchmarks.md where all benchmarks run, else none")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: -only:", err)
		os.Exit(2)
	}
	if *out == "" && *only == "." {
		*out = "docs/benchmarks.md"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = bench(ctx, options{only: pattern, rounds: *rounds, limit: *limit, out: *out})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench runs the benchmarks and writes the table.
func bench(ctx context.Context, o options) error {
	began := time.Now()
	dir, err := os.MkdirTemp("", "jupyter-ec2-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	all := &results{values: map[figure][]float64{}, why: map[string]string{}}
	chosen := choose(sources(), o.only)
	prepare(ctx, dir, chosen, all)
	runAll(ctx, o, chosen, all, began)
	if err := ctx.Err(); err != nil {
		return err
	}
	text := tables(all, chosen)
	fmt.Print(text)
	if o.out == "" {
		return nil
	}
	return write(o.out, machine(ctx, began)+text)
}

func choose(all []*source, only *regexp.Regexp) (chosen []*source) {
	for _, s := range all {
		if only.MatchString(s.name) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}
