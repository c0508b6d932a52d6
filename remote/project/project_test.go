package project

import (
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// alike sees that both sides are, and are as wanted.
func (s *sides) alike(want map[string]string) {
	s.t.Helper()
	here, there := contents(s.t, s.here), contents(s.t, s.there)
	if diff := cmp.Diff(here, there); diff != "" {
		s.t.Errorf("the sides differ (-here +there):\n%s", diff)
	}
	if diff := cmp.Diff(want, here); diff != "" {
		s.t.Errorf("not as wanted (-want +got):\n%s", diff)
	}
}

func remove(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBothWays(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a.txt"), "a")
	write(t, filepath.Join(s.here, "sub/b.txt"), "b")
	write(t, filepath.Join(s.here, "venv/lib"), "left out")
	write(t, filepath.Join(s.there, "c.txt"), "c")
	mkdir(t, filepath.Join(s.there, "empty"))
	if err := os.Symlink("a.txt", filepath.Join(s.here, "link")); err != nil {
		t.Fatal(err)
	}
	p := s.open()
	s.pass(p)
	remove(t, filepath.Join(s.here, "venv"))
	want := map[string]string{"a.txt": "=a", "sub": "folder", "sub/b.txt": "=b", "c.txt": "=c", "empty": "folder", "link": "to a.txt"}
	s.alike(want)
	if r := s.pass(p); r.Done != 0 {
		t.Errorf("nothing was changed, and %d things were done", r.Done)
	}

	write(t, filepath.Join(s.here, "a.txt"), "here")
	write(t, filepath.Join(s.there, "sub/b.txt"), "there")
	remove(t, filepath.Join(s.there, "c.txt"), filepath.Join(s.here, "empty"))
	if err := os.Chmod(filepath.Join(s.there, "a.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.pass(p)
	s.alike(map[string]string{"a.txt": "=here", "sub": "folder", "sub/b.txt": "=there", "link": "to a.txt"})
	for _, dir := range []string{s.here, s.there} {
		if info, err := os.Stat(filepath.Join(dir, "a.txt")); err != nil || info.Mode() != 0o755 {
			t.Errorf("the mode is %v, %v", info.Mode(), err)
		}
	}

	// Another run knows what both were.
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(s.here, "sub"))
	s.pass(s.open())
	s.alike(map[string]string{"a.txt": "=here", "link": "to a.txt"})
}

func TestBothChanged(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "nb.ipynb"), "0")
	write(t, filepath.Join(s.here, "gone.txt"), "0")
	p := s.open()
	s.pass(p)
	write(t, filepath.Join(s.here, "nb.ipynb"), "here")
	write(t, filepath.Join(s.there, "nb.ipynb"), "there")
	write(t, filepath.Join(s.there, "gone.txt"), "changed")
	remove(t, filepath.Join(s.here, "gone.txt"))
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(s.there, "nb.ipynb"), at, at); err != nil {
		t.Fatal(err)
	}
	r := s.pass(p)
	const aside = "nb.conflict-lab-2026-11-30-120000-f67232.ipynb"
	if !slices.Equal(r.Conflicts, []string{aside}) {
		t.Errorf("the conflicts are %q", r.Conflicts)
	}
	s.pass(p)
	s.alike(map[string]string{"nb.ipynb": "=here", aside: "=there", "gone.txt": "=changed"})
}

// A version that is kept is made the file again on one side, and deleted under its
// name on the other, while the file is edited there: it still is kept.
func TestAKeptVersionIsTakenBack(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	p := s.open()
	nb := filepath.Join(s.there, "nb.ipynb")
	write(t, filepath.Join(s.here, "nb.ipynb"), "here")
	write(t, nb, "there")
	kept := s.pass(p).Conflicts[0]
	s.pass(p)
	info, err := os.Stat(filepath.Join(s.there, kept))
	if err != nil {
		t.Fatal(err)
	}
	write(t, nb, "there")
	if err := os.Chtimes(nb, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(s.here, kept))
	write(t, filepath.Join(s.here, "nb.ipynb"), "later")
	for range 3 {
		s.pass(p)
	}
	s.alike(map[string]string{"nb.ipynb": "=later", strings.TrimSuffix(kept, ".ipynb") + ".2.ipynb": "=there"})
}

