//go:build unix

package project

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// eachSide has a test made on each side: at is the folder of the side that it is
// about.
func eachSide(t *testing.T, test func(t *testing.T, s *sides, at string)) {
	t.Parallel()
	t.Run("here", func(t *testing.T) {
		t.Parallel()
		s := newSides(t)
		test(t, s, s.here)
	})
	t.Run("there", func(t *testing.T) {
		t.Parallel()
		s := newSides(t)
		test(t, s, s.there)
	})
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// rest makes passes until nothing is done any more, of which there are few.
func (s *sides) rest(p *Project) Result {
	s.t.Helper()
	for range 3 {
		if r := s.pass(p); r.Done == 0 {
			return r
		}
	}
	s.t.Fatal("there always is something to do")
	return Result{}
}

// Times that no count of nanoseconds reaches are times too.
func TestFarFuture(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		write(t, filepath.Join(at, "late"), "0")
		year := unix.Timespec{Sec: time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC).Unix()}
		must(t, unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(at, "late"), []unix.Timespec{year, year}, 0))
		p := s.open()
		s.rest(p)
		must(t, os.Chmod(filepath.Join(at, "late"), 0o640))
		s.rest(p)
		s.alike(map[string]string{"late": "=0"})
	})
}

// A file whose time has not come yet is no younger for that, or it would be read in
// every pass.
func TestTimesToCome(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	name := filepath.Join(s.here, "late")
	write(t, name, "0")
	must(t, os.Chtimes(name, time.Now().Add(time.Hour), time.Now().Add(time.Hour)))
	info, err := os.Lstat(name)
	must(t, err)
	id := identify(info)
	if id.latest().After(time.Now()) {
		t.Errorf("it was last changed %v", id.latest())
	}
	if (identity{Time: id.Time}).latest() != info.ModTime() {
		t.Error("where the system does not tell when it was changed its time does not count")
	}
}

// Of many paths that are long no answer is too long.
func TestManyLongPaths(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	const many = 80
	dir := s.there
	for n := range 15 {
		dir = filepath.Join(dir, strings.Repeat(strconv.Itoa(n%10), 240))
	}
	mkdir(t, dir)
	for n := range many {
		must(t, os.Symlink("/etc", filepath.Join(dir, "out"+strconv.Itoa(n))), os.Symlink("x", filepath.Join(dir, "in"+strconv.Itoa(n))))
	}
	p := s.open()
	if r := s.pass(p); len(r.Unknown) != many {
		t.Errorf("%d are not known", len(r.Unknown))
	}
	for n := range many {
		remove(t, filepath.Join(dir, "in"+strconv.Itoa(n)))
	}
	if r := s.pass(p); r.Done != many {
		t.Errorf("%d things were done", r.Done)
	}
}

// What is deeper than anybody has it is closed, and the rest comes along.
func TestManyFolders(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		write(t, filepath.Join(at, "a"), "0")
		mkdir(t, filepath.Join(at, "deep"+strings.Repeat("/d", maxDepth+50)))
		p := s.open()
		r := s.pass(p)
		const closed = "deep"
		if len(r.Unknown) != 1 {
			t.Errorf("not known: %d", len(r.Unknown))
		}
		for name := range r.Unknown {
			if !strings.HasPrefix(name, closed) {
				t.Errorf("%s is not known", name)
			}
		}
		for _, dir := range []string{s.here, s.there} {
			if contents(t, dir)["a"] != "=0" {
				t.Error("the rest does not come along")
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		s.rest(s.open())
	})
}

// A folder that not even its owner may write to stays as it is, on each side.
func TestReadOnlyFolders(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		name := filepath.Join(at, "ro")
		write(t, filepath.Join(name, "x"), "0")
		must(t, os.Chmod(name, 0o555))
		t.Cleanup(func() { _ = os.Chmod(name, 0o755) }) // or only root can remove it
		s.rest(s.open())
		s.alike(map[string]string{"ro": "folder", "ro/x": "=0"})
		if info, err := os.Lstat(name); err != nil || info.Mode().Perm() != 0o555 {
			t.Errorf("its mode has become %v, %v", info.Mode(), err)
		}
	})
}

