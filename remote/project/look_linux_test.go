package project

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is mounted in a project is left alone, and so is its folder when it is not
// mounted any more.
func TestMounts(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		name := filepath.Join(at, "data")
		mkdir(t, name)
		if err := syscall.Mount("none", name, "tmpfs", 0, "size=1m"); err != nil {
			t.Skipf("nothing can be mounted: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(name, 0) })
		write(t, filepath.Join(name, "x"), "0")
		write(t, filepath.Join(at, "always"), "0")
		p := s.open()
		s.pass(p)
		r := s.rest(p)
		if r.Unknown["data"] != unknownMount || len(r.Unknown) != 1 {
			t.Errorf("not known: %q", r.Unknown)
		}
		for _, dir := range []string{s.here, s.there} {
			if _, err := os.Lstat(filepath.Join(dir, "data")); (err == nil) != (dir == at) {
				t.Errorf("the folder: %v", err)
			}
		}
	})
}
