//go:build unix

package jupyter

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func idleAfter(d time.Duration) func(*WatchSpec) { return func(s *WatchSpec) { s.Idle = d } }

// stopWatch ends the watcher and keeps it from starting again; none is no error.
func stopWatch(ctx context.Context, h Host, f Facts) error {
	_, err := watchDo(ctx, h, "stop", map[string]string{"JE_SYSTEMD": flagOf(f)})
	return err
}

func busyWith(text string) func(Health) bool {
	return func(h Health) bool { return h.Watching && strings.Contains(h.Busy, text) && h.Idle.IsZero() }
}

// A running cell keeps the machine, for however long; an open tab does not;
// the lifetime ends even a running cell's machine.
func TestWatchKernels(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 101)
	c := w.serve()
	id, k := newKernel(t, c)

	ended := make(chan error, 1)
	run := func(code string) {
		go func() { _, err := k.run(t.Context(), code); ended <- err }()
	}
	run("import os, time\nopen('runs', 'w').close()\nwhile not os.path.exists('release'): time.sleep(0.1)")
	await.Until(t, "the cell", func() bool { _, err := os.Stat(filepath.Join(w.home, "runs")); return err == nil })
	w.watch("cell", idleAfter(limit))
	w.staysUp("a running cell", busyWith("a cell runs in kernel "+id[:8]))
	w.must(": >release")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	h := w.goesOff("after the cell", "idle")
	if !h.ServerUp || len(h.Kernels) != 1 || h.Kernels[0].ID != id || h.Kernels[0].State != "idle" || h.Kernels[0].Connections != 1 || h.Kernels[0].Name != "python3" {
		t.Errorf("%+v", h)
	}

	// The tab: it asks all the time, and only what ran before counts.
	w.watch("rest", idleAfter(0))
	run("1 + 1")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	repliesSince := tab(t, k)
	await.Until(t, "replies to the tab", func() bool { return repliesSince(time.Time{}) >= 5 })
	w.watch("tab", idleAfter(limit))
	h = w.goesOff("an open tab", "idle")
	await.Until(t, "a reply to the tab since the machine counts as idle", func() bool { return repliesSince(h.Idle) > 0 })
	k.close()

	// The lifetime counts from the watcher's beginning.
	var err error
	if k, err = c.openKernel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	defer k.close()
	w.watch("rest", idleAfter(0))
	run("time.sleep(1000)")
	h = w.until("a running cell", busyWith("a cell runs"))
	w.watch("life", func(s *WatchSpec) { s.Idle, s.Lifetime = limit, time.Since(h.Born)+limit })
	if h = w.goesOff("a lifetime", "lifetime"); h.Busy == "" {
		t.Errorf("the cell does not run any more: %+v", h)
	}
	k.close()
	if err := <-ended; err == nil {
		t.Error("the cell ended before its time")
	}
}

// tab is an open tab: it asks for the kernel's info again and again, as some
// front ends do, and counts the answers since a time.
func tab(t *testing.T, k *kernel) (repliesSince func(time.Time) int) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var mu sync.Mutex
	var replies []time.Time
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			m, err := k.request("")
			m.Header.Type, m.Content = "kernel_info_request", json.RawMessage("{}")
			if err != nil || wsjson.Write(ctx, k.conn, m) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		for {
			var m message
			if wsjson.Read(ctx, k.conn, &m) != nil {
				return
			}
			if m.Header.Type == "kernel_info_reply" {
				mu.Lock()
				replies = append(replies, time.Now())
				mu.Unlock()
			}
		}
	}()
	return func(since time.Time) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, at := range replies {
			if at.After(since) {
				n++
			}
		}
		return n
	}
}

// What a terminal prints counts with no tab open; so do logins and transfers.
// A tunnel, and what the program itself asks, does not.
func TestWatchTerminalsAndSSH(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 111)
	c := w.serve()
	name := w.terminal(c, "while sleep 0.3; do date; done\r")
	w.watch("terminal", idleAfter(limit))
	w.staysUp("a terminal's output", func(h Health) bool { return h.Terminals == 1 && h.At.Sub(h.Idle) < limit })
	if _, err := c.do(t.Context(), http.MethodDelete, "/api/terminals/"+name, nil); err != nil {
		t.Fatal(err)
	}
	w.goesOff("after the terminal", "idle")

	w.watch("rest", idleAfter(0))
	end := w.openssh("ssh", "-tt", w.target())
	w.until("a login", busyWith("logged in"))
	w.watch("login", idleAfter(limit))
	w.staysUp("a login", func(h Health) bool { return h.Logins == 1 && h.Transfers == 0 && busyWith("logged in")(h) })
	end()
	w.goesOff("after the login", "idle")

	w.watch("rest", idleAfter(0))
	file := filepath.Join(w.dir, "file")
	if err := os.WriteFile(file, make([]byte, 30<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	end = w.openssh("scp", "-l", "800", file, w.target()+":copied") // kbit/s: five minutes
	w.until("a transfer", busyWith("transfer"))
	w.watch("transfer", idleAfter(limit))
	w.staysUp("a transfer", func(h Health) bool { return h.Transfers == 1 && h.Logins == 0 })
	end()
	w.goesOff("after the transfer", "idle")

	// An open tunnel, and a log that is followed.
	w.watch("rest", idleAfter(0))
	w.openssh("ssh", "-N", "-L", filepath.Join(w.dir, "sock")+":127.0.0.1:1", w.target())
	await.Until(t, "the master's socket", func() bool { _, err := os.Stat(filepath.Join(w.dir, "sock")); return err == nil })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan string, 1000)
	go func() {
		_ = FollowServerLog(ctx, w, w.facts, 5, func(line string, _ bool) { seen <- line })
	}()
	<-seen
	w.watch("tunnel", idleAfter(limit))
	w.goesOff("a tunnel and a log", "idle")
}

