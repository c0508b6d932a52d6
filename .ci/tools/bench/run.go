package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ending is how long a benchmark that is ended has to tidy up.
const ending = 20 * time.Second

// source is where figures come from.
type source struct {
	name string
	// pkg is the folder of a Go package, and pattern says which of its
	// benchmarks run, for how long each.
	pkg, pattern, time string
	// command runs in pkg instead, and prints what go test -bench prints.
	command []string
	rounds  int
	// within bounds one round.
	within time.Duration
	// needs are programs without which it cannot run.
	needs []string

	program string        // the compiled tests
	took    time.Duration // its last round
}

// prepare compiles what is to run. What cannot be is left out, and the table
// says why.
func prepare(ctx context.Context, dir string, all []*source, r *results) {
	compiled := map[string]string{}
	for i, s := range all {
		for _, program := range s.needs {
			if _, err := exec.LookPath(program); err != nil {
				r.failed(s.name, "it needs "+program)
			}
		}
		if r.why[s.name] != "" || s.command != nil {
			continue
		}
		if compiled[s.pkg] == "" {
			fmt.Printf("compiling the benchmarks of %s\n", s.pkg)
			path := filepath.Join(dir, fmt.Sprintf("%d.test", i))
			out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", path, "./"+s.pkg).CombinedOutput()
			if err != nil {
				fmt.Printf("%s\n", out)
				r.failed(s.name, "it does not compile")
				continue
			}
			compiled[s.pkg] = path
		}
		s.program = compiled[s.pkg]
	}
}

// runAll runs the rounds. Each goes the other way round than the one before.
func runAll(ctx context.Context, o options, all []*source, r *results, began time.Time) {
	order := slices.Clone(all)
	for round := 1; round <= o.rounds; round++ {
		ran := false
		for _, s := range order {
			if round > s.rounds || r.why[s.name] != "" || ctx.Err() != nil {
				continue
			}
			if time.Since(began)+s.took > o.limit {
				if round == 1 {
					r.failed(s.name, "there was no time left")
				}
				continue
			}
			ran = true
			fmt.Printf("%6s  round %d: %s\n", time.Since(began).Round(time.Second), round, s.name)
			starts := time.Now()
			if err := s.run(ctx, r); err != nil && ctx.Err() == nil {
				fmt.Println(err)
				r.failed(s.name, "it failed")
			}
			s.took = time.Since(starts)
		}
		slices.Reverse(order)
		if !ran {
			return
		}
	}
}

// run runs one round, in a group of processes of its own, which ends with it.
func (s *source) run(ctx context.Context, r *results) error {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	args := s.command
	if args == nil {
		args = []string{s.program, "-test.run=^$", "-test.bench=" + s.pattern, "-test.benchtime=" + s.time, "-test.timeout=0"}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = s.pkg
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = ending
	err := cmd.Run()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // nobody is left, as a rule
	if ctx.Err() != nil {
		return fmt.Errorf("it took longer than %s", s.within)
	}
	if err != nil {
		return fmt.Errorf("%w:\n%s", err, tail(out.String()))
	}
	found, err := parse(out.String())
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("it measured nothing:\n" + tail(out.String()))
	}
	for f, v := range found {
		r.values[f] = append(r.values[f], v)
	}
	return nil
}

// tail is the end of an output.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(len(lines)-30, 0):], "\n")
}

// machine says on what computer, and when, the figures were taken.
func machine(ctx context.Context, began time.Time) string {
	first := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput() // ssh -V prints to the other one
		if err != nil {
			return name + " unknown"
		}
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return line
	}
	cpu, cores, memory := "unknown", 0, "unknown"
	for _, path := range []string{"/proc/cpuinfo", "/proc/meminfo"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			key, value, _ := strings.Cut(line, ":")
			switch value = strings.TrimSpace(value); strings.TrimSpace(key) {
			case "processor":
				cores++
			case "model name":
				cpu = value
			case "MemTotal":
				var kb int
				if _, err := fmt.Sscanf(value, "%d kB", &kb); err == nil {
					memory = fmt.Sprintf("%d GB", kb>>20)
				}
			}
		}
	}
	ssh, _, _ := strings.Cut(first("ssh", "-V"), ",")
	return fmt.Sprintf("Taken on %s at commit %s, in %s, on %d cores (%s) with %s of memory; %s, %s, Linux %s.\n\n",
		began.UTC().Format("2 January 2006, 15:04 UTC"), first("git", "rev-parse", "--short=12", "HEAD"), time.Since(began).Round(time.Minute),
		cores, cpu, memory, first("go", "env", "GOVERSION"), ssh, first("uname", "-r"))
}
