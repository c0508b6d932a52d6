package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// gate makes a script on this computer wait for the test: it blocks reading a
// named pipe until open.
type gate struct{ path string }

func newGate(t *testing.T) gate {
	t.Helper()
	g := gate{filepath.Join(t.TempDir(), "gate")}
	if err := exec.Command("mkfifo", g.path).Run(); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	return g
}

func (g gate) wait() string { return "read x <" + quote(g.path) }

func (g gate) open(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(g.path, []byte("go\n"), 0o600); err != nil { // waits for the reader
		t.Error(err)
	}
}

type finished struct {
	exit int
	err  error
}

// follow follows a job in the background; each finished line comes by lines.
func follow(ctx context.Context, dial Redialer, j Job) (lines chan string, end chan finished) {
	lines, end = make(chan string, 1000), make(chan finished, 1)
	go func() {
		exit, err := FollowJob(ctx, dial, j, func(text string, partial bool) {
			if !partial {
				lines <- text
			}
		})
		close(lines)
		end <- finished{exit, err}
	}()
	return lines, end
}

func rest(lines chan string) (all []string) {
	for l := range lines {
		all = append(all, l)
	}
	return all
}

func TestJob(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		run := func(j Job) ([]string, int) {
			t.Helper()
			var lines []string
			exit, err := c.Job(t.Context(), j, func(text string, partial bool) {
				if !partial {
					lines = append(lines, text)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return lines, exit
		}
		j := Job{ID: "one", Script: `echo "$A, $HOME"; echo err >&2; echo run >>runs; cat; printf 'no end'; exit 3`, Env: map[string]string{"A": "it's"}}
		want := []string{"it's, " + h.home, "err", "no end"}
		for range 2 { // the second finds it finished
			if lines, exit := run(j); exit != 3 || !slices.Equal(lines, want) {
				t.Errorf("status %d, lines %q, want 3, %q", exit, lines, want)
			}
		}
		runs := func() int {
			b, err := os.ReadFile(filepath.Join(h.home, "runs"))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Count(string(b), "run")
		}
		if n := runs(); n != 1 {
			t.Errorf("%d runs, want 1", n)
		}
		j.Again = true
		if _, exit := run(j); exit != 3 || runs() != 2 {
			t.Errorf("again: status %d, %d runs", exit, runs())
		}
		j.Again = false
		j.Script += " # changed"
		if _, exit := run(j); exit != 3 || runs() != 3 {
			t.Errorf("changed: status %d, %d runs", exit, runs())
		}
		if lines, exit := run(Job{ID: "killed", Script: "kill -KILL $$"}); exit != 137 || len(lines) > 0 {
			t.Errorf("killed: status %d, lines %q", exit, lines)
		}
		dir := filepath.Join(h.home, ".jupyter-ec2", "jobs", "one")
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "env")); !os.IsNotExist(err) {
			t.Errorf("the environment is left behind: %v", err)
		}
	})
}

// The heart of it: connections are lost at any time, and every line comes once.
func TestJobOutlivesConnections(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		r := newRelay(t, h.addr)
		direct := h
		h.addr = r.addr
		first, second := newGate(t), newGate(t)
		j := Job{ID: "long", Again: true, Script: fmt.Sprintf(
			"i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; printf half\n%s\necho ' line'; %s; echo end; exit 5", first.wait(), second.wait())}
		retried := make(chan error, 100)
		j.Retrying = func(err error) { retried <- err }
		lines, end := follow(t.Context(), h.dial, j)
		for i := range 200 {
			if l := <-lines; l != fmt.Sprintf("line %d", i) {
				t.Fatalf("line %d is %q", i, l)
			}
		}
		r.setDown(true)
		if got := reasonOf(t, <-retried); got != Closed {
			t.Errorf("retried because of %q", got)
		}
		first.open(t) // it continues while nobody is connected
		r.setDown(false)
		if l := <-lines; l != "half line" {
			t.Errorf("after the loss: %q", l)
		}
		r.cut()
		if got := reasonOf(t, <-retried); got != Closed {
			t.Errorf("cut off, retried because of %q", got)
		}
		lines2, end2 := follow(t.Context(), direct.dial, j) // joins, although Again is set
		if l := <-lines2; l != "line 0" {
			t.Errorf("the second client begins with %q", l)
		}
		second.open(t)
		if got := rest(lines); !slices.Equal(got, []string{"end"}) {
			t.Errorf("at the end %q", got)
		}
		if got := rest(lines2); len(got) != 201 || got[200] != "end" {
			t.Errorf("the second client got %d more lines", len(got))
		}
		for _, e := range []finished{<-end, <-end2} {
			if e.err != nil || e.exit != 5 {
				t.Errorf("status %d, %v, want 5", e.exit, e.err)
			}
		}
	})
}

