package engine_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// A conflict is over where its kept version is gone or renamed on both sides, though
// nothing is left to do then.
func TestAConflictThatIsOver(t *testing.T) {
	w, g, id, dir := withProject(t, map[string]string{"a": "A"})
	writeFile(t, filepath.Join(dir, "a"), "mine")
	onHost(t, g, id, "printf theirs >proj/a")
	for range 2 { // the second one has nothing to do
		if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
	}
	names := w.Only().Sync.Conflicts
	if len(names) != 1 {
		t.Fatalf("noted: %+v", names)
	}
	rename(t, filepath.Join(dir, names[0]), filepath.Join(dir, "theirs"))
	onHost(t, g, id, "cd proj && mv "+names[0]+" theirs")
	if done, err := g.Sync(t.Context(), id, steps.SyncOptions{}, func(steps.Event) {}); err != nil || done.Done != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := w.Only().Sync.Conflicts; len(got) != 0 {
		t.Errorf("noted after the conflict is over: %+v", got)
	}
}

// A folder that is not there, or that has this computer's keys in it, is refused
// before anything is created.
func TestAFolderThatIsNoProject(t *testing.T) {
	w := newWorld(t, nil)
	g := w.Guide()
	writeFile(t, filepath.Join(w.Dir, "ssh", "id"), "")
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	for dir, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "The project's folder cannot be used",
		file:                               "The project's folder cannot be used",
		filepath.Dir(w.Dir):                "The project has keys in it",
	} {
		a := enginetest.Answers()
		a.Project = dir
		v, err := g.Review(t.Context(), a)
		if err != nil || len(v.Problems) != 1 || v.Problems[0].Title != want {
			t.Errorf("%s: %+v, %v", dir, v.Problems, err)
		}
		if all := strings.Join(v.Creates, "\n"); strings.Contains(all, dir) {
			t.Errorf("%s is to be created: %s", dir, all)
		}
	}
}

// Only what makes a project large is named; where nothing does alone, nothing is.
func TestWhatOfAProjectIsLarge(t *testing.T) {
	g := newWorld(t, nil).Guide()
	dir := projectFolder(t, map[string]string{"a.py": "", "big": ""})
	for _, c := range []struct {
		size int64
		want string
	}{{2_000_000_000, " Most of it: big (1 file, 1.9 GiB). You"}, {0, ""}} {
		if err := os.Truncate(filepath.Join(dir, "big"), c.size); err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			for i := range 12 {
				if err := os.Mkdir(filepath.Join(dir, strconv.Itoa(i)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i), "f"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(filepath.Join(dir, strconv.Itoa(i), "f"), 100_000_000); err != nil {
					t.Fatal(err)
				}
			}
			c.want = "GiB. You are asked"
		}
		a := enginetest.Answers()
		a.Project = dir
		v, err := g.Review(t.Context(), a)
		if all := strings.Join(v.Warnings, "\n"); err != nil || !strings.Contains(all, c.want) {
			t.Errorf("%q is not in %q, %v", c.want, all, err)
		}
	}
}
