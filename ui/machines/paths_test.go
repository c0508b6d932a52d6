package machines

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestCompleted(t *testing.T) {
	names := []string{".hidden", "data.csv", "data.old", "deep/", "größe", "größter", "one file.txt"}
	for _, c := range []struct {
		path, want string
		fits       []string
		none       bool
	}{
		{"", "", []string{"data.csv", "data.old", "deep/", "größe", "größter", "one file.txt"}, false},
		{"d", "d", []string{"data.csv", "data.old", "deep/"}, false},
		{"da", "data.", []string{"data.csv", "data.old"}, false},
		{"a/b/de", "a/b/deep/", nil, false},
		{"~/o", "~/one file.txt", nil, false},
		{"gr", "größ", []string{"größe", "größter"}, false},
		{".", ".hidden", nil, false},
		{"x", "x", nil, true},
	} {
		got, fits := completed(c.path, names, false)
		if got != c.want || !slices.Equal(fits.names, c.fits) || fits.none != c.none {
			t.Errorf("%q becomes %q or %v (none %v), want %q or %v", c.path, got, fits.names, fits.none, c.want, c.fits)
		}
	}
}

// Tab completes a path of this computer, and one of the machine.
func TestAPathIsCompleted(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"results.csv", "results.old"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := sevenRig(t, func(e *stepstest.Engine) {
		e.Link = func(string) *stepstest.Link {
			return &stepstest.Link{Is: stepstest.Health(), Folders: map[string][]string{"": {"work/"}, "work/": {"a.ipynb", "b.ipynb"}}}
		}
	})
	d := func() *copyDialog { return r.m.dialog().(*copyDialog) }
	value := func(field int, want string) {
		t.Helper()
		r.untilTrue("the path is "+want, func() bool { return d().field[field].Raw() == want && !r.m.Tasks.Runs(taskPaths) })
	}
	begun := filepath.Join(dir, "res")
	r.press("u").until("Upload to jupyter").press(begun, "tab")
	value(0, filepath.Join(dir, "results."))
	r.until("results.csv · results.old").press("c", "tab")
	value(0, filepath.Join(dir, "results.csv"))
	r.press("down", "w", "tab")
	value(1, "work/")
	r.press("tab").until("a.ipynb · b.ipynb").press("x", "tab").until("nothing there begins so").press("backspace", "enter")
	r.untilAsked("put s-1 -r " + filepath.Join(dir, "results.csv") + " work/").untilDone()

	r.press("d").until("Download from jupyter").press("work/b", "tab")
	value(0, "work/b.ipynb")
	r.press("down", filepath.Join(dir, "de"), "tab")
	value(1, filepath.Join(dir, "deep")+"/")
}

// What comes late completes nothing that was typed meanwhile.
func TestALateCompletionIsDropped(t *testing.T) {
	r := sevenRig(t).press("u").until("Upload to jupyter").press("x")
	d := r.m.dialog().(*copyDialog)
	cmd := d.complete()
	msg := cmd().(pathsFound)
	msg.names, msg.err = []string{"xyz"}, nil
	r.press("q")
	r.take(msg)
	if got := d.field[0].Raw(); got != "xq" {
		t.Errorf("the path is %q", got)
	}
}