// What is kept has a name of its own, which every usual file system takes.
func TestNamesOfConflicts(t *testing.T) {
	t.Parallel()
	p := &Project{cfg: Config{Name: "lab"}}
	item := Item{Kind: File, Hash: hash, Time: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
	other := item
	other.Hash = strings.Repeat("0", 64)
	for _, name := range []string{"nb.ipynb", ".hidden", "a.b/none", strings.Repeat("x", 255), "x." + strings.Repeat("x", 253), strings.Repeat("ü", 124) + ".ipynb", strings.Repeat("x", 250) + ".csv"} {
		at := "folder.d/" + name
		got := p.aside(at, item)
		if dir, base := path.Split(got); dir != path.Dir(at)+"/" || len(base) > 255 || !utf8.ValidString(base) || strings.Contains(base, "/") {
			t.Errorf("%s: %s", at, got)
		}
		if ext := path.Ext(name); ext != name && len(ext) < 10 && !strings.HasSuffix(got, ext) {
			t.Errorf("%s: %s has another extension", at, got)
		}
		if got != p.aside(at, item) || got == p.aside(at, other) || got == p.aside(at, Item{Kind: Folder, Time: item.Time}) {
			t.Errorf("%s: %s is not the name of one version", at, got)
		}
	}
	if a, b := p.aside("l", Item{Kind: Link, Target: "a"}), p.aside("l", Item{Kind: Link, Target: "b"}); a == b {
		t.Errorf("two links are both %s", a)
	}
}

func TestKindsChange(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "file"), "0")
	write(t, filepath.Join(s.here, "folder/x"), "0")
	write(t, filepath.Join(s.here, "both"), "0")
	p := s.open()
	s.pass(p)
	remove(t, filepath.Join(s.here, "file"), filepath.Join(s.there, "folder"), filepath.Join(s.there, "both"))
	write(t, filepath.Join(s.here, "file/y"), "1")
	write(t, filepath.Join(s.there, "folder"), "1")
	write(t, filepath.Join(s.here, "both"), "1")
	write(t, filepath.Join(s.there, "both/z"), "1")
	s.pass(p)
	s.pass(p)
	all := contents(t, s.here)
	var kept string
	for name := range all {
		if len(name) > 4 && name[:4] == "both" && all[name] == "folder" {
			kept = name
		}
	}
	s.alike(map[string]string{"file": "folder", "file/y": "=1", "folder": "=1", "both": "=1", kept: "folder", kept + "/z": "=1"})
}

func TestAnEmptiedSide(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "0")
	p := s.open()
	s.pass(p)
	remove(t, filepath.Join(s.there, "a"))
	_, err := p.Pass(t.Context())
	var emptied *EmptiedError
	if !errors.As(err, &emptied) || emptied.Side != There {
		t.Errorf("with nothing left there: %v", err)
	}
	s.cfg.Emptied = true
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	s.pass(s.open())
	s.alike(map[string]string{})
}

// What is left out keeps the folder it is in, and comes and goes with no side.
func TestLeftOutStays(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "data/a"), "0")
	write(t, filepath.Join(s.here, "x"), "0")
	p := s.open()
	s.pass(p)
	write(t, filepath.Join(s.there, "data/big.bin"), "0")
	write(t, filepath.Join(s.here, ".gitignore"), "*.bin\n")
	remove(t, filepath.Join(s.here, "data"))
	s.pass(p)
	if r := s.pass(p); r.Done != 0 || len(r.Failures) > 0 {
		t.Errorf("%+v", r)
	}
	want := map[string]string{"x": "=0", ".gitignore": "=*.bin"}
	if diff := cmp.Diff(want, contents(t, s.here)); diff != "" {
		t.Errorf("here:\n%s", diff)
	}
	maps.Copy(want, map[string]string{"data": "folder", "data/big.bin": "=0"})
	if diff := cmp.Diff(want, contents(t, s.there)); diff != "" {
		t.Errorf("there:\n%s", diff)
	}
	write(t, filepath.Join(s.here, ".gitignore"), "x\n") // which was alike
	remove(t, filepath.Join(s.here, "x"))
	s.pass(p)
	if all := contents(t, s.there); all["x"] != "=0" || all["data/big.bin"] != "=0" {
		t.Errorf("there is %v", all)
	}
}

