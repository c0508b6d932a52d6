package page

import (
	"os"
	"path/filepath"
	"strings"
)

// FromHome is a path of this computer without the ~ for the home folder, which
// no shell has replaced here.
func FromHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path // and the error will show it as it was typed
	}
	return filepath.Join(home, rest)
}
