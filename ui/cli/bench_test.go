//go:build linux || darwin

package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// BenchmarkStart is how long the program takes to say something, as `make
// build` makes it: from its start to its end, or to the first time that
// something stands on a terminal. It is part of make bench; "nothing" is a Go
// program that does nothing, which no other can be faster than.
func BenchmarkStart(b *testing.B) {
	s := newStarts(b)
	b.Run("nothing", func(b *testing.B) { s.ends(b, s.nothing) })
	b.Run("version", func(b *testing.B) { s.ends(b, s.program, "--version") })
	b.Run("help", func(b *testing.B) { s.ends(b, s.program, "up", "--help") })
	b.Run("completion", func(b *testing.B) { s.ends(b, s.program, "__complete", "stop", "") })
	b.Run("cached", func(b *testing.B) { s.ends(b, s.program, "ls", "--cached") })
	b.Run("list", func(b *testing.B) { s.shows(b, `setup-7 `, "ls") })
	b.Run("wizard", func(b *testing.B) { s.shows(b, `\w`) })
	b.Run("wizard in the sandbox", func(b *testing.B) { s.shows(b, `\w`, "--sandbox") })
	b.Run("size", func(b *testing.B) {
		info, err := os.Stat(s.program)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
	})
}

// starts are programs to start, and what they find.
type starts struct {
	program, nothing string
	env              []string
}

func newStarts(b *testing.B) *starts {
	b.Helper()
	dir := b.TempDir()
	s := &starts{program: filepath.Join(dir, name), nothing: filepath.Join(dir, "nothing")}
	empty := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, build := range [][]string{
		{"make", "-s", "-C", "../..", "build", "OUT=" + s.program}, {"go", "build", "-ldflags=-s -w", "-o", s.nothing, empty},
	} {
		if out, err := exec.Command(build[0], build[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", build, err, out)
		}
	}
	// A cloud that takes every question and answers none.
	cloud, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cloud.Close() })
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte("[default]\nregion = eu-central-1\naws_access_key_id = AKIATEST\naws_secret_access_key = secret\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	s.env = []string{
		"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"AWS_CONFIG_FILE=" + config, "AWS_ENDPOINT_URL=http://" + cloud.Addr().String(), "AWS_EC2_METADATA_DISABLED=true",
	}
	s.ledger(b, filepath.Join(dir, "state", name, "aws", "setups"))
	return s
}

// ledger writes the records of some machines.
func (s *starts) ledger(b *testing.B, dir string) {
	b.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	for i := range 20 {
		setup := lab(fmt.Sprintf("setup-%d", i), fmt.Sprintf("abcdefghi%c", 'a'+i), steps.ModeSSH)
		setup.Answers.Profile = "default"
		record, err := json.Marshal(setup)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, setup.ID+".json"), record, 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

func (s *starts) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = s.env
	return cmd
}

// ends takes the time to a program's end.
func (s *starts) ends(b *testing.B, program string, args ...string) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if out, err := s.command(program, args...).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		took = append(took, time.Since(began))
	}
	reportMedian(b, took)
}

// shows takes the time to the first screen with that text.
func (s *starts) shows(b *testing.B, text string, args ...string) {
	shown := regexp.MustCompile(text).MatchString
	var took []time.Duration
	for b.Loop() {
		terminal := tuitest.Open(b, 120, 40)
		cmd := s.command(s.program, args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal.TTY, terminal.TTY, terminal.TTY
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		began := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		if screen, ok := terminal.Until(shown); !ok {
			b.Errorf("%q was not shown:\n%s", text, screen)
		}
		took = append(took, time.Since(began))
		_ = cmd.Process.Kill() // it is asked for nothing more
		_ = cmd.Wait()         // which tells that it was killed
		if slices.Contains(args, "--sandbox") {
			if out, err := s.command(s.program, "sandbox", "stop", "--purge", "--yes").CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, strings.TrimSpace(string(out)))
			}
		}
	}
	reportMedian(b, took)
}

func reportMedian(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms")
}