// What the host's Python takes for left out, and this side does not, stays.
func TestRulesThatDiffer(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "always"), "0")
	write(t, filepath.Join(s.here, "\u0131stanbul.csv"), "0")
	p := s.open()
	s.pass(p)
	write(t, filepath.Join(s.here, ".gitignore"), "i*\n")
	write(t, filepath.Join(s.here, "\u0131zmir.csv"), "0")
	p.here.fold = true // to Python, an i without a dot is one then
	var r Result
	for range 3 {
		var err error
		r, err = p.Pass(t.Context())
		must(t, err)
	}
	all := contents(t, s.here)
	if all["\u0131stanbul.csv"] != "=0" || all["\u0131zmir.csv"] != "=0" {
		t.Errorf("here is %q", all)
	}
	if why := r.Unknown["\u0131stanbul.csv"]; why != unknownLeft {
		t.Errorf("it is not known because of %q", why)
	}
	for _, f := range r.Failures {
		if f.Path != "\u0131zmir.csv" || f.Changed() {
			t.Errorf("%s: %v", f.Path, f.Err)
		}
	}
}

// Without rules that cannot be read, nothing comes along that they may leave out.
func TestRulesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for what, make := range map[string]func(name string) error{
		"a link that leads out": func(name string) error { return os.Symlink(os.DevNull, name) },
		"a link in the project": func(name string) error {
			return errors.Join(os.WriteFile(filepath.Join(filepath.Dir(name), "rules"), nil, 0o600), os.Symlink("rules", name))
		},
		"a large one": func(name string) error { return os.WriteFile(name, make([]byte, maxRules+1), 0o600) },
		"a closed one": func(name string) error {
			if os.Getuid() == 0 {
				return os.Symlink(os.DevNull, name) // all is open to root
			}
			return os.WriteFile(name, nil, 0)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSides(t)
			write(t, filepath.Join(s.here, "sub/.env"), "secret")
			write(t, filepath.Join(s.here, "a"), "0")
			must(t, make(filepath.Join(s.here, "sub/.gitignore")))
			p := s.open()
			if r := s.pass(p); r.Unknown["sub"] != unknownClosed {
				t.Errorf("not known: %q", r.Unknown)
			}
			if all := contents(t, s.there); all["a"] != "=0" || all["sub/.env"] != "" || all["sub"] != "" {
				t.Errorf("there is %q", all)
			}
			must(t, make(filepath.Join(s.here, ".gitignore")))
			write(t, filepath.Join(s.here, "b"), "0")
			if _, err := p.Pass(t.Context()); err == nil {
				t.Error("no error from rules of the whole")
			}
		})
	}
	// A folder of that name holds none.
	s := newSides(t)
	mkdir(t, filepath.Join(s.here, ".gitignore"))
	s.rest(s.open())
	s.alike(map[string]string{".gitignore": "folder"})
}

// Another folder in the place of the project's is not taken for it.
func TestAnotherFolder(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		write(t, filepath.Join(at, "a"), "0")
		write(t, filepath.Join(at, "b"), "0")
		p := s.open()
		s.pass(p)
		must(t, os.Rename(at, at+".old"))
		if _, err := p.Pass(t.Context()); !errors.Is(err, ErrMoved) {
			t.Errorf("it has gone: %v", err)
		}
		write(t, filepath.Join(at, "a"), "1")
		if _, err := p.Pass(t.Context()); !errors.Is(err, ErrMoved) {
			t.Errorf("another one is there: %v", err)
		}
		must(t, os.RemoveAll(at), os.Rename(at+".old", at))
		s.rest(p)
		s.alike(map[string]string{"a": "=0", "b": "=0"})
	})
}

// A folder that is moved, with a link in its place, keeps what is in it.
func TestAFolderIsMovedMeanwhile(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		other := s.there
		if at == s.there {
			other = s.here
		}
		write(t, filepath.Join(at, "data/x"), "0")
		write(t, filepath.Join(at, "data/y"), "0")
		p := s.open()
		s.pass(p)
		remove(t, filepath.Join(other, "data/x"))
		write(t, filepath.Join(other, "data/new"), "1")
		write(t, filepath.Join(at, "any"), "0") // a copy, before which it is moved
		s.host.cut = func(string) error {
			s.host.cut = nil
			mkdir(t, filepath.Join(at, "big"))
			must(t, os.Rename(filepath.Join(at, "data"), filepath.Join(at, "big/data")), os.Symlink("big/data", filepath.Join(at, "data")))
			return nil
		}
		_, err := p.Pass(t.Context())
		must(t, err)
		all := contents(t, at)
		if all["big/data/x"] != "=0" || all["big/data/y"] != "=0" || all["big/data/new"] != "" {
			t.Errorf("in the folder that was moved: %q", all)
		}
	})
}

