//go:build unix

package remote

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// cutCopy runs a copy whose connection is lost once some megabytes are through.
func cutCopy(t *testing.T, h host, do func(*Client, CopyOptions) error) {
	t.Helper()
	c := h.client(t)
	err := do(c, CopyOptions{Progress: func(p CopyProgress) {
		if p.Bytes > cutAt {
			_ = c.wire.Close()
		}
	}})
	if got := reasonOf(t, err); got != Closed {
		t.Fatalf("reason %q: %v", got, err)
	}
}

// What a cut copy left is continued by the next one, and is not left for good.
func TestCopyContinues(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		local, dir := big(t), t.TempDir()
		put := func(c *Client, o CopyOptions) error {
			_, err := c.Put(t.Context(), []string{local}, "sub/", o)
			return err
		}
		must[string](t)(h.client(t).Output(t.Context(), "mkdir sub"))
		cutCopy(t, h, put)
		if half := halfDone(t, h.home); len(half) != 1 {
			t.Fatalf("a cut copy left %d files", len(half))
		}
		got := must[Copied](t)(h.client(t).Put(t.Context(), []string{local}, "sub/", CopyOptions{}))
		if got.Bytes != bigSize || got.There < kept || got.There >= bigSize {
			t.Errorf("%+v", got)
		}
		there := filepath.Join(h.home, "sub", "big")
		if out, err := exec.Command("cmp", local, there).CombinedOutput(); err != nil {
			t.Errorf("%s, %v", out, err)
		}

		get := func(c *Client, o CopyOptions) error {
			_, err := c.Get(t.Context(), []string{"sub/big"}, dir, o)
			return err
		}
		cutCopy(t, h, get)
		if half := halfDone(t, dir); len(half) != 1 {
			t.Fatalf("a cut copy left %d files here", len(half))
		}
		got = must[Copied](t)(h.client(t).Get(t.Context(), []string{"sub/big"}, dir, CopyOptions{}))
		if got.Bytes != bigSize || got.There < kept {
			t.Errorf("%+v", got)
		}
		if out, err := exec.Command("cmp", local, filepath.Join(dir, "big")).CombinedOutput(); err != nil {
			t.Errorf("%s, %v", out, err)
		}
		if half := append(halfDone(t, h.home), halfDone(t, dir)...); len(half) > 0 {
			t.Errorf("left %.200q", half)
		}
	})
}

// What is there with other bytes is not continued, but written over.
func TestCopyContinuesTheSameAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		local, dir := big(t), t.TempDir()
		cutCopy(t, h, func(c *Client, o CopyOptions) error {
			_, err := c.Put(t.Context(), []string{local}, "big", o)
			return err
		})
		spoil(t, h.home)
		if got := must[Copied](t)(h.client(t).Put(t.Context(), []string{local}, "big", CopyOptions{})); got.There != 0 {
			t.Errorf("%+v", got)
		}
		cutCopy(t, h, func(c *Client, o CopyOptions) error {
			_, err := c.Get(t.Context(), []string{"big"}, dir, o)
			return err
		})
		spoil(t, dir)
		if got := must[Copied](t)(h.client(t).Get(t.Context(), []string{"big"}, dir, CopyOptions{})); got.There != 0 {
			t.Errorf("%+v", got)
		}
		for _, at := range []string{h.home, dir} {
			if out, err := exec.Command("cmp", local, filepath.Join(at, "big")).CombinedOutput(); err != nil {
				t.Errorf("%s, %v", out, err)
			}
		}
		if half := append(halfDone(t, h.home), halfDone(t, dir)...); len(half) > 0 {
			t.Errorf("left %.200q", half)
		}
	})
}