func TestJobStartedTogether(t *testing.T) {
	h := startHost(t, nil)
	g := newGate(t)
	j := Job{ID: "both", Again: true, Script: "echo run >>runs; echo begun; " + g.wait() + "; echo end"}
	var all []chan string
	var ends []chan finished
	for range 6 {
		lines, end := follow(t.Context(), h.dial, j)
		all, ends = append(all, lines), append(ends, end)
	}
	for _, lines := range all {
		if l := <-lines; l != "begun" {
			t.Errorf("begins with %q", l)
		}
	}
	g.open(t)
	for i, end := range ends {
		if got := rest(all[i]); !slices.Equal(got, []string{"end"}) {
			t.Errorf("lines %q", got)
		}
		if e := <-end; e.err != nil || e.exit != 0 {
			t.Errorf("%+v", e)
		}
	}
	if b, err := os.ReadFile(filepath.Join(h.home, "runs")); err != nil || string(b) != "run\n" {
		t.Errorf("runs: %q, %v", b, err)
	}
}

func TestLostJob(t *testing.T) {
	h := startHost(t, nil)
	g := newGate(t)
	j := Job{ID: "lost", Script: "[ ! -e second ] || { echo anew; exit 0; }; : >second; echo begun; " + g.wait()}
	lines, end := follow(t.Context(), h.dial, j)
	if l := <-lines; l != "begun" {
		t.Fatalf("begins with %q", l)
	}
	killJob(t, h, "lost")
	e := <-end
	var lost *JobError
	if !errors.As(e.err, &lost) || !lost.Lost {
		t.Fatalf("got %+v, want a lost job", e)
	}
	if p := lost.Problem(); p.Kind != problem.Server || p.Title == "" || p.Text == "" || p.Next.Empty() {
		t.Errorf("explained as %+v", p)
	}
	lines, end = follow(t.Context(), h.dial, j)
	if got, e := rest(lines), <-end; !slices.Equal(got, []string{"anew"}) || e.exit != 0 || e.err != nil {
		t.Errorf("started anew: %q, %+v", got, e)
	}
}

// A machine begins a job at its boot without a connection; whoever follows it
// later joins that run, and sees its log from the first byte, while it runs and
// when it has ended.
func TestAJobBegunWithoutAConnectionIsJoined(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		g := newGate(t)
		joined := 0
		j := Job{ID: "boot", Script: "echo run >>runs; echo begun; " + g.wait() + "; echo end; exit 4", Joined: func() { joined++ }}
		start, err := j.StartScript()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if out, err := h.client(t).Output(t.Context(), start); err != nil || out != "" {
				t.Fatalf("%q, %v", out, err)
			}
		}
		lines, end := follow(t.Context(), h.dial, j)
		if l := <-lines; l != "begun" {
			t.Errorf("begins with %q", l)
		}
		g.open(t)
		if got, e := rest(lines), <-end; !slices.Equal(got, []string{"end"}) || e.err != nil || e.exit != 4 || joined != 1 {
			t.Errorf("%q, %+v, joined %d times", got, e, joined)
		}
		lines, end = follow(t.Context(), h.dial, j)
		if got, e := rest(lines), <-end; !slices.Equal(got, []string{"begun", "end"}) || e.err != nil || e.exit != 4 || joined != 2 {
			t.Errorf("after its end: %q, %+v, joined %d times", got, e, joined)
		}
		if b, err := os.ReadFile(filepath.Join(h.home, "runs")); err != nil || string(b) != "run\n" {
			t.Errorf("runs: %q, %v", b, err)
		}
		own := Job{ID: "own", Script: "true", Joined: func() { t.Error("its own run was taken for another's") }}
		if _, err := h.client(t).Job(t.Context(), own, func(string, bool) {}); err != nil {
			t.Error(err)
		}
	})
}

