//go:build unix

package python

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOffer(t *testing.T) {
	link := filepath.Join(t.TempDir(), "python3")
	if err := os.Symlink("/usr/bin/python3", link); err != nil {
		t.Skip(err)
	}
	real, err := filepath.EvalSymlinks(link)
	for name, c := range map[string]struct {
		system, path string
		tools, want  bool
	}{
		"a Mac without tools":       {"darwin", "/usr/bin/python3", false, err != nil},
		"a Mac with them":           {"darwin", "/usr/bin/python3", true, false},
		"Homebrew's":                {"darwin", "/opt/homebrew/bin/python3", false, false},
		"a link to it":              {"darwin", link, false, err == nil && real == "/usr/bin/python3"},
		"another system's":          {"linux", "/usr/bin/python3", false, false},
		"one that is not there yet": {"darwin", "/nowhere/python3", false, false},
	} {
		if got := offer(c.system, c.path, func() bool { return c.tools }); got != c.want && (err != nil || real == "/usr/bin/python3") {
			t.Errorf("%s: %v", name, got)
		}
	}
}
