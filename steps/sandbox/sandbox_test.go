//go:build unix

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// TestMain is also the sandbox's process: Ensure starts the test program again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "be-the-sandbox" {
		if gate := os.Getenv(gateEnv); gate != "" {
			_ = os.WriteFile(gate+".pid", []byte(strconv.Itoa(os.Getpid())), 0o600)
			_, _ = os.ReadFile(gate) // waits for the test
		}
		err := Run(context.Background(), Options{Version: "test", Log: func(line string) { fmt.Println(line) }})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// gateEnv names a pipe: a sandbox's process does nothing before it has read it.
const gateEnv = "SANDBOX_TEST_GATE"

// options are of a sandbox that is gone when the test is.
func options(t *testing.T) Options {
	t.Helper()
	o := Options{Dir: filepath.Join(t.TempDir(), "state"), Speed: 100, Args: []string{"be-the-sandbox"}}
	t.Cleanup(func() {
		if err := Stop(context.Background(), o); err != nil {
			t.Error(err)
		}
		if target, err := os.Readlink(filepath.Join(o.Dir, hostsName)); err == nil {
			if err := os.RemoveAll(target); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(o.Dir, logFile))
			t.Logf("log of the sandbox:\n%s", log)
		}
	})
	return o
}

func ensure(t *testing.T, o Options) Info {
	t.Helper()
	info, err := Ensure(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// gone reports whether the process has ended.
func gone(pid int) bool {
	_, err := sshhost.Started(pid)
	return err != nil
}

func TestEnsureTwice(t *testing.T) {
	o := options(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the person")
	first := ensure(t, o)
	if again := ensure(t, o); again != first {
		t.Errorf("the second time %+v, the first %+v", again, first)
	}
	host, _, err := net.SplitHostPort(strings.TrimPrefix(first.URL, "http://"))
	if err != nil || host != "127.0.0.1" || first.Version != "test" {
		t.Errorf("%+v", first)
	}
	for _, name := range []string{recordFile, keysFile, logFile} {
		if info, err := os.Stat(filepath.Join(o.Dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, err := os.Stat(o.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if environ, err := os.ReadFile("/proc/" + strconv.Itoa(first.PID) + "/environ"); err == nil && strings.Contains(string(environ), "of the person") {
		t.Error("the process got the person's credentials")
	}
	s, err := Status(t.Context(), o)
	if err != nil || !s.Running || s.Info != first || s.Since.IsZero() || len(s.Instances) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := Stop(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !gone(first.PID) {
		t.Error("the process still runs")
	}
	if s, err := Status(t.Context(), o); err != nil || s.Running {
		t.Errorf("after Stop: %+v, %v", s, err)
	}
}

func TestEnsureAtOnce(t *testing.T) {
	t.Parallel()
	o := options(t)
	var infos [8]Info
	var errs [8]error
	var all sync.WaitGroup
	for n := range infos {
		all.Go(func() { infos[n], errs[n] = Ensure(t.Context(), o) })
	}
	all.Wait()
	for n := range infos {
		if errs[n] != nil || infos[n] != infos[0] {
			t.Errorf("%d got %+v, %v; the first %+v", n, infos[n], errs[n], infos[0])
		}
	}
}

func TestKilled(t *testing.T) {
	t.Parallel()
	o := options(t)
	first := ensure(t, o)
	kill(t, first.PID, syscall.SIGKILL)
	again := ensure(t, o)
	if again.PID == first.PID || again.AccessKeyID != first.AccessKeyID || again.SecretAccessKey != first.SecretAccessKey {
		t.Errorf("after it was killed %+v, before %+v", again, first)
	}
}

// kill ends a process of this test's and waits until it has.
func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
	await.Until(t, fmt.Sprintf("the end of process %d", pid), func() bool { return gone(pid) })
}

func TestTerminatedBySignal(t *testing.T) {
	t.Parallel()
	o := options(t)
	info := ensure(t, o)
	kill(t, info.PID, syscall.SIGTERM)
	if _, err := os.Stat(filepath.Join(o.Dir, recordFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it left its state file: %v", err)
	}
}

// A process that does not answer is ended, since it is known to be the sandbox.
func TestStopHung(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	t.Parallel()
	o := options(t)
	info := ensure(t, o)
	if err := syscall.Kill(info.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := Stop(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !gone(info.PID) {
		t.Error("the process still runs")
	}
}

// A state file that names someone else's process ends nothing.
func TestStopSparesOthers(t *testing.T) {
	t.Parallel()
	o := options(t)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = other.Process.Kill(), other.Wait() }()
	r := record{Info: Info{URL: "http://127.0.0.1:1", PID: other.Process.Pid}, Token: "t", Started: "long ago"}
	if err := writeJSON(filepath.Join(o.Dir, recordFile), r); err != nil {
		t.Fatal(err)
	}
	lock, err := lockRun(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := Stop(ctx, o); err == nil {
		t.Error("Stop claims success")
	}
	if gone(other.Process.Pid) {
		t.Error("another's process was ended")
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIdleEnd(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Idle = time.Millisecond
	var lines []string
	o.Log = func(line string) { lines = append(lines, line) }
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "Nobody used the sandbox") {
		t.Errorf("said %q", lines)
	}
}

func TestOnlyOneRuns(t *testing.T) {
	t.Parallel()
	o := options(t)
	ensure(t, o)
	err := Run(t.Context(), o)
	if p, _ := problem.Of(err); p.Title != "A sandbox is running already" || p.Next.Empty() {
		t.Errorf("%v, told as %+v", err, p)
	}
}

func TestDoesNotStart(t *testing.T) {
	o := options(t)
	o.Speed = 0
	t.Setenv(SpeedEnv, "fast")
	_, err := Ensure(t.Context(), o)
	if _, told := problem.Of(err); !told || !strings.Contains(err.Error(), `must be a number above 0, not "fast"`) {
		t.Errorf("%v", err)
	}
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Dir = filepath.Join(file, "sandbox")
	_, err := Ensure(t.Context(), o)
	var explained *problem.Error
	if !errors.As(err, &explained) || explained.Title != "The sandbox's folder cannot be made" {
		t.Errorf("%v", err)
	}
}

func TestControlNeedsTheToken(t *testing.T) {
	t.Parallel()
	o := options(t)
	info := ensure(t, o)
	for _, path := range []string{statusPath, stopPath} {
		resp, err := http.Post(info.URL+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s answered %s", path, resp.Status)
		}
	}
	if gone(info.PID) {
		t.Error("a stranger stopped it")
	}
}

// Hosts of a sandbox whose folder someone removed do not stay for ever.
func TestSweep(t *testing.T) {
	if !sshhost.Dropped() {
		t.Skip("only root's hosts are outside the sandbox's folder")
	}
	t.Parallel()
	removed, kept := filepath.Join(t.TempDir(), "removed"), t.TempDir()
	if err := os.Mkdir(removed, 0o700); err != nil {
		t.Fatal(err)
	}
	gone, err := hostsFolder(removed)
	if err != nil {
		t.Fatal(err)
	}
	stays, err := hostsFolder(kept)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(stays) }()
	if again, err := hostsFolder(kept); err != nil || again != stays {
		t.Errorf("the second time %s, %v", again, err)
	}
	if err := errors.Join(os.RemoveAll(removed), sweepHosts(t.Context())); err != nil {
		t.Fatal(err)
	}
	// A sandbox of this computer may be sweeping too, and not have ended yet.
	await.Until(t, "the end of the folder without a sandbox", func() bool {
		_, err := os.Stat(gone)
		return errors.Is(err, os.ErrNotExist)
	})
	if _, err := os.Stat(stays); err != nil {
		t.Errorf("the folder with one: %v", err)
	}
	if err := tidyHosts(kept); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stays); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after it was tidied: %v", err)
	}
}

// A sandbox that sweeps does not take the folder that another one is making.
func TestSweepWhileAnotherBegins(t *testing.T) {
	if !sshhost.Dropped() {
		t.Skip("only root's hosts are outside the sandbox's folder")
	}
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	swept := make(chan error)
	go func() {
		var failed error
		for ctx.Err() == nil && failed == nil {
			failed = sweepHosts(context.WithoutCancel(ctx))
		}
		swept <- failed
	}()
	for range 300 {
		dir := t.TempDir()
		made, err := hostsFolder(dir)
		if err != nil {
			t.Error(err)
			break
		}
		again, err := hostsFolder(dir)
		if err != nil || again != made {
			t.Errorf("it made %s and then found %s, %v", made, again, err)
			break
		}
		if err := tidyHosts(dir); err != nil {
			t.Error(err)
			break
		}
	}
	cancel()
	if err := <-swept; err != nil {
		t.Error(err)
	}
}

func TestRecordIsJSON(t *testing.T) {
	t.Parallel()
	var got record
	content, err := json.Marshal(record{Info: Info{URL: "u", PID: 7}, Token: "t"})
	if err != nil || json.Unmarshal(content, &got) != nil || got.URL != "u" || got.PID != 7 || got.Token != "t" {
		t.Errorf("%s became %+v, %v", content, got, err)
	}
}
