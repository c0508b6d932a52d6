package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// program is a package's tests, compiled.
type program struct {
	pkg  string // its import path
	dir  string
	path string
	size int // how many tests it has
}

// compile builds the test programs into dir, those to begin with first.
func compile(ctx context.Context, o options, dir string, patterns []string) ([]program, error) {
	began := time.Now()
	packages, err := withTests(ctx, patterns)
	if err != nil {
		return nil, err
	}
	if err := buildParts(ctx, o, patterns); err != nil {
		return nil, err
	}
	fmt.Printf("putting together %d test programs\n", len(packages))
	var programs []program
	// Two of one name cannot be in one folder.
	for n := 0; len(packages) > 0; n++ {
		into := filepath.Join(dir, strconv.Itoa(n))
		var now, later []program
		names := map[string]bool{}
		for _, p := range packages {
			name := filepath.Base(p.pkg)
			if names[name] {
				later = append(later, p)
				continue
			}
			names[name] = true
			p.path = filepath.Join(into, name+".test")
			now = append(now, p)
		}
		if err := link(ctx, o, into, now); err != nil {
			return nil, err
		}
		programs, packages = append(programs, now...), later
	}
	for i := range programs {
		if programs[i].size, err = size(ctx, o, programs[i]); err != nil {
			return nil, err
		}
	}
	rank := func(p program) int {
		i := slices.IndexFunc(o.first, func(f string) bool { return filepath.Clean(f) == relative(p.dir) })
		if i < 0 {
			return len(o.first)
		}
		return i
	}
	slices.SortStableFunc(programs, func(a, b program) int { return rank(a) - rank(b) })
	fmt.Printf("compiled in %s\n", round(time.Since(began)))
	return programs, nil
}

// relative is a folder as seen from this one.
func relative(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	if r, err := filepath.Rel(here, dir); err == nil {
		return r
	}
	return dir
}

// withTests are the packages that have any.
func withTests(ctx context.Context, patterns []string) ([]program, error) {
	out, err := output(ctx, "go", append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, patterns...)...)
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w", err)
	}
	var all []program
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("listing the packages: %w", err)
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			all = append(all, program{pkg: p.ImportPath, dir: p.Dir})
		}
	}
}

// buildParts compiles what the tests are made of, and says how far it is: on a
// fresh computer it takes minutes.
func buildParts(ctx context.Context, o options, patterns []string) error {
	// For a package's test variants, which are not built here, ForTest is set.
	const stale = `{{if and .Stale (not .ForTest)}}{{.ImportPath}}{{end}}`
	out, err := output(ctx, "go", slices.Concat([]string{"list"}, race(o), []string{"-deps", "-test", "-f", stale}, patterns)...)
	if err != nil {
		return fmt.Errorf("listing what there is to compile: %w", err)
	}
	var parts []string
	for _, p := range strings.Fields(string(out)) {
		if !strings.HasSuffix(p, ".test") && p != "unsafe" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	fmt.Printf("compiling %d packages; the first time this takes minutes\n", len(parts))
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-v"}, race(o), parts)...)
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range parts {
		known[p] = true
	}
	var wrong strings.Builder
	done, told := 0, time.Now()
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if !known[lines.Text()] {
			wrong.WriteString(lines.Text() + "\n")
			continue
		}
		if done++; time.Since(told) > o.every/2 {
			told = time.Now()
			fmt.Printf("compiling: %d of %d packages\n", done, len(parts))
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("compiling: %w\n%s", err, wrong.String())
	}
	return nil
}

// link puts test programs together. Without debug information, which no
// stack trace needs, they take half the room.
func link(ctx context.Context, o options, into string, programs []program) error {
	args := slices.Concat([]string{"test", "-c", "-ldflags=-s -w", "-o", into + string(filepath.Separator)}, race(o))
	for _, p := range programs {
		args = append(args, p.pkg)
	}
	if err := os.Mkdir(into, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compiling the tests: %w", err)
	}
	return nil
}

// size is how many tests a program has.
func size(ctx context.Context, o options, p program) (int, error) {
	pattern := o.run
	if pattern == "" {
		pattern = "."
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, "-test.list", strings.Split(pattern, "/")[0])
	cmd.Dir = p.dir
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("listing the tests of %s: %w\n%s", p.pkg, err, out)
	}
	n := 0
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(name, "Benchmark") {
			n++
		}
	}
	return n * o.count, nil
}

func race(o options) []string {
	if o.race {
		return []string{"-race"}
	}
	return nil
}

// output is what a program prints; its error has what it said about that.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return out, err
}

// round is for times that are read.
func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
