//go:build unix

package private

import (
	"io/fs"
	"os"
	"testing"
)

// open lets everybody read a file, and do all with a folder.
func open(t *testing.T, path string) {
	t.Helper()
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		mode = 0o777
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