// What was deleted on both sides, and comes again with the same content, is new.
func TestDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "a"), "0")
	write(t, filepath.Join(s.here, "b"), "0")
	p := s.open()
	s.pass(p)
	for range 2 {
		remove(t, filepath.Join(s.here, "a"))
		s.pass(p)
		write(t, filepath.Join(s.there, "a"), "0")
		s.pass(p)
		s.alike(map[string]string{"a": "=0", "b": "=0"})
	}
}

// What is written while a pass is under way is not lost, on neither side, and
// comes with the next one.
func TestEditedMeanwhile(t *testing.T) {
	t.Parallel()
	for what, edit := range map[string]func(*sides){
		"the file that is sent": func(s *sides) { write(t, filepath.Join(s.here, "a"), "later") },
		"the file that is replaced": func(s *sides) {
			write(t, filepath.Join(s.there, "a"), "theirs")
			at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
			if err := os.Chtimes(filepath.Join(s.there, "a"), at, at); err != nil {
				t.Fatal(err)
			}
		},
		"a new file where one comes": func(s *sides) { write(t, filepath.Join(s.there, "new"), "theirs") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSides(t)
			write(t, filepath.Join(s.here, "a"), "0")
			p := s.open()
			s.pass(p)
			write(t, filepath.Join(s.here, "a"), "1")
			write(t, filepath.Join(s.here, "new"), "1")
			written := files{"=1": "", "=later": "", "=theirs": ""}
			s.host.cut = func(string) error {
				s.host.cut = nil
				edit(s)
				return nil
			}
			r, err := p.Pass(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Failures {
				if !f.Changed() {
					t.Errorf("%s: %v", f.Path, f.Err)
				}
			}
			var left []string
			for range 3 {
				s.pass(p)
			}
			here := filesIn(t, s.here)
			for _, content := range here {
				if _, ok := written[content]; ok {
					left = append(left, content)
				}
			}
			slices.Sort(left)
			if diff := cmp.Diff(contents(t, s.here), contents(t, s.there)); diff != "" {
				t.Errorf("the sides differ:\n%s", diff)
			}
			want := map[string][]string{
				"the file that is sent": {"=1", "=later"}, "the file that is replaced": {"=1", "=1", "=theirs"}, "a new file where one comes": {"=1", "=1", "=theirs"},
			}[what]
			if !slices.Equal(left, want) {
				t.Errorf("what was written and is left: %q, want %q (%v)", left, want, here)
			}
		})
	}
}

// Somebody has the file that is replaced open, and writes on.
func TestAWriterGoesOn(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"here", "there"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			s := newSides(t)
			at, other := s.here, s.there
			if side == "there" {
				at, other = s.there, s.here
			}
			write(t, filepath.Join(s.here, "log.txt"), "0")
			p := s.open()
			s.pass(p)
			writer, err := os.OpenFile(filepath.Join(at, "log.txt"), os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = writer.Close() }()
			write(t, filepath.Join(other, "log.txt"), "another")
			s.pass(p)
			if _, err := writer.WriteString(" and more"); err != nil {
				t.Fatal(err)
			}
			s.pass(p)
			s.pass(p)
			s.alike(map[string]string{"log.txt": "=another", "log.conflict-1.txt": "=0 and more"})
		})
	}
}