// terminal starts a terminal of Jupyter's, types a line and leaves it.
func (w *watched) terminal(c *client, line string) (name string) {
	w.t.Helper()
	name, conn := openTerminal(w.t, c)
	defer func() { _ = conn.CloseNow() }()
	if err := wsjson.Write(w.t.Context(), conn, []string{"stdin", line}); err != nil {
		w.t.Fatal(err)
	}
	for said := ""; !strings.Contains(said, ":"); { // of the time of day
		var m []any
		if err := wsjson.Read(w.t.Context(), conn, &m); err != nil {
			w.t.Fatal(err)
		}
		if len(m) == 2 && m[0] == "stdout" {
			said += m[1].(string)
		}
	}
	return name
}

// openTerminal opens one of Jupyter's terminals.
func openTerminal(t *testing.T, c *client) (name string, conn *websocket.Conn) {
	t.Helper()
	body, err := c.do(t.Context(), http.MethodPost, "/api/terminals", []byte("{}"))
	var made struct{ Name string }
	if err != nil || json.Unmarshal(body, &made) != nil {
		t.Fatalf("%s, %v", body, err)
	}
	//nolint:bodyclose // the library closes it
	conn, _, err = websocket.Dial(t.Context(), c.base.JoinPath("/terminals/websocket", made.Name).String(),
		&websocket.DialOptions{HTTPClient: c.http, HTTPHeader: c.header()})
	if err != nil {
		t.Fatal(err)
	}
	return made.Name, conn
}

// What the watcher is told, without a server: never to stop, that it may not;
// and a command that fails.
func TestWatchLimits(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 121)
	if h, err := ReadHealth(t.Context(), w); err != nil || h.Watching || !h.At.IsZero() {
		t.Errorf("before any watcher: %+v, %v", h, err)
	}
	if _, err := Extend(t.Context(), w, time.Hour); err == nil {
		t.Error("a stop that nobody plans was put off")
	}
	w.watch("never", idleAfter(0))
	w.staysUp("never", func(h Health) bool {
		return h.Watching && h.StopAt.IsZero() && h.Busy == "" && !h.Idle.IsZero() && !h.ServerUp && h.ServerDead && strings.Contains(h.ServerNote, "nothing listens") &&
			h.MemoryMB > 0 && h.MemoryUsedMB > 0 && h.DiskMB > 0 && h.DiskFreeMB > 0 && h.Cores > 0 && h.CPU >= 0 && h.Unarmed == ""
	})
	w.watch("unarmed", func(s *WatchSpec) {
		s.Idle, s.Lifetime, s.Armed, s.Unarmed = time.Second, time.Second, false, "the machine would be terminated"
	})
	w.staysUp("unarmed", func(h Health) bool { return h.Unarmed == "the machine would be terminated" && h.StopAt.IsZero() })

	tries := filepath.Join(w.home, "tries")
	w.watch("fails", func(s *WatchSpec) {
		s.Idle, s.retry, s.poweroff = time.Second, time.Second, []string{"sh", "-c", "echo >>" + tries + "; echo No power to do so; exit 1"}
	})
	w.until("a failing command", func(h Health) bool {
		b, _ := os.ReadFile(tries)
		return h.Stopping && h.StopFailed == "No power to do so" && len(b) > 1
	})
}

// A stop that was put off comes when that time is over, and not before.
func TestWatchHeld(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 141)
	w.watch("rest", idleAfter(0))
	began := time.Now()
	h, err := Extend(t.Context(), w, time.Hour)
	if err != nil || !h.Watching || h.Held.Before(began.Add(time.Hour-time.Second)) {
		t.Fatalf("%+v, %v", h, err)
	}
	if again, err := Extend(t.Context(), w, time.Second); err != nil || again.Held.Before(h.Held.Add(-time.Second)) {
		t.Errorf("putting off for less took something away: %+v, %v", again, err)
	}
	short := func(s *WatchSpec) { s.Idle, s.Lifetime = limit, time.Second }
	w.watch("held", short)
	w.staysUp("held", func(h Health) bool { return !h.Held.IsZero() && h.StopAt.Equal(h.Held) })

	// Without what it remembered, and put off for a moment.
	if err := stopWatch(t.Context(), w, w.facts); err != nil {
		t.Fatal(err)
	}
	w.must("rm -f .run/state.json .jupyter-ec2/watch/state.json")
	w.watch("rest", idleAfter(0))
	began = time.Now()
	if h, err = Extend(t.Context(), w, 2*limit); err != nil || h.Held.After(time.Now().Add(2*limit)) {
		t.Fatalf("%+v, %v", h, err)
	}
	w.watch("released", short)
	w.goesOff("after the hold", "lifetime")
	if off, err := os.Stat(w.off); err != nil || off.ModTime().Before(began.Add(2*limit-every)) {
		t.Errorf("it was off at %v, held at %v for %v; %v", off.ModTime(), began, 2*limit, err)
	}
}

