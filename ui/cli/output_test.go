//go:build linux || darwin

package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// fullDisk is where nothing can be written any more.
func fullDisk(t *testing.T) *os.File {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("this system has no /dev/full: %v", err)
	}
	t.Cleanup(func() { _ = full.Close() }) // nothing was written
	return full
}

// Whatever a command prints, and whoever prints it: when it cannot be written,
// the command has failed, and says so.
func TestOutputThatCannotBeWritten(t *testing.T) {
	full := fullDisk(t)
	for _, args := range []string{
		"ls --json", "ls", "up --help", "--help", "help ls", "--version", "completion bash", "completion zsh", "completion fish",
		"__complete up --mode s", "man", "sandbox status", "up --json", "rm nobody --json",
	} {
		cmd := exec.CommandContext(t.Context(), name, strings.Fields(args)...)
		cmd.Env = append(ownEnv(t), "GORACE=atexit_sleep_ms=0")
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); err == nil || code < exitFailed || code > exitServer || errs.Len() == 0 {
			// An empty list has nothing to write.
			if args != "ls" {
				t.Errorf("%s: exit code %d, it said %q", args, code, errs.String())
			}
		}
	}
}

// ownEnv is an environment with a home of its own.
func ownEnv(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/settings", "XDG_STATE_HOME="+home+"/state", "AWS_CONFIG_FILE="+home+"/config",
		"AWS_SHARED_CREDENTIALS_FILE="+home+"/credentials", "AWS_EC2_METADATA_DISABLED=true")
}

// A reader who has seen enough ends the program without a word: by the system's
// signal and, where that is ignored, on its own.
func TestReaderHasSeenEnough(t *testing.T) {
	for _, how := range []string{"", "trap '' PIPE; "} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = read.Close() // nobody reads
		cmd := exec.CommandContext(t.Context(), "sh", "-c", how+`exec "$0" up --help`, name)
		cmd.Env = append(ownEnv(t), "GORACE=atexit_sleep_ms=0")
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = write, &errs
		err = cmd.Run()
		_ = write.Close() // likewise
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if bySignal := status.Signaled() && status.Signal() == syscall.SIGPIPE; err == nil || errs.Len() > 0 || !bySignal && status.ExitStatus() != exitPipe {
			t.Errorf("%q: %v, it said %q", how, err, errs.String())
		}
	}
}

// brokenOutput is an output with an error of its own.
type brokenOutput struct{ err error }

func (b brokenOutput) Write([]byte) (int, error) { return 0, b.err }

// What would wait for the person ends when the person could not be told: no
// tunnel is held to a URL that nobody saw, and no log is followed for nobody.
func TestNothingIsHeldUnheard(t *testing.T) {
	setups := []steps.Setup{{ID: "id", Answers: steps.Answers{Name: "lab", Mode: steps.ModeSSH}, State: "running", Resources: steps.Resources{InstanceID: "i-1"}}}
	for _, err := range []error{syscall.ENOSPC, syscall.EPIPE, io.ErrClosedPipe} {
		for _, args := range []string{"up --yes", "up --yes --json", "open lab", "tunnel lab", "logs lab -f"} {
			tun := &stepstest.Tunnel{Port: 8888}
			r := run{engine: made(stepstest.Has{Setups: setups}, opens(tun)), output: brokenOutput{err}}
			r.engine.Has.OpenedOf = map[string]*steps.Opened{"id": {Setup: setups[0], URL: "http://localhost:8888/", Tunnel: tun}}
			r.engine.Shared.Lines, r.engine.Shared.Ended = map[steps.LogKind][]string{steps.LogServer: {"a line"}}, false
			want := exitFailed
			if closedPipe(err) {
				want = exitPipe
			}
			if code := r.do(t.Context(), strings.Fields(args)...); code != want {
				t.Errorf("%s, %v: exit code %d, want %d: %s", args, err, code, want, r.err.String())
			}
			if args != "logs lab -f" && tun.Closed() == 0 {
				t.Errorf("%s, %v: the tunnel stays", args, err)
			}
			if quiet := !strings.Contains(r.err.String(), "could not be written"); quiet != closedPipe(err) {
				t.Errorf("%s, %v: it said %s", args, err, r.err.String())
			}
		}
	}
}
