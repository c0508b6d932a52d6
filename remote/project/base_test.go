//go:build unix

package project

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// leadsOut makes something that is never kept alike.
func leadsOut(t testing.TB, name string) {
	t.Helper()
	must(t, os.Symlink("/", name))
}

// The disk keeps what is here before the base speaks of it.
func TestOnDiskBeforeTheBase(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.there, "theirs"), "0")
	write(t, filepath.Join(s.here, "ours"), "0")
	p := s.open()
	system, failed, flushed := p.flush, errors.New("no disk"), 0
	p.flush = func(paths []string) error {
		flushed++
		if _, err := os.Stat(filepath.Join(s.here, "theirs")); err != nil {
			t.Error(err)
		}
		known, err := Known(s.cfg.State)
		if err != nil || len(known) > 0 {
			t.Errorf("the base already is %v, %v", known, err)
		}
		return errors.Join(system(paths), failed)
	}
	if _, err := p.Pass(t.Context()); !errors.Is(err, failed) {
		t.Errorf("without a disk: %v", err)
	}
	failed = nil
	s.pass(p)
	if known, err := Known(s.cfg.State); err != nil || len(known) != 2 {
		t.Errorf("the base is %v, %v", known, err)
	}
	flushed = 0
	if s.pass(p); flushed > 0 {
		t.Error("the disk was asked for nothing")
	}
}

// The host's disk keeps what the host says, before it says it.
func TestOnDiskBeforeItIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sub/a"), "0")
	cmd := exec.Command("python3", "-I", "-S", "-X", "utf8", "-c", lookScript+actScript+`
side, FEW, real = Side(), 4, on_disk
on_disk = lambda path, call: say(all=True) if call is FLUSH else say(disk=path)
side.open(sys.argv[1], True, "x" * 26)
for n in range(2):
    side.scan()
side.apply([{"do": "folder", "p": "new", "was": None, "i": ["folder", 493, 0, 0, "", "", False]}])
os.remove("sub/a")
os.symlink("/", "sub/out")
side.scan()
for n in range(5):
    os.mkdir("m%d" % n)
side.scan()
on_disk = real
flush(["new"])
flush(["new"] * 5)
`, dir)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var said []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n")[2:] {
		said = append(said, strings.Trim(strings.SplitN(line, ",", 2)[0], `{}`))
	}
	want := `"disk":"sub/a" "disk":"sub" "disk":"." "disk":"sub" "p":"sub/a" "p":"sub" "done":true "done":true ` +
		`"disk":".jupyter-ec2-sync/old" "disk":"new" "disk":"." "disk":".jupyter-ec2-sync" "n":0 "done":true ` +
		`"disk":"sub" "disk":"sub/a" "disk":"." "disk":"sub" "p":"sub/out" "p":"sub" "p":"sub/a" "done":true "all":true`
	if got := strings.Join(said, " "); !strings.HasPrefix(got, want+` "p":"m`) {
		t.Errorf("%s, want %s", got, want)
	}
}

// Where all or most of a project is gone nothing is deleted, whatever else is there.
func TestMostIsGone(t *testing.T) {
	t.Parallel()
	for what, lose := range map[string]func(t *testing.T, at string){
		"all, but for something that is never kept alike": func(t *testing.T, at string) {
			remove(t, filepath.Join(at, "data"), filepath.Join(at, "a"))
			leadsOut(t, filepath.Join(at, "lost+found"))
		},
		"a folder with most of it": func(t *testing.T, at string) {
			remove(t, filepath.Join(at, "data"))
			mkdir(t, filepath.Join(at, "data"))
		},
		"": func(t *testing.T, at string) {
			must(t, os.Rename(filepath.Join(at, "data"), filepath.Join(at, "other")))
			write(t, filepath.Join(at, "new"), "1")
		},
	} {
		t.Run(what, func(t *testing.T) {
			eachSide(t, func(t *testing.T, s *sides, at string) {
				write(t, filepath.Join(s.here, "a"), "0")
				many := few + 1
				if strings.HasPrefix(what, "all") {
					many = 3
				}
				for n := range many {
					write(t, filepath.Join(s.here, "data", fmt.Sprint(n)), fmt.Sprint("data ", n))
				}
				p := s.open()
				s.pass(p)
				lose(t, at)
				_, err := p.Pass(t.Context())
				var emptied *EmptiedError
				if errors.As(err, &emptied) != (what != "") || what == "" && err != nil || what != "" && (emptied.Side == Here) != (at == s.here) {
					t.Errorf("%v", err)
				}
				for _, dir := range []string{s.here, s.there} {
					if n := len(filesIn(t, dir)); dir != at && n < many {
						t.Errorf("%d files are left", n)
					}
				}
			})
		})
	}
}

