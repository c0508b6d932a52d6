//go:build unix

package project

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// keep makes the sides alike whenever one of them has changed, until the test ends.
func (s *sides) keep(p *Project) {
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() {
		for {
			_, err := p.Pass(ctx)
			if err == nil {
				err = p.Wait(ctx, 0)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			s.t.Error(err)
		}
	})
}

// has waits until a side has a file of that content.
func has(t *testing.T, content, name string) {
	t.Helper()
	await.Until(t, name, func() bool { b, err := os.ReadFile(name); return err == nil && string(b) == content })
}

// A change on either side is on the other, also in folders that are new, and nobody
// looks at what did not change.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "a")
	p := s.open()
	s.keep(p)
	has(t, "a", filepath.Join(s.there, "a"))
	write(t, filepath.Join(s.here, "b"), "b")
	has(t, "b", filepath.Join(s.there, "b"))
	write(t, filepath.Join(s.there, "c"), "c")
	has(t, "c", filepath.Join(s.here, "c"))
	write(t, filepath.Join(s.here, "new/deep/d"), "d")
	has(t, "d", filepath.Join(s.there, "new/deep/d"))
	write(t, filepath.Join(s.there, "new/deep/e"), "e")
	has(t, "e", filepath.Join(s.here, "new/deep/e"))
	write(t, filepath.Join(s.there, "other/deep/f"), "f")
	has(t, "f", filepath.Join(s.here, "other/deep/f"))
	write(t, filepath.Join(s.here, "other/deep/g"), "g")
	has(t, "g", filepath.Join(s.there, "other/deep/g"))
	if p.watch.isDeaf() {
		t.Error("one of the sides is not watched")
	}
}

// A folder that has another name is watched under that one, with those in it, and
// one that gets the name that it had is watched too. Then nothing is told of that
// does not change.
func TestRenamedFoldersAreWatched(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	s.host.untold = true
	write(t, filepath.Join(s.here, "a/c/f"), "1")
	p := s.open()
	rests := func() bool {
		s.pass(p)
		ctx, cancel := context.WithTimeout(t.Context(), 4*gather)
		defer cancel()
		return errors.Is(p.Wait(ctx, 0), context.DeadlineExceeded)
	}
	told := func(what string) {
		if err := p.Wait(await.Context(t), 0); err != nil {
			t.Fatalf("nobody tells of %s: %v", what, err)
		}
		await.Until(t, "rest after "+what, rests)
	}
	await.Until(t, "rest", rests)
	if err := os.Rename(filepath.Join(s.here, "a"), filepath.Join(s.here, "b")); err != nil {
		t.Fatal(err)
	}
	told("another name")
	write(t, filepath.Join(s.here, "b/c/f"), "changed")
	told("a change in the folder in it")
	mkdir(t, filepath.Join(s.here, "a/c"))
	told("a folder of the old name")
	write(t, filepath.Join(s.here, "a/c/f"), "2")
	told("a file in that")
	remove(t, filepath.Join(s.here, "a/c/f"))
	remove(t, filepath.Join(s.here, "a/c"))
	mkdir(t, filepath.Join(s.here, "a/c"))
	told("a folder that is another one")
	write(t, filepath.Join(s.here, "a/c/f"), "3")
	told("a file in that")
}

// The rules of now say what is told of.
func TestTheWatchFollowsTheRules(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, ".gitignore"), "data/\n")
	write(t, filepath.Join(s.there, "data/a"), "a")
	s.keep(s.open())
	has(t, "data/\n", filepath.Join(s.there, ".gitignore"))
	write(t, filepath.Join(s.here, ".gitignore"), "")
	has(t, "a", filepath.Join(s.here, "data/a"))
	write(t, filepath.Join(s.there, "data/b"), "b")
	has(t, "b", filepath.Join(s.here, "data/b"))
}