// A job keeps the machine with nobody connected to it.
func TestWatchJob(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 146)
	w.watch("rest", idleAfter(0))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := w.Job(ctx, remote.Job{ID: "install-test", Script: "echo begun; until [ -e release ]; do sleep 0.1; done"}, func(string, bool) { cancel() })
	if ctx.Err() == nil {
		t.Fatal(err)
	}
	w.watch("job", idleAfter(limit))
	w.staysUp("a job", busyWith("the installation runs"))
	w.must(": >release")
	w.goesOff("after the job", "idle")
}

// A program that uses the CPU keeps the machine with nobody logged in, however
// it was started, unless a rule leaves it out; one that only waits does not.
func TestWatchWork(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 151)
	w.spec.Window = limit
	w.watch("rest", idleAfter(0))
	w.must("echo 'while [ ! -e release ]; do :; done' >train.sh; nohup sh train.sh >/dev/null 2>&1 & nohup sleep 1000 >/dev/null 2>&1 &")
	w.until("the program", busyWith("sh train.sh, "))
	w.watch("work", idleAfter(limit))
	w.staysUp("a program", func(h Health) bool {
		return busyWith("sh train.sh, ")(h) && strings.HasSuffix(h.Busy, " % of a core") && h.Logins+h.Transfers == 0 &&
			len(h.Work) == 1 && h.Work[0].Command == "sh train.sh" && h.Work[0].CPU > 0.1 && h.Work[0].PID > 1
	})
	w.watch("ignored", func(s *WatchSpec) { s.Idle, s.Ignore = limit, []string{"*train.sh"} })
	h := w.goesOff("a program that is left out", "idle")
	if len(h.Work) > 0 || len(h.Ignore) != 1 || h.Ignore[0] != "*train.sh" {
		t.Errorf("%+v", h)
	}
	w.watch("much", func(s *WatchSpec) { s.Idle, s.WorkLeast = limit, 50 })
	w.goesOff("a program that uses less than it may", "idle")
	w.watch("again", idleAfter(0))
	w.until("the program again", busyWith("sh train.sh, "))
	w.must(": >release")
	w.watch("over", idleAfter(limit))
	w.goesOff("after the program", "idle")
}

// The same again changes nothing; a new spec reaches the watcher that runs; a
// watcher that was killed continues with the idle clock and the lifetime it had.
func TestWatchAgain(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 131)
	file := func(name string) string {
		b, err := os.ReadFile(filepath.Join(w.home, ".jupyter-ec2/watch", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	w.watch("rest", idleAfter(time.Hour))
	pid := file("pid")
	first := w.until("the first look", func(h Health) bool { return h.Watching && h.Busy == "" })
	w.watch("rest", idleAfter(time.Hour))
	w.watch("rest", idleAfter(2*time.Hour))
	if h, err := ReadHealth(t.Context(), w); err != nil || file("pid") != pid || h.IdleLimit != 2*time.Hour || !near(h.Idle, first.Idle) {
		t.Errorf("pid %s, before %s; %+v, %v", file("pid"), pid, h, err)
	}
	w.until("a second", func(h Health) bool { return h.At.Sub(h.Idle) > time.Second })
	if err := w.Run(t.Context(), remote.Command{Script: "kill -KILL " + pid, Label: remote.WatchLabel}); err != nil {
		t.Fatal(err)
	}
	last := w.until("the end", func(h Health) bool { return !h.Watching })
	if last.IdleLimit != 2*time.Hour || last.At.IsZero() {
		t.Errorf("as last seen: %+v", last)
	}
	w.watch("rest", idleAfter(2*time.Hour))
	h, err := ReadHealth(t.Context(), w)
	idle := h.At.Sub(h.Idle) // without the time when nobody looked
	if err != nil || !h.Watching || file("pid") == pid || idle < last.At.Sub(last.Idle) || h.Idle.Before(first.Idle) || !near(h.Born, first.Born) {
		t.Errorf("after a kill: %+v, before %+v; %v", h, last, err)
	}
	for _, name := range []string{".", "config.json", "status.json", "watch.py"} {
		info, err := os.Stat(filepath.Join(w.home, ".jupyter-ec2/watch", name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if err := stopWatch(t.Context(), w, w.facts); err != nil {
		t.Fatal(err)
	}
	if h, err := ReadHealth(t.Context(), w); err != nil || h.Watching {
		t.Errorf("after its end: %+v, %v", h, err)
	}
}

func near(a, b time.Time) bool { return a.Sub(b).Abs() < 200*time.Millisecond }
