//go:build unix

package sshhost

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// startAll starts processes that try to stay and answers their numbers.
func startAll(t *testing.T, w *world) map[string]string {
	t.Helper()
	c := w.client()
	pids := map[string]string{}
	for name, script := range map[string]string{
		"in the background":  "sleep 1000 > /dev/null 2>&1 & echo $!",
		"setsid and nohup":   "setsid nohup sh -c 'echo $$ > p1; exec sleep 1000' > /dev/null 2>&1 & until [ -s p1 ]; do :; done; cat p1",
		"ignores signals":    "setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > p2; while :; do sleep 1000; done' > /dev/null 2>&1 & until [ -s p2 ]; do :; done; cat p2",
		"stopped":            "sh -c 'kill -STOP $$' > /dev/null 2>&1 & echo $!",
		"another's parent's": "(setsid sleep 1000 > /dev/null 2>&1 & echo $!)",
	} {
		pids[name] = output(t, c, script)
	}
	// One without the marks, below one that has them.
	pids["emptied environment"] = output(t, c,
		"setsid sh -c 'env -i sleep 1000 & echo $! > p3; wait' > /dev/null 2>&1 & until [ -s p3 ]; do :; done; cat p3")
	// One that the host started itself and that threw its marks away.
	s := newSession(t, c)
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("exec env -i sh -c 'echo $$; exec sleep 1000'"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 32)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	pids["exec with emptied environment"] = strings.TrimSpace(string(buf[:n]))
	for name, pid := range pids {
		if !running(t, pid) {
			t.Fatalf("%s does not run", name)
		}
	}
	return pids
}

func TestStopEndsEveryProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.host
	other := w.start("i-0123456789abcdef1")
	stays := output(t, w.client(), "setsid sleep 1000 > /dev/null 2>&1 & echo $!")
	w.host = first

	pids := startAll(t, w)
	key := first.HostKeys()[0]
	output(t, w.client(), "echo kept > file; echo lost > .tmp/file")
	stop(t, first)
	for name, pid := range pids {
		if running(t, pid) {
			t.Errorf("%s still runs", name)
		}
	}
	if _, err := w.dial(User, w.signer); err == nil {
		t.Error("a stopped host lets in")
	}
	if !running(t, stays) {
		t.Error("another host's process was ended")
	}
	stop(t, other)
	if running(t, stays) {
		t.Error("the other host's process still runs")
	}

	again := w.start(first.id)
	if strings.Fields(again.HostKeys()[0])[1] != strings.Fields(key)[1] {
		t.Error("the host key changed")
	}
	if got := output(t, w.client(), "cat file; ls .tmp"); got != "kept" {
		t.Errorf("after a stop and a start: %q", got)
	}
}

func TestStopTwiceAndRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop(t, w.host)
	stop(t, w.host)
	if err := os.Mkdir(filepath.Join(w.host.home, "closed"), 0o500); err != nil {
		t.Fatal(err)
	}
	if err := w.computer.Remove(t.Context(), w.host.id); err != nil {
		t.Fatal(err)
	}
	if empty, err := Empty(w.dir); err != nil || !empty {
		t.Errorf("empty %v, %v", empty, err)
	}
	if err := w.computer.Remove(t.Context(), "../x"); err == nil {
		t.Error("a path was taken for an ID")
	}
}

// What a program that was killed left behind is found by its marks alone.
func TestEndAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pids := startAll(t, w)
	if err := EndAll(t.Context(), w.dir); err != nil {
		t.Fatal(err)
	}
	for name, pid := range pids {
		// That one had no mark and only the killed program knew it.
		if name != "exec with emptied environment" && running(t, pid) {
			t.Errorf("%s still runs", name)
		}
	}
	if err := EndAll(t.Context(), filepath.Join(w.dir, "nothing")); err != nil {
		t.Error(err)
	}
}

func TestKeepRemovesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.host
	stop(t, first)
	stop(t, w.start("i-2"))
	if err := w.computer.Keep(t.Context(), map[string]bool{"i-2": true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "i-2", "home")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(first.machine.dir); err == nil {
		t.Error("a host nobody keeps is still there")
	}
}

func TestEndProcessesWithoutTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pid := output(t, w.client(), "setsid sh -c 'trap \"\" TERM; echo $$ > p; while :; do sleep 1000; done' > /dev/null 2>&1 & until [ -s p ]; do :; done; cat p")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.host.Stop(ctx); err == nil {
		t.Error("a stop without time claims to be done")
	}
	stop(t, w.host)
	if running(t, pid) {
		t.Error("the process still runs")
	}
}

func TestStarted(t *testing.T) {
	t.Parallel()
	a, errA := Started(os.Getpid())
	b, errB := Started(os.Getpid())
	if errA != nil || errB != nil || a != b || a == "" {
		t.Errorf("%q %v, %q %v", a, errA, b, errB)
	}
	if _, err := Started(1 << 30); err == nil {
		t.Error("a process nobody started has started")
	}
	if runtime.GOOS != "linux" {
		return
	}
	if first, err := Started(1); err != nil || first == a {
		t.Errorf("process 1 began at %q, as this one did, %v", first, err)
	}
}
