package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// closed is an error of the test where others can do something with a path.
func closed(t *testing.T, path string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Of(path, info); err != nil || a != (Access{}) {
		t.Errorf("others: %+v, %v", a, err)
	}
}

// What is made here is its owner's alone, in whatever folder it is made.
func TestWhatIsMadeIsPrivate(t *testing.T) {
	shared := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	open(t, shared)
	dir := filepath.Join(shared, "a", "b")
	for range 2 { // one that is there stays
		if err := MkdirAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, filepath.Join(shared, "a"))
	closed(t, dir)

	path := filepath.Join(shared, "key")
	f, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("one"); errors.Join(err, f.Close()) != nil {
		t.Fatal(err)
	}
	closed(t, path)
	if _, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made a second time: %v", err)
	}
	more, err := OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := more.WriteString("two"); errors.Join(err, more.Close()) != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); string(b) != "onetwo" {
		t.Errorf("it holds %q, %v", b, err)
	}
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o400} { // also over one that nobody writes to
		if err := WriteFile(path, []byte("three"), mode); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, path)
	if b, err := os.ReadFile(path); string(b) != "three" {
		t.Errorf("it holds %q, %v", b, err)
	}
	if left, err := os.ReadDir(shared); err != nil || len(left) != 2 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// A file that others can read is known, and taken away from them.
func TestRestrict(t *testing.T) {
	for name, narrow := range map[string]func(path string) error{
		"by path": func(path string) error { return Restrict(path, 0o400) },
		"open": func(path string) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			info, err := f.Stat()
			return errors.Join(err, Narrow(f, info), f.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Wine gives a file what its folder gives, whatever its list says.
			dir := filepath.Join(t.TempDir(), "private")
			if err := MkdirAll(dir); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "key")
			if err := os.WriteFile(path, []byte("k"), 0o644); err != nil {
				t.Fatal(err)
			}
			open(t, path)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := Of(path, info); err != nil || !a.Read || a.Who == "" || a.Owner != "" {
				t.Errorf("others: %+v, %v", a, err)
			}
			if err := narrow(path); err != nil {
				t.Fatal(err)
			}
			closed(t, path)
		})
	}
}
