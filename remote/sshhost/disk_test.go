//go:build unix

package sshhost

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// A path is replaced wherever it stands, also where it lies across two reads.
func TestRelocation(t *testing.T) {
	was, is := []byte("/hosts/i-0123/home"), []byte("/hosts/i-4567/home")
	moved := relocation{was, is}
	for _, pad := range []int{0, 1, 17, 18, 256<<10 - 9, 256<<10 - 1, 256 << 10, 300 << 10} {
		text := append(bytes.Repeat([]byte{'x'}, pad), []byte("#!"+string(was)+"/bin/python\n"+string(was))...)
		want := bytes.ReplaceAll(text, was, is)
		for name, in := range map[string]io.Reader{"whole": bytes.NewReader(text), "halves": iotest.HalfReader(bytes.NewReader(text)), "with its end": iotest.DataErrReader(bytes.NewReader(text))} {
			var out bytes.Buffer
			if err := moved.copy(&out, in); err != nil || !bytes.Equal(out.Bytes(), want) {
				t.Errorf("after %d bytes, %s: %d of %d bytes are right: %v", pad, name, commonPrefix(out.Bytes(), want), len(want), err)
			}
		}
	}
}

func commonPrefix(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func FuzzRelocation(f *testing.F) {
	f.Add([]byte("/a/b"), uint64(1))
	f.Add([]byte("x/a/b/a/b/a"), uint64(2))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		was, is := []byte("/a/b"), []byte("/c/d")
		var out bytes.Buffer
		r := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- pieces for a test
		rest := text
		in := readerFunc(func(b []byte) (int, error) {
			if len(rest) == 0 {
				return 0, io.EOF
			}
			n := copy(b, rest[:min(len(rest), 1+r.IntN(5))])
			rest = rest[n:]
			return n, nil
		})
		if err := (relocation{was, is}).copy(&out, in); err != nil || !bytes.Equal(out.Bytes(), bytes.ReplaceAll(text, was, is)) {
			t.Errorf("%q became %q: %v", text, out.Bytes(), err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// A host that begins with a disk has what the other had, at its own path, and
// nothing that a machine loses when it is switched off.
func TestAHostBeginsWithADisk(t *testing.T) {
	c := &Computer{dir: t.TempDir()}
	a, err := c.machine("i-0123")
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.machine("i-4567")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.boot(nil); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, outside, "not the host's", 0o600)
	write(t, filepath.Join(a.home, "venv/bin/jupyter"), "#!"+a.home+"/venv/bin/python\n", 0o755)
	write(t, filepath.Join(a.home, "locked/file"), "kept", 0o400)
	write(t, filepath.Join(a.home, ".tmp/file"), "gone", 0o600)
	for path, to := range map[string]string{"venv/python": filepath.Join(a.home, "venv/bin/jupyter"), "out": outside, "nowhere": "/no/such/file"} {
		if err := os.Symlink(to, filepath.Join(a.home, path)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(a.home, "locked"), 0o500); err != nil { // #nosec G302 -- a folder
		t.Fatal(err)
	}
	if err := c.SaveDisk(t.Context(), "i-0123", "snap-1"); err != nil {
		t.Fatal(err)
	}
	if err := b.fromDisk(t.Context(), "snap-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.boot(nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"venv/bin/jupyter": "#!" + b.home + "/venv/bin/python\n", "locked/file": "kept", "venv/python": "#!" + b.home + "/venv/bin/python\n"} {
		if got, err := os.ReadFile(filepath.Join(b.home, path)); err != nil || string(got) != want {
			t.Errorf("%s is %q: %v", path, got, err)
		}
	}
	if to, err := os.Readlink(filepath.Join(b.home, "out")); err != nil || to != outside {
		t.Errorf("the link leads to %s: %v", to, err)
	}
	if _, err := os.Lstat(filepath.Join(b.home, ".tmp/file")); !os.IsNotExist(err) {
		t.Errorf("a temporary file was kept: %v", err)
	}
	if info, err := os.Stat(filepath.Join(b.home, "locked")); err != nil || info.Mode().Perm() != 0o500 {
		t.Errorf("the folder's mode: %v, %v", info, err)
	}
	if keyA, _ := os.ReadFile(filepath.Join(a.dir, "hostkey")); len(keyA) > 0 {
		if keyB, _ := os.ReadFile(filepath.Join(b.dir, "hostkey")); bytes.Equal(keyA, keyB) {
			t.Error("the two hosts have one host key")
		}
	}
	if empty, err := Empty(c.dir); err != nil || empty {
		t.Errorf("empty %t: %v", empty, err)
	}
	if err := c.KeepDisks([]string{"snap-1"}); err != nil {
		t.Fatal(err)
	}
	if err := c.DropDisk("snap-1"); err != nil {
		t.Fatal(err)
	}
	if err := c.DropDisk("snap-1"); err != nil {
		t.Errorf("again: %v", err)
	}
	d, _ := c.machine("i-89ab")
	if err := d.fromDisk(t.Context(), "snap-1"); err == nil || !strings.Contains(err.Error(), "not on this computer") {
		t.Errorf("a disk that is gone: %v", err)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
