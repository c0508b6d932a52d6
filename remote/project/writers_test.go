package project

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onEach has a test made with either side as the one where something happens.
func onEach(t *testing.T, test func(t *testing.T, s *sides, at, other string)) {
	t.Parallel()
	for _, side := range []string{"here", "there"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			s := newSides(t)
			if side == "here" {
				test(t, s, s.here, s.there)
			} else {
				test(t, s, s.there, s.here)
			}
		})
	}
}

// inStage are the names in a side's stage, but for those that stay there.
func inStage(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, stage))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); !slices.Contains([]string{"seen.json", ".gitignore", "id"}, name) {
			names = append(names, name)
		}
	}
	return names
}

// Somebody has the file that is replaced open, and writes to it much later, when
// the project was closed and opened and passed again.
func TestAWriterOutlivesTheProject(t *testing.T) {
	onEach(t, func(t *testing.T, s *sides, at, other string) {
		write(t, filepath.Join(s.here, "logs/log.txt"), "0")
		p := s.open()
		s.pass(p)
		writer, err := os.OpenFile(filepath.Join(at, "logs/log.txt"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = writer.Close() }()
		write(t, filepath.Join(other, "logs/log.txt"), "another")
		for range 3 {
			s.pass(p)
			s.pass(p)
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			p = s.open()
		}
		if _, err := writer.WriteString(" and more"); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		s.pass(p)
		s.pass(p)
		s.alike(map[string]string{"logs": "folder", "logs/log.txt": "=another", "logs/log.conflict-1.txt": "=0 and more"})
	})
}

// What nobody has open is not kept.
func TestNothingIsKeptForNobody(t *testing.T) {
	onEach(t, func(t *testing.T, s *sides, at, other string) {
		write(t, filepath.Join(s.here, "a"), "0")
		write(t, filepath.Join(s.here, "b"), "0")
		p := s.open()
		s.pass(p)
		write(t, filepath.Join(other, "a"), "another")
		remove(t, filepath.Join(other, "b"))
		s.pass(p)
		s.pass(p)
		if diff := cmp.Diff([]string(nil), inStage(t, at)); diff != "" {
			t.Errorf("in the stage:\n%s", diff)
		}
	})
}

// What somebody changes in the stage, or takes out of it, is not missed.
func TestTheStageIsTakenAway(t *testing.T) {
	onEach(t, func(t *testing.T, s *sides, at, other string) {
		write(t, filepath.Join(s.here, "a"), "0")
		p := s.open()
		s.pass(p)
		for n, content := range []string{"1", "2"} {
			if b, err := os.ReadFile(filepath.Join(at, stage, ".gitignore")); err != nil || string(b) != "*\n" {
				t.Errorf("git sees the stage: %q, %v", b, err)
			}
			remove(t, filepath.Join(at, stage)) // git clean -fdx
			if n == 1 {
				mkdir(t, filepath.Join(at, stage))
			}
			write(t, filepath.Join(other, "a"), content)
			s.pass(p)
			s.alike(map[string]string{"a": "=" + content})
		}
	})
}

// A conflict ends, whatever has the name that the machine's version gets, and
// however long its own name is.
func TestConflictsEnd(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	long := strings.Repeat("x", 250) + ".txt"
	for _, name := range []string{"a", long} {
		write(t, filepath.Join(s.here, name), "0")
	}
	p := s.open()
	s.pass(p)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, content := range []string{"first", "second", "third"} { // all with the same time, as programs give it that unpack
		for _, name := range []string{"a", long} {
			write(t, filepath.Join(s.here, name), content+" here")
			write(t, filepath.Join(s.there, name), content+" there")
			if err := os.Chtimes(filepath.Join(s.there, name), at, at); err != nil {
				t.Fatal(err)
			}
		}
		if there := map[string]string{"second": "second there", "third": "edited since"}[content]; there != "" {
			sum := sha256.Sum256([]byte(content + " there"))
			write(t, filepath.Join(s.there, p.aside("a", Item{Kind: File, Hash: hex.EncodeToString(sum[:]), Time: at})), there)
		}
		s.pass(p)
		s.pass(p)
	}
	if r := s.pass(p); r.Done != 0 {
		t.Errorf("it is not at rest: %+v", r)
	}
	var all []string
	for _, content := range filesIn(t, s.there) {
		all = append(all, content)
	}
	slices.Sort(all)
	want := []string{"=edited since", "=first there", "=first there", "=second there", "=second there", "=third here", "=third here", "=third there", "=third there"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(contents(t, s.here), contents(t, s.there)); diff != "" {
		t.Errorf("the sides differ:\n%s", diff)
	}
}
