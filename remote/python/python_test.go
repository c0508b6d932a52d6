package python

import (
	"io/fs"
	"testing"
)

func TestOffer(t *testing.T) {
	links := func(path string) (string, error) {
		switch path {
		case "/usr/bin/python3", "/usr/local/bin/python3":
			return "/usr/bin/python3", nil
		case "/opt/homebrew/bin/python3":
			return "/opt/homebrew/Cellar/python@3.13/3.13.1/bin/python3.13", nil
		}
		return "", fs.ErrNotExist
	}
	for name, c := range map[string]struct {
		system, path string
		tools, want  bool
	}{
		"a Mac without tools":       {"darwin", "/usr/bin/python3", false, true},
		"a Mac with them":           {"darwin", "/usr/bin/python3", true, false},
		"Homebrew's":                {"darwin", "/opt/homebrew/bin/python3", false, false},
		"a link to it":              {"darwin", "/usr/local/bin/python3", false, true},
		"a link to it, with tools":  {"darwin", "/usr/local/bin/python3", true, false},
		"another system's":          {"linux", "/usr/bin/python3", false, false},
		"one that is not there yet": {"darwin", "/nowhere/python3", false, false},
	} {
		if got := offer(c.system, c.path, links, func() bool { return c.tools }); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