// spoil changes a byte of what is half done in a folder.
func spoil(t *testing.T, dir string) {
	t.Helper()
	found := must[[]string](t)(filepath.Glob(filepath.Join(dir, ".jupyter-ec2-*")))
	if len(found) != 1 {
		t.Fatalf("half done: %q", found)
	}
	f := must[*os.File](t)(os.OpenFile(found[0], os.O_RDWR, 0))
	b := []byte{0}
	_, errRead := f.ReadAt(b, 1<<20)
	b[0]++
	_, errWrite := f.WriteAt(b, 1<<20)
	if err := errors.Join(errRead, errWrite, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// The same file twice at the same time: both say that it is there, and it is.
func TestCopyTwiceAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		local, dir := filepath.Join(t.TempDir(), "big"), t.TempDir()
		write(t, local, strings.Repeat("0123456789abcdef", 1<<19), 0o644)
		for range 3 {
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					if _, err := h.client(t).Put(t.Context(), []string{local}, "big", CopyOptions{}); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			for range 2 {
				both.Go(func() {
					if _, err := h.client(t).Get(t.Context(), []string{"big"}, dir, CopyOptions{}); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			for _, at := range []string{h.home, dir} {
				if out, err := exec.Command("cmp", local, filepath.Join(at, "big")).CombinedOutput(); err != nil {
					t.Errorf("%s, %v", out, err)
				}
			}
			if half := append(halfDone(t, h.home), halfDone(t, dir)...); len(half) > 0 {
				t.Errorf("left %.200q", half)
			}
		}
	})
}

// What copies left goes after a day, on both sides, and nothing else does.
func TestCopyLeftovers(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c, here := h.client(t), t.TempDir()
		write(t, filepath.Join(here, "from", "sub", "file"), "content", 0o644)
		must[Copied](t)(c.Put(t.Context(), []string{filepath.Join(here, "from")}, "tree", CopyOptions{Recursive: true}))
		old, young := time.Now().Add(-25*time.Hour), time.Now().Add(-23*time.Hour)
		var keep []string
		for _, dir := range []string{h.home, filepath.Join(h.home, "tree", "sub"), here, filepath.Join(here, "from", "sub")} {
			for name, at := range map[string]time.Time{
				".jupyter-ec2-ABCDEFGHIJKL": old, ".jupyter-ec2-ABCDEFGHIJKM": young, ".jupyter-ec2-notes": old, ".jupyter-ec2-ABCDEFGHIJKLMN": old,
			} {
				path := filepath.Join(dir, name)
				write(t, path, "x", 0o600)
				if err := errors.Join(os.Chtimes(path, at, at), os.Chown(path, owner(t, dir), -1)); err != nil {
					t.Fatal(err)
				}
				if name != ".jupyter-ec2-ABCDEFGHIJKL" {
					keep = append(keep, path)
				}
			}
		}
		folder := filepath.Join(h.home, ".jupyter-ec2-AAAAAAAAAAAA")
		if err := errors.Join(os.Mkdir(folder, 0o755), os.Chtimes(folder, old, old)); err != nil {
			t.Fatal(err)
		}
		must[Copied](t)(c.Put(t.Context(), []string{filepath.Join(here, "from", "sub", "file")}, "file", CopyOptions{}))
		must[Copied](t)(c.Put(t.Context(), []string{filepath.Join(here, "from", "sub")}, "tree/", CopyOptions{Recursive: true}))
		must[Copied](t)(c.Get(t.Context(), []string{"file"}, here, CopyOptions{}))
		must[Copied](t)(c.Get(t.Context(), []string{"tree/sub"}, filepath.Join(here, "from"), CopyOptions{Recursive: true}))
		for _, path := range append(keep, folder) {
			if _, err := os.Lstat(path); err != nil {
				t.Error(err)
			}
		}
		for _, l := range append(halfDone(t, h.home), halfDone(t, here)...) {
			if strings.HasSuffix(l, "JKL x") {
				t.Errorf("left %q", l)
			}
		}
	})
}