// A small project is protected as a large one is, and what is left of it has to be
// more than rules and what belongs to programs.
func TestMostOfASmallProjectIsGone(t *testing.T) {
	t.Parallel()
	files := func(names ...string) Tree {
		all := Tree{}
		for _, name := range names {
			all[name] = Item{Kind: File, Hash: strings.TrimPrefix(name, "moved/")}
		}
		return all
	}
	many := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
	for _, c := range []struct {
		name string
		base Tree
		left Tree
		want bool
	}{
		{"5 of 9", files(many...), files(many[5:]...), true},
		{"4 of 9", files(many...), files(many[4:]...), false},
		{"5 of 10", files(append(many, "j")...), files(append(many, "j")[5:]...), false},
		{"2 of 3", files("a", "b", "c"), files("c"), false},
		{"all but rules", files("a", "data/b", ".gitignore", "data/.gitignore"), files(".gitignore", "data/.gitignore"), true},
		{"one, and rules stay", files("a", ".gitignore"), files(".gitignore"), true},
		{"one, and another comes", files("a", ".gitignore"), files(".gitignore", "new"), false},
		{"rules", files("a", ".gitignore"), files("a"), false},
		{"a rule of a project that has nothing else", files(".x", ".gitignore"), files(".x"), false},
		{"moved", files(many...), files("moved/a", "moved/b", "moved/c", "moved/d", "moved/e", "moved/f", "moved/g", "moved/h", "moved/i"), false},
	} {
		if got := lost(c.base, Scan{Tree: c.left}, Scan{Tree: c.base}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// Another folder in a side's place has deleted nothing, and gets what the other has.
func TestAnotherOneInItsPlace(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		write(t, filepath.Join(s.here, "README"), "0")
		write(t, filepath.Join(s.here, "data"), "0")
		p := s.open()
		s.pass(p)
		must(t, p.Close())
		p = s.open()
		write(t, filepath.Join(s.here, "left"), "0")
		s.pass(p)
		remove(t, filepath.Join(at, "left")) // by somebody, as it is the same folder
		s.pass(p)
		must(t, p.Close())
		remove(t, at)
		write(t, filepath.Join(at, "README"), "0")
		p = s.open()
		s.pass(p)
		s.alike(map[string]string{"README": "=0", "data": "=0"})
		must(t, p.Close())
		remove(t, filepath.Join(at, "data"))
		s.pass(s.open())
		s.alike(map[string]string{"README": "=0"})
	})
}

// What one side cannot tell, and the other has deleted, is known to be deleted.
func TestDeletedWhereTheOtherCannotTell(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		other := s.here
		if at == other {
			other = s.there
		}
		write(t, filepath.Join(s.here, "a"), "0")
		write(t, filepath.Join(s.here, "b"), "0")
		p := s.open()
		s.pass(p)
		name := filepath.Join(at, "a")
		must(t, os.Rename(name, name+".old"))
		leadsOut(t, name)
		remove(t, filepath.Join(other, "a"))
		s.pass(p)
		must(t, os.Rename(name+".old", name))
		s.rest(p)
		all := contents(t, at)
		if delete(all, "a.old"); len(all) != 1 {
			t.Errorf("there is %v", all)
		}
	})
}

// What is staged is not brought again, however often what is to be done with it fails.
func TestBroughtOnce(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		from := s.here
		if at == from {
			from = s.there
		}
		p := s.open()
		s.pass(p)
		write(t, filepath.Join(from, "new"), "0")
		brought := 0
		s.host.cut = func(string) error {
			brought++
			write(t, filepath.Join(at, "new"), "theirs")
			return nil
		}
		if r, err := p.Pass(t.Context()); err != nil || len(r.Failures) != 1 || !r.Failures[0].Changed() {
			t.Fatalf("%+v, %v", r, err)
		}
		remove(t, filepath.Join(at, "new"))
		if s.pass(p); brought != 1 {
			t.Errorf("it was brought %d times", brought)
		}
		s.alike(map[string]string{"new": "=0"})
	})
}