// hostWatch starts the host's part of a watch, and tells its lines.
func hostWatch(t *testing.T, dir string, looks bool) *bufio.Scanner {
	t.Helper()
	rules := newRules(false)
	rules.Add("", "*.log\n")
	first, err := json.Marshal(map[string]any{"root": dir, "rules": rules, "looks": looks})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-I", "-S", "-X", "utf8", "-c", lookScript+watchScript)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = in.Write(append(first, '\n'))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("it does not end with its input: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("it says nothing")
	}
	want := "Changes"
	if looks {
		want = "Looks"
	}
	if lines.Text() != `{"watches":"`+want+`"}` {
		t.Fatalf("it says %s", lines.Text())
	}
	return lines
}

// The host tells of each change, by the system and without it, until its input ends.
func TestTheHostTellsOfChanges(t *testing.T) {
	t.Parallel()
	for _, looks := range []bool{false, true} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a"), "a")
		lines := hostWatch(t, dir, looks)
		for _, change := range []func(){
			func() { write(t, filepath.Join(dir, "a"), "changed") },
			func() { remove(t, filepath.Join(dir, "a")) },
			func() { mkdir(t, filepath.Join(dir, "sub")) },
		} {
			change()
			if !lines.Scan() || lines.Text() != `{"changed":true}` {
				t.Fatalf("looks %v: it says %q", looks, lines.Text())
			}
		}
	}
}

// leftOutThere asks the two ways to find a change about what is left out, what is ours,
// and what is neither, also in a folder that is new.
const leftOutThere = `
import sys
source, rules = sys.argv[1], json.loads(sys.argv[2])
def put(name):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "a") as f:
        f.write("x")
told, looks = Changes(Rules(rules)), Looks(Rules(rules))
for names in (["x.log", ".git/HEAD", OWN + "sync/half"], ["sub/a"], ["sub/x.log", "sub/.venv/lib"], ["sub/b"], ["x.log"]):
    for name in names:
        put(name)
    now = looks.look()
    print(names[0], told.matters(), now != looks.was)
    looks.was = now
`

func TestTheHostLeavesOut(t *testing.T) {
	t.Parallel()
	rules := newRules(false)
	rules.Add("", "*.log\n")
	b, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	source, _, _ := strings.Cut(watchScript, "\ntry:\n    watch()")
	cmd := exec.Command("python3", "-I", "-S", "-X", "utf8", "-c", lookScript+source+leftOutThere, "", string(b))
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	const want = "x.log False False\nsub/a True True\nsub/x.log False False\nsub/b True True\nx.log False False\n"
	if err != nil || string(out) != want {
		t.Errorf("%v:\n%s", err, out)
	}
}

// madeMeanwhile makes a folder in a new one just when that has been looked at.
const madeMeanwhile = `
told, scandir = Changes(Rules(json.loads(sys.argv[1]))), os.scandir
class meanwhile:
    def __init__(self, folder):
        with scandir(folder) as entries:
            self.all = list(entries)
        if folder == "new":
            os.makedirs("new/sub", exist_ok=True)
    def __enter__(self):
        return self.all
    def __exit__(self, *_):
        pass
os.mkdir("new")
os.scandir = meanwhile
told.matters()
os.scandir = scandir
told.matters()
open("new/sub/file", "w").close()
print(told.matters())
`

// A folder that is made while the one that it is in is only about to be told of is
// told of too.
func TestTheHostMissesNoNewFolder(t *testing.T) {
	t.Parallel()
	rules, err := json.Marshal(newRules(false))
	if err != nil {
		t.Fatal(err)
	}
	source, _, _ := strings.Cut(watchScript, "\ntry:\n    watch()")
	cmd := exec.Command("python3", "-I", "-S", "-X", "utf8", "-c", lookScript+source+madeMeanwhile, string(rules))
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "True\n" {
		t.Errorf("%v:\n%s", err, out)
	}
}

// What nobody tells of is found too.
func TestWhatIsNotToldIsFound(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	s.host.untold = true
	p := s.open()
	p.watch = newWatch()
	p.watch.leaveHere() // so nobody tells of this side, and it is not known to be deaf
	p.watch.anyway = gather
	s.keep(p)
	write(t, filepath.Join(s.there, "a"), "a")
	has(t, "a", filepath.Join(s.here, "a"))
	write(t, filepath.Join(s.here, "b"), "b")
	has(t, "b", filepath.Join(s.there, "b"))
}