// A link that lies where a half done file will be leads nothing elsewhere.
func TestCopyIsNotLedAstray(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c, here := h.client(t), t.TempDir()
		local := filepath.Join(here, "file")
		write(t, local, "content", 0o644)
		info := must[fs.FileInfo](t)(os.Stat(local))
		victim := filepath.Join(h.home, "victim")
		write(t, victim, "", 0o666)
		for _, name := range []string{"file", "copy"} {
			at := file{to: name, size: info.Size(), time: info.ModTime()}.halfDone()
			if err := os.Symlink(victim, filepath.Join(h.home, at)); err != nil {
				t.Fatal(err)
			}
		}
		must[Copied](t)(c.Put(t.Context(), []string{local}, "copy", CopyOptions{}))
		there := must[fs.FileInfo](t)(os.Stat(filepath.Join(h.home, "copy")))
		at := filepath.Join(here, file{to: "back", size: 7, time: there.ModTime().Truncate(time.Second)}.halfDone())
		if err := os.Symlink(victim, at); err != nil {
			t.Fatal(err)
		}
		must[Copied](t)(c.Get(t.Context(), []string{"copy"}, filepath.Join(here, "back"), CopyOptions{}))
		if b, err := os.ReadFile(victim); err != nil || len(b) > 0 {
			t.Errorf("the victim has %q, %v", b, err)
		}
		if b, err := os.ReadFile(filepath.Join(here, "back")); err != nil || string(b) != "content" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

// Files of the kernel's have no size, or a wrong one.
func TestCopyWhateverTheSizeSays(t *testing.T) {
	const empty, wrong = "/proc/cpuinfo", "/sys/kernel/uevent_seqnum"
	for _, name := range []string{empty, wrong} {
		if _, err := os.Stat(name); err != nil {
			t.Skip(err)
		}
	}
	eachShellHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		var last CopyProgress
		got := must[Copied](t)(c.Put(t.Context(), []string{empty}, "cpu", CopyOptions{Progress: func(p CopyProgress) { last = p }}))
		there := must[[]byte](t)(os.ReadFile(filepath.Join(h.home, "cpu")))
		if !bytes.Contains(there, []byte("processor")) || got.Bytes != int64(len(there)) || last.Of != got.Bytes || last.Bytes != got.Bytes {
			t.Errorf("%+v, told %+v, of %d bytes", got, last, len(there))
		}
		got = must[Copied](t)(c.Put(t.Context(), []string{wrong}, "number", CopyOptions{}))
		if there = must[[]byte](t)(os.ReadFile(filepath.Join(h.home, "number"))); len(there) == 0 || len(there) > 100 || got.Bytes != int64(len(there)) {
			t.Errorf("%+v, of %d bytes", got, len(there))
		}
	})
	c, here := startOpenSSH(t).client(t), t.TempDir()
	for _, name := range []string{empty, wrong} {
		got := must[Copied](t)(c.Get(t.Context(), []string{name}, here+"/", CopyOptions{}))
		if b := must[[]byte](t)(os.ReadFile(filepath.Join(here, filepath.Base(name)))); len(b) == 0 || got.Bytes != int64(len(b)) {
			t.Errorf("%s: %+v, of %d bytes", name, got, len(b))
		}
	}
}

// Of a file that grows, as much is copied as there was.
func TestCopyOfAFileThatGrows(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	write(t, log, "0123456789", 0o600)
	f := must[*os.File](t)(os.Open(log))
	defer func() { _ = f.Close() }()
	s := &source{ctx: t.Context(), f: f, size: 4, t: &tracker{}}
	if b, err := io.ReadAll(s); err != nil || string(b) != "0123" || s.shrank() {
		t.Errorf("put %q, %v", b, err)
	}
	var b bytes.Buffer
	to := &sink{ctx: t.Context(), w: &b, size: 4, t: &tracker{}, grew: func() bool { return true }}
	if n, err := to.Write([]byte("0123456789")); n != 4 || !errors.Is(err, errEnough) || b.String() != "0123" {
		t.Errorf("get %q, %v", b.String(), err)
	}
	s = &source{ctx: t.Context(), f: f, size: 20, t: &tracker{}}
	if _, err := io.ReadAll(s); err != nil || !s.shrank() {
		t.Errorf("a file that was cut off: %v", err)
	}
}

// A file that grew while it was copied is named.
func TestAFileThatGrewIsNamed(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), filepath.Join(t.TempDir(), "log")
		write(t, local, "0123456789", 0o644)
		grow := func(path string) CopyOptions {
			once := sync.OnceFunc(func() { write(t, path, "0123456789 and more", 0o644) })
			return CopyOptions{Progress: func(CopyProgress) { once() }} // told before the first byte
		}
		got := must[Copied](t)(c.Put(t.Context(), []string{local}, "there", grow(local)))
		if got.Bytes != 10 || !slices.Equal(got.Grown, []string{"log"}) {
			t.Errorf("put %+v", got)
		}
		got = must[Copied](t)(c.Get(t.Context(), []string{"there"}, local, grow(filepath.Join(h.home, "there"))))
		if got.Bytes != 10 || !slices.Equal(got.Grown, []string{"there"}) {
			t.Errorf("get %+v", got)
		}
		if got = must[Copied](t)(c.Put(t.Context(), []string{local}, "there", CopyOptions{})); len(got.Grown) > 0 {
			t.Errorf("one that did not grow: %+v", got)
		}
	})
}

// owner is the user that a folder belongs to.
func owner(t *testing.T, dir string) int {
	t.Helper()
	return int(must[fs.FileInfo](t)(os.Stat(dir)).Sys().(*syscall.Stat_t).Uid)
}