// Why a file does not come is told, unless the next pass does it.
func TestWhyAFileDoesNotCome(t *testing.T) {
	t.Parallel()
	for reason, changed := range map[remote.CopyReason]bool{remote.CopyFailed: false, remote.CopyDiskFull: false, remote.CopyNoPermission: false, remote.CopyShrank: true, remote.CopyNoFile: true} {
		t.Run(string(reason), func(t *testing.T) {
			eachSide(t, func(t *testing.T, s *sides, at string) {
				p := s.open()
				from := s.here
				if at == from {
					from = s.there
				}
				write(t, filepath.Join(from, "a"), "0")
				s.host.cut = func(string) error { return &remote.CopyError{Reason: reason, Path: "a", Text: "quota"} }
				r, err := p.Pass(t.Context())
				if err != nil || len(r.Failures) != 1 {
					t.Fatalf("%+v, %v", r, err)
				}
				var of *remote.CopyError
				if f := r.Failures[0]; f.Changed() != changed || errors.As(f.Err, &of) == changed {
					t.Errorf("%v", f.Err)
				}
			})
		})
	}
}

// A folder stays as it is while something in it is left out, though it is to be a
// file: that does not come each time.
func TestAFolderThatCannotGo(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		other := s.here
		if at == other {
			other = s.there
		}
		write(t, filepath.Join(s.here, ".gitignore"), "*.bin\n")
		write(t, filepath.Join(s.here, "build/x"), "0")
		p := s.open()
		s.pass(p)
		write(t, filepath.Join(at, "build/sub/left.bin"), "0")
		s.pass(p)
		remove(t, filepath.Join(other, "build"))
		write(t, filepath.Join(other, "build"), "1")
		brought := 0
		s.host.cut = func(string) error { brought++; return nil }
		r := s.rest(p)
		if _, there := r.There["build"]; brought > 0 || r.Unknown["build"] != unknownHolds || !there {
			t.Errorf("brought %d times: %v, %v", brought, r.Unknown, r.There)
		}
		if all := contents(t, at); all["build/sub/left.bin"] != "=0" || all["build/x"] != "" {
			t.Errorf("there is %v", all)
		}
		remove(t, filepath.Join(at, "build/sub/left.bin"))
		s.rest(p)
		s.alike(map[string]string{".gitignore": "=*.bin", "build": "=1"})
	})
}

// What the machine alone has is known, whichever side is why it is left as it is.
func TestWhatTheMachineHasAlone(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	for _, name := range []string{"data/x", "same/x", "replaced"} {
		write(t, filepath.Join(s.here, name), "0")
	}
	p := s.open()
	s.pass(p)
	for _, name := range []string{"data", "same", "replaced"} {
		remove(t, filepath.Join(s.here, name))
		leadsOut(t, filepath.Join(s.here, name))
	}
	write(t, filepath.Join(s.there, "data/sub/result"), "1")
	write(t, filepath.Join(s.there, "replaced"), "1")
	mkdir(t, filepath.Join(s.there, "same/empty"))
	leadsOut(t, filepath.Join(s.there, "out"))
	if r := s.pass(p); len(r.Unknown) != 4 || !maps.Equal(r.There, map[string]string{"data": "", "replaced": ""}) {
		t.Errorf("%v, alone there %v", r.Unknown, r.There)
	}
}

// However much is to be done, only so much is asked at once.
func TestBatches(t *testing.T) {
	t.Parallel()
	op := func(do Do, size int64) Op { return Op{Do: do, Item: Item{Size: size}} }
	many := func(n int, o Op) (all []Op) {
		for range n {
			all = append(all, o)
		}
		return all
	}
	for _, c := range []struct {
		ops  []Op
		want int
	}{
		{many(3*batchFiles, op(Delete, 1<<40)), batchFiles},
		{many(3*batchFiles, op(PutFile, 1)), batchFiles},
		{many(3, op(PutFile, batchBytes)), 1},
		{many(3, op(PutFile, 1)), 3},
		{append(many(3, op(MakeFolder, 0)), op(PutFile, 1)), 3},
		{append(many(3, op(PutFile, 0)), op(Delete, 1)), 3},
	} {
		if got := batch(c.ops); got != c.want {
			t.Errorf("%d of %d, want %d", got, len(c.ops), c.want)
		}
	}
}
