package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rounds is how many rounds of edits and faults TestRandomEdits makes.
var rounds = flag.Int("rounds", 300, "rounds of random edits and faults")

// files are the contents of files by path, as a person sees them.
type files map[string]string

// filesIn are those in a folder.
func filesIn(t testing.TB, dir string) files {
	all := files{}
	for p, what := range contents(t, dir) {
		if strings.HasPrefix(what, "=") {
			all[p] = what
		}
	}
	return all
}

// editor edits a project at random. What it writes is never written twice.
type editor struct {
	*rand.Rand
	t     testing.TB
	count int
}

func (e *editor) pick(of []string) string { return of[e.IntN(len(of))] }

// edit makes some edits in a folder. Names of files are never those of folders.
func (e *editor) edit(dir string) {
	folders := []string{"", "A", "B", "A/C", "A/C/D", "é e"}
	names := []string{"x", "y.txt", "z.ipynb", ".hidden", "with space", "ünï.py"}
	for range e.IntN(6) {
		name := filepath.Join(dir, e.pick(folders), e.pick(names))
		all := filesIn(e.t, dir)
		if delete(all, "always"); len(all) > 0 && e.IntN(3) == 0 {
			name = filepath.Join(dir, e.pick(slices.Sorted(maps.Keys(all)))) // also what a conflict kept
		}
		switch e.IntN(10) {
		case 0, 1:
			remove(e.t, name)
		case 2:
			remove(e.t, filepath.Join(dir, e.pick(folders[1:])))
		case 3:
			mkdir(e.t, filepath.Join(dir, e.pick(folders[1:])))
		case 4:
			to := filepath.Join(dir, e.pick(folders), e.pick(names))
			if _, err := os.Stat(name); err == nil {
				mkdir(e.t, filepath.Dir(to))
				if err := os.Rename(name, to); err != nil {
					e.t.Fatal(err)
				}
			}
		case 5:
			if err := os.Chmod(name, fs.FileMode(e.pickMode())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				e.t.Fatal(err)
			}
		default:
			e.count++
			write(e.t, name, fmt.Sprintf("%d%s", e.count, strings.Repeat(" and more", e.IntN(3))))
		}
	}
}

func (e *editor) pickMode() int { return []int{0o600, 0o644, 0o755}[e.IntN(3)] }

// fault has the next passes end early, somewhere.
func (e *editor) fault(host *local) {
	host.cut, host.asked = nil, nil
	switch left := e.IntN(6); e.IntN(3) {
	case 0: // a copy is cut
		host.cut = func(string) error {
			if left--; left < 0 {
				return errCut
			}
			return nil
		}
	case 1: // the host's part is killed
		late := time.Duration(e.IntN(3000)) * time.Microsecond
		host.asked = func(kill func()) {
			if left--; left == 0 {
				time.AfterFunc(late, kill)
			}
		}
	}
}

// Whatever is cut or killed, where and however often: both sides become what the
// edits on both say, as soon as something is left alone for long enough, and
// nothing is left over.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	const each = 15 // rounds with the same folders
	for n := range (*rounds + each - 1) / each {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			e := &editor{Rand: rand.New(rand.NewPCG(seed, 0)), t: t}
			s := newSides(t)
			s.cfg.Emptied = true
			write(t, filepath.Join(s.here, "always"), "there")
			was := Tree{}
			for range each {
				e.edit(s.here)
				e.edit(s.there)
				here, there := treeIn(t, s.here), treeIn(t, s.there)
				for range e.IntN(4) {
					e.fault(s.host)
					s.interrupted(e)
				}
				s.host.cut, s.host.asked = nil, nil
				s.untilAlike()
				got := treeIn(t, s.here)
				if bad := unlike(got, was, here, there, (&Project{cfg: s.cfg}).aside); bad != "" {
					t.Fatalf("seed %d: %s", seed, bad)
				}
				was = got
				if diff := cmp.Diff(contents(t, s.here), contents(t, s.there)); diff != "" {
					t.Fatalf("seed %d: the sides differ (-here +there):\n%s", seed, diff)
				}
			}
			for _, dir := range []string{s.here, s.there} {
				left := slices.DeleteFunc(inStage(t, dir), func(name string) bool { return strings.HasPrefix(name, "in-") })
				if len(left) > 0 {
					t.Errorf("seed %d: left over in %s: %q", seed, dir, left)
				}
			}
		})
	}
}

// treeIn are the files in a folder, as they are.
func treeIn(t testing.TB, dir string) Tree {
	all := Tree{}
	for p, content := range filesIn(t, dir) {
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(content[1:]))
		all[p] = Item{Kind: File, Mode: info.Mode(), Hash: hex.EncodeToString(sum[:]), Time: info.ModTime()}
	}
	return all
}

// interrupted makes a pass that may end anywhere, in this process or in another
// one that is killed.
func (s *sides) interrupted(e *editor) {
	s.t.Helper()
	if e.IntN(4) == 0 {
		s.killed(time.Duration(e.IntN(150)) * time.Millisecond)
		return
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	p, err := Open(ctx, s.cfg)
	if err != nil {
		return
	}
	_, _ = p.Pass(ctx) // as it may
	if e.IntN(2) == 0 {
		cancel() // nothing is tidied up on the host's side
	}
	_ = p.Close()
}

// untilAlike makes passes until there is nothing to do.
func (s *sides) untilAlike() {
	s.t.Helper()
	p, err := Open(s.t.Context(), s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			s.t.Error(err)
		}
	}()
	for range 6 {
		r, err := p.Pass(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Done == 0 && len(r.Failures) == 0 && len(r.Unknown) == 0 {
			return // nothing was changed while it was read, by the part of one that was killed
		}
	}
	s.t.Fatal("after six passes there still is something to do")
}

// killedIn names the folder in which a process of its own makes a pass.
const killedIn = "JUPYTER_EC2_TEST_KILLED_IN"

// killed makes passes in another process, which is killed after so long.
func (s *sides) killed(after time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), after)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledPass$")
	cmd.Env = append(os.Environ(), killedIn+"="+filepath.Dir(s.here))
	cmd.WaitDelay = time.Minute
	_ = cmd.Run() // it is killed, mostly
}

// TestKilledPass is run by TestRandomEdits, and killed.
func TestKilledPass(t *testing.T) {
	dir := os.Getenv(killedIn)
	if dir == "" {
		t.Skip("it is run by TestRandomEdits")
	}
	s := &sides{t: t, here: filepath.Join(dir, "here"), host: &local{home: filepath.Join(dir, "home")}}
	s.cfg = Config{Dir: s.here, Host: s.host, HostDir: "proj", Name: "lab", State: filepath.Join(dir, "state.json"), Emptied: true}
	s.untilAlike()
}
