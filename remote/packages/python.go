package packages

import (
	"cmp"
	"regexp"
	"strings"
	"sync"
)

// versionFile is where uv and pyenv have the Python that a folder is worked with.
const versionFile = ".python-version"

var minorPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:cpython[-@])?(?:python)?(3\.\d{1,2})(?:\.\d{1,3})?(?:[-+=].*|\.\*|\.final\.0)?$`)
})

// minorOf is the minor of a Python's version, "3.11" of "3.11.4", or empty.
func minorOf(version string) string {
	if m := minorPattern().FindStringSubmatch(strings.TrimSpace(version)); m != nil {
		return m[1]
	}
	return ""
}

var requiresPattern = sync.OnceValue(func() *regexp.Regexp {
	const one = `(?:[=!<>~]=|[<>])[0-9][0-9.*a-z]*`
	return regexp.MustCompile(`^` + one + `(?:,` + one + `)*$`)
})

// readPython notes which Python is asked for: by .python-version, by what the
// packages' file says, or by the venv here.
func (n *Needs) readPython(f *folder, v venv) {
	var wanted string
	if text, ok, err := f.read(versionFile); err == nil && ok {
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				wanted = minorOf(line)
				break
			}
		}
	}
	n.Prefer = cmp.Or(wanted, n.Prefer, v.python)
	n.Requires = strings.Join(strings.Fields(n.Requires), "")
	if !requiresPattern().MatchString(n.Requires) { // what uv would not know either
		n.Requires = ""
	}
}
