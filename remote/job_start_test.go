package remote

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// Others wait for a start as long as its holder lives, or the run that it has
// begun.
func TestJobStartIsWaitedForWhileItsHolderLives(t *testing.T) {
	for name, c := range map[string]struct {
		in     string // what the first start is at
		killed bool   // then
	}{"slow": {"date", false}, "killed before its run": {"date", true}, "killed after its run has begun": {"setsid", true}} {
		t.Run(name, func(t *testing.T) {
			g, bin, home := newGate(t), t.TempDir(), ""
			script := func(name, text string) {
				path, err := exec.LookPath(name)
				if err != nil {
					t.Skipf("%s is not installed", name)
				}
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\nexec "+path+" \"$@\"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script(c.in, "if mkdir ~/first 2>/dev/null; then "+g.wait()+"; fi")
			script("flock", "echo $PPID >>~/takers")
			script("sleep", "exit 0") // so that what counts its pauses soon has enough
			t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			h := startHost(t, nil)
			home = h.home
			takers := func() []string {
				b, _ := os.ReadFile(filepath.Join(home, "takers")) // there is none yet
				return strings.Fields(string(b))
			}
			j := Job{ID: "slow", Script: "echo run >>runs; echo ran"}
			first, firstEnd := follow(t.Context(), h.dial, j)
			await.Until(t, "a start that is in the middle", func() bool {
				_, err := os.Stat(filepath.Join(home, "first"))
				return err == nil
			})
			second, secondEnd := follow(t.Context(), h.dial, j)
			await.Until(t, "another one that waits for it", func() bool { return len(takers()) >= 2 || len(secondEnd) > 0 })
			if len(secondEnd) > 0 {
				t.Error("it was started twice")
			} else if c.killed {
				if out, err := h.client(t).Output(t.Context(), "kill -KILL "+takers()[0]); err != nil {
					t.Fatal(err, out)
				}
			}
			g.open(t)
			for _, f := range []struct {
				lines chan string
				end   chan finished
			}{{first, firstEnd}, {second, secondEnd}} {
				if got, e := rest(f.lines), <-f.end; !slices.Equal(got, []string{"ran"}) || e.err != nil {
					t.Errorf("%q, %+v", got, e)
				}
			}
			if runs, err := os.ReadFile(filepath.Join(home, "runs")); err != nil || string(runs) != "run\n" {
				t.Errorf("it ran so often: %q, %v", runs, err)
			}
		})
	}
}

// A run that cannot begin is told at once.
func TestJobThatEndsBeforeItBegins(t *testing.T) {
	bin := t.TempDir()
	for _, name := range []string{"setsid", "nohup"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	_, err := FollowJob(t.Context(), startHost(t, nil).dial, Job{ID: "x", Script: "true"}, func(string, bool) {})
	var e *JobError
	if !errors.As(err, &e) || e.Lost || !strings.Contains(e.Text, "it ended before it had begun") {
		t.Errorf("got %v", err)
	}
}