// killJob ends all of a job's processes, as a power loss would, with what
// they leave behind: no status.
func killJob(t *testing.T, h host, id string) {
	t.Helper()
	// Job processes are session leaders of their own where there is setsid.
	script := `read -r p rest <~/.jupyter-ec2/jobs/` + id + `/pid && kill -KILL -"$p"`
	if out, err := h.client(t).Output(t.Context(), script); err != nil {
		t.Skipf("its processes cannot be ended as a group here: %v %s", err, out)
	}
}

// Hosts without setsid, macOS for one, start jobs by nohup; and what sh is
// differs.
func TestJobWithoutSetsid(t *testing.T) {
	for _, shell := range []string{"sh", "bash", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			sh, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			bin := t.TempDir()
			link := func(path, name string) {
				if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
					t.Fatal(err)
				}
			}
			link(sh, "sh")
			for _, tool := range strings.Fields("cat dirname mktemp chmod date dd mkdir mv rm rmdir ls sleep tail head wc nohup id ps") {
				if path, err := exec.LookPath(tool); err == nil {
					link(path, tool)
				}
			}
			t.Setenv("PATH", bin) // startHost's shells get it
			h := startHost(t, nil)
			j := Job{ID: "plain", Script: "echo \"$A\"; echo done; exit 4", Env: map[string]string{"A": "it's\n$x"}}
			lines, end := follow(t.Context(), h.dial, j)
			if got, e := rest(lines), <-end; !slices.Equal(got, []string{"it's", "$x", "done"}) || e.err != nil || e.exit != 4 {
				t.Errorf("%q, %+v", got, e)
			}
			if err := h.client(t).Upload(t.Context(), "a/b", 0, strings.NewReader("text")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A job is followed over the connection that there is, which stays open.
func TestFollowJobOverAConnection(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		none := func(context.Context) (*Client, error) { return nil, errors.New("another connection was made") }
		lines, end := follow(t.Context(), none, Job{ID: "over", Script: "echo one; exit 2", Over: c})
		if got, e := rest(lines), <-end; !slices.Equal(got, []string{"one"}) || e.err != nil || e.exit != 2 {
			t.Errorf("%q, %+v", got, e)
		}
		if out, err := c.Output(t.Context(), "echo open"); err != nil || out != "open\n" {
			t.Errorf("it was closed: %q, %v", out, err)
		}
	})
}

func TestJobProblems(t *testing.T) {
	h := startHost(t, nil)
	for _, id := range []string{"", "A", "../x", "a b", strings.Repeat("x", 61)} {
		if _, err := FollowJob(t.Context(), h.dial, Job{ID: id}, func(string, bool) {}); err == nil {
			t.Errorf("the name %q was taken", id)
		}
	}
	if err := os.WriteFile(filepath.Join(h.home, ".jupyter-ec2"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := FollowJob(t.Context(), h.dial, Job{ID: "x", Script: "true"}, func(string, bool) {})
	var e *JobError
	if !errors.As(err, &e) || e.Lost || e.Text == "" {
		t.Errorf("a home that cannot be written: %v", err)
	}
	stranger := h
	stranger.signer = newSigner(t)
	_, err = FollowJob(t.Context(), stranger.dial, Job{ID: "x", Script: "true"}, func(string, bool) {})
	if got := reasonOf(t, err); got != Denied {
		t.Errorf("reason %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	down := func(context.Context) (*Client, error) { return nil, &Error{Reason: Timeout, Addr: "x"} }
	_, err = FollowJob(ctx, down, Job{ID: "x", Retrying: func(error) { cancel() }}, func(string, bool) {})
	if err == nil {
		t.Error("a job without a host finished")
	}
}

func TestReport(t *testing.T) {
	got := parseReport("begun\nrun 1-2\n\nwarning: x\nended 7\n")
	if got != (report{begun: true, run: "1-2", ended: true, exit: 7, rest: "warning: x\n"}) {
		t.Errorf("%+v", got)
	}
}

func FuzzReport(f *testing.F) {
	f.Add("run 12-34\n\nended 0\n")
	f.Add("run ;\nended 999\nlost\nsh: 1: not found\n")
	f.Fuzz(func(t *testing.T, s string) {
		r := parseReport(s)
		if r.exit < 0 || r.exit > 255 || r.run != "" && !runName(r.run) {
			t.Errorf("%+v", r)
		}
	})
}