// Where files have no modes the other side keeps its own.
func TestNoModes(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.there, "run.sh"), "0")
	must(t, os.Chmod(filepath.Join(s.there, "run.sh"), 0o755))
	p := s.open()
	p.here.modes = false
	s.rest(p)
	// For one pass it is not known here.
	run := filepath.Join(s.here, "run.sh")
	write(t, filepath.Join(s.here, "b"), "0")
	must(t, os.Rename(run, run+".own"), os.Symlink("/etc", run))
	s.pass(p)
	must(t, os.Rename(run+".own", run))
	s.rest(p)
	if info, err := os.Lstat(filepath.Join(s.there, "run.sh")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("its mode has become %v, %v", info.Mode(), err)
	}

	s = newSides(t)
	write(t, filepath.Join(s.here, "run.sh"), "0")
	must(t, os.Chmod(filepath.Join(s.here, "run.sh"), 0o755))
	s.cfg.Host = noModes{s.host}
	p = s.open()
	s.rest(p)
	write(t, filepath.Join(s.there, "run.sh"), "1")
	must(t, os.Chmod(filepath.Join(s.there, "run.sh"), 0o600), os.Chmod(filepath.Join(s.here, "run.sh"), 0o700))
	s.rest(p)
	s.alike(map[string]string{"run.sh": "=1"})
	if info, err := os.Lstat(filepath.Join(s.here, "run.sh")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its mode has become %v, %v", info.Mode(), err)
	}
}

// noModes is a host whose files take no modes.
type noModes struct{ *local }

func (n noModes) Run(ctx context.Context, cmd remote.Command) error {
	cmd.Script = strings.Replace(cmd.Script, "import os\n", "import os\nos.chmod = lambda *_: None\n", 1)
	return n.local.Run(ctx, cmd)
}

// Names that are one on one side come to rest, and one that is changed in case
// alone is changed on the other side too.
func TestCase(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "A"), "1")
	write(t, filepath.Join(s.here, "a"), "2")
	write(t, filepath.Join(s.here, "readme"), "3")
	p := s.open()
	p.there.fold = true
	r := s.rest(p)
	if r.Unknown["a"] != unknownCase || len(r.Unknown) != 1 {
		t.Errorf("not known: %q", r.Unknown)
	}
	remove(t, filepath.Join(s.here, "a"))
	must(t, os.Rename(filepath.Join(s.there, "readme"), filepath.Join(s.there, "README")))
	s.rest(p)
	s.alike(map[string]string{"A": "=1", "README": "=3"})
	p.here.fold, p.there.fold = true, false
	must(t, os.Rename(filepath.Join(s.here, "README"), filepath.Join(s.here, "Readme")))
	s.rest(p)
	s.alike(map[string]string{"A": "=1", "Readme": "=3"})
}

// A file that was changed only just before it was read is read once more
// before it is replaced: where times are told in steps, a change after that looks
// like none.
func TestChangedInOneStep(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "0")
	p := s.open()
	s.pass(p)
	write(t, filepath.Join(s.here, "a"), "1")
	_, err := p.here.look(t.Context(), p.base)
	must(t, err)
	was := p.here.tree["a"]
	write(t, filepath.Join(s.here, "a"), "2")
	info, err := os.Lstat(filepath.Join(s.here, "a"))
	must(t, err)
	p.here.ids["a"] = identify(info)
	if err := p.here.apply(t.Context(), Op{Do: Delete, Path: "a", Was: was}, ""); !errors.Is(err, errChanged) {
		t.Errorf("it was deleted: %v", err)
	}
}

// A folder stays on the side that has something left out in it, be it rules.
func TestAFolderOfRulesThatAreLeftOut(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		for _, dir := range []string{s.here, s.there} {
			write(t, filepath.Join(dir, ".gitignore"), ".jupyter-ec2-ignore\n")
			write(t, filepath.Join(dir, "d", ".jupyter-ec2-ignore"), "x\n")
			write(t, filepath.Join(dir, "d", "a"), "0")
			write(t, filepath.Join(dir, "b"), "0")
		}
		p := s.open()
		s.rest(p)
		remove(t, filepath.Join(at, "d"))
		if r := s.rest(p); len(r.Failures) > 0 {
			t.Errorf("%+v", r.Failures)
		}
	})
}
