//go:build unix

package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// grove makes a folder with many files: small ones in several folders, and two
// that are large enough to be continued.
func grove(t *testing.T, files int) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "grove")
	random := rand.NewChaCha8([32]byte{7})
	content := make([]byte, 3<<20)
	_, _ = random.Read(content) // it never fails
	for n := range files {
		size := n * 37 % 20000
		write(t, filepath.Join(root, fmt.Sprint("dir", n%7), fmt.Sprint("deep", n%3), fmt.Sprint(n)), string(content[n:n+size]), 0o644)
	}
	for n := range 2 {
		write(t, filepath.Join(root, fmt.Sprint("large", n)), string(content[n:]), 0o600)
	}
	return root
}

// bigSize is large enough to come in two halves, and to be cut before its end at
// cutAt although progress is told now and then only. The next copy finds kept of
// that at least.
const bigSize, cutAt, kept = 80 << 20, 24 << 20, 14 << 20

// big is a file that does not repeat, in a folder of its own. It is every test's,
// and to be read only.
func big(t *testing.T) string {
	t.Helper()
	made, path := await.Shared(t, "the big file", bigFile), filepath.Join(t.TempDir(), "big")
	if err := os.Link(made, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// bigFile is made by the first test that wants it, and removed by TestMain.
var bigFile = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(bigDir, "big")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{1}), bigSize)
	return path, errors.Join(err, f.Close())
})

var bigDir string

func TestMain(m *testing.M) {
	var err error
	if bigDir, err = os.MkdirTemp("", "jupyter-ec2-big-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(bigDir)
	os.Exit(code)
}

// whole checks that each file in a copy is the whole of it, and counts them.
func whole(t *testing.T, original, copied string) (files int) {
	t.Helper()
	err := filepath.WalkDir(copied, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || halfDoneShape.MatchString(d.Name()) {
			return err
		}
		rel, err := filepath.Rel(copied, path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(path)
		want, err2 := os.ReadFile(filepath.Join(original, rel))
		if string(got) != string(want) {
			t.Errorf("%s has %d bytes of %d", rel, len(got), len(want))
		}
		files++
		return errors.Join(err, err2)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// after calls then once so many bytes went through it to a host, or came back.
func after(t *testing.T, to string, up, down int64, then func(), cut bool) (addr string) {
	t.Helper()
	return serve(t, func(c net.Conn) {
		far, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer func() { _ = far.Close() }()
		var ways sync.WaitGroup
		way := func(to, from net.Conn, n int64) {
			_, err := io.CopyN(to, from, n)
			if err == nil {
				then()
			}
			if err == nil && !cut {
				_, _ = io.Copy(to, from)
			}
			_, _ = far.Close(), c.Close() // both ways end with one of them
		}
		ways.Go(func() { way(far, c, up) })
		ways.Go(func() { way(c, far, down) })
		ways.Wait()
	})
}

// Wherever a copy of many files is cut, or given up, no file is there in part,
// and the next copy completes it.
func TestManyFilesCutAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	const files, bytes = 250, 8 << 20
	all := CopyOptions{Recursive: true}
	eachShellHost(t, func(t *testing.T, h host) {
		local, here := grove(t, files), t.TempDir()
		must[Copied](t)(h.client(t).Put(t.Context(), []string{local}, "origin", all))
		for round := range 5 {
			there, back := fmt.Sprint("up", round), filepath.Join(here, fmt.Sprint("down", round))
			put := func(ctx context.Context, c *Client) (Copied, error) {
				return c.Put(ctx, []string{local + "/."}, there, all)
			}
			get := func(ctx context.Context, c *Client) (Copied, error) {
				return c.Get(ctx, []string{"origin/."}, back, all)
			}
			for _, way := range []struct {
				do     func(context.Context, *Client) (Copied, error)
				target string
				up     int64
				down   int64
			}{
				{put, filepath.Join(h.home, there), rand.Int64N(bytes), 1 << 40},
				{get, back, 1 << 40, rand.Int64N(bytes)},
			} {
				ctx, cancel := context.WithCancel(t.Context())
				far := h
				far.addr = after(t, h.addr, way.up, way.down, cancel, round%2 == 0)
				c, err := far.dial(t.Context()) // it may be cut here already
				if err == nil {
					got, err := way.do(ctx, c)
					if err == nil && got.Files != files+2 {
						t.Errorf("%+v", got)
					}
					_ = c.Close()
				}
				cancel()
				whole(t, local, way.target)
				got, err := way.do(t.Context(), h.client(t))
				if n := whole(t, local, way.target); err != nil || got.Files != files+2 || n != files+2 {
					t.Fatalf("again: %+v, %v; %d files", got, err, n)
				}
				if half := halfDone(t, way.target); len(half) > 0 {
					t.Errorf("left %.200q", half)
				}
			}
		}
	})
}

// Two copies of many files to the same place: both say that all is there, and it is.
func TestManyFilesTwiceAtOnce(t *testing.T) {
	const files = 300
	all := CopyOptions{Recursive: true}
	eachShellHost(t, func(t *testing.T, h host) {
		local, back := grove(t, files), filepath.Join(t.TempDir(), "back")
		for _, do := range []func(c *Client) (Copied, error){
			func(c *Client) (Copied, error) { return c.Put(t.Context(), []string{local + "/."}, "there/", all) },
			func(c *Client) (Copied, error) { return c.Get(t.Context(), []string{"there/."}, back+"/", all) },
		} {
			var both sync.WaitGroup
			for range 2 {
				c := h.client(t)
				both.Go(func() {
					if got, err := do(c); err != nil || got.Files != files+2 {
						t.Errorf("%+v, %v", got, err)
					}
				})
			}
			both.Wait()
		}
		for _, target := range []string{filepath.Join(h.home, "there"), back} {
			if n := whole(t, local, target); n != files+2 {
				t.Errorf("%d files", n)
			}
			if half := halfDone(t, target); len(half) > 0 {
				t.Errorf("left %.200q", half)
			}
		}
	})
}

// Several sources go into one folder; two that would be the same file there
// are found before anything is copied.
func TestSeveralSources(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c, dir := h.client(t), t.TempDir()
		var names, paths []string
		for n := range 3 * manyFiles {
			name := fmt.Sprint("file", n)
			write(t, filepath.Join(dir, "a", name), name, 0o640)
			names, paths = append(names, name), append(paths, filepath.Join(dir, "a", name))
		}
		write(t, filepath.Join(dir, "b", "file7"), "another", 0o644)
		if err := errors.Join(os.Mkdir(filepath.Join(h.home, "links"), 0o755), os.Symlink("../linked", filepath.Join(h.home, "links", "file3"))); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(h.home, "linked"), "old", 0o600)
		for _, to := range []string{"new", "new/", "links"} {
			if got, err := c.Put(t.Context(), paths, to, CopyOptions{}); err != nil || got.Files != len(names) {
				t.Errorf("to %q: %+v, %v", to, got, err)
			}
		}
		if got := listing(t, filepath.Join(h.home, "new")); len(got) != len(names)+1 || !slices.Contains(got, "-rw-r----- file9 file9") {
			t.Errorf("%.500q", got)
		}
		if b := must[[]byte](t)(os.ReadFile(filepath.Join(h.home, "linked"))); string(b) != "file3" {
			t.Errorf("through the link: %q", b)
		}
		_, err := c.Put(t.Context(), append(paths, filepath.Join(dir, "b", "file7")), "twice", CopyOptions{})
		if got := reasonOfCopy(t, err); got != CopyTwice || len(listing(t, filepath.Join(h.home, "twice"))) > 1 {
			t.Errorf("%q: %v", got, err)
		}
		back := filepath.Join(dir, "back")
		for n, name := range names {
			names[n] = "new/" + name
		}
		if got, err := c.Get(t.Context(), names, back, CopyOptions{}); err != nil || got.Files != len(names) || len(listing(t, back)) != len(names)+1 {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = c.Get(t.Context(), append(names, "links/file7"), filepath.Join(dir, "twice"), CopyOptions{})
		if got := reasonOfCopy(t, err); got != CopyTwice {
			t.Errorf("%q: %v", got, err)
		}
	})
}

// One file that cannot be copied is named, and costs none of the others.
func TestOneOfManyFails(t *testing.T) {
	const files = 60
	all := CopyOptions{Recursive: true}
	eachShellHost(t, func(t *testing.T, h host) {
		c, local, back := h.client(t), grove(t, files), filepath.Join(t.TempDir(), "back")
		must[Copied](t)(c.Put(t.Context(), []string{local}, "origin", all))
		for _, dir := range []string{filepath.Join(h.home, "there"), back} {
			for _, name := range []string{"large0", filepath.Join("dir3", "deep0", "3"), filepath.Join("dir4", "deep1", "4")} {
				if err := os.MkdirAll(filepath.Join(dir, name, "in the way"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}
		for way, do := range map[string]func() (Copied, error){
			"there": func() (Copied, error) { return c.Put(t.Context(), []string{local + "/."}, "there", all) },
			"here":  func() (Copied, error) { return c.Get(t.Context(), []string{"origin/."}, back, all) },
		} {
			got, err := do()
			text := fmt.Sprint(err)
			if reason := reasonOfCopy(t, err); reason != CopyFolderThere && reason != CopyFailed || got.Files != files-1 {
				t.Errorf("%s: %+v, %q: %v", way, got, reason, err)
			}
			for _, name := range []string{"deep0/3", "deep1/4", "large0"} {
				if !strings.Contains(text, name) {
					t.Errorf("%s: %q does not name %s", way, text, name)
				}
			}
		}
		missing := []string{filepath.Join(local, "large0"), filepath.Join(local, "none"), filepath.Join(local, "large1")}
		got, err := c.Put(t.Context(), missing, "some/", CopyOptions{})
		if reasonOfCopy(t, err) != CopyNoFile || got.Files != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A disk that is full in the middle: what is there is whole, and the next copy
// completes it once there is room.
func TestManyFilesDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	if os.Geteuid() != 0 {
		t.Skip("a small disk takes root")
	}
	const files = 700 // of 7 MiB, with the large ones 13
	all := CopyOptions{Recursive: true}
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), grove(t, files)
		must[Copied](t)(c.Put(t.Context(), []string{local}, "origin", all))
		small, here := filepath.Join(h.home, "small"), t.TempDir()
		for _, at := range []string{small, here} {
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4M,mode=777", "tmpfs", at).CombinedOutput(); err != nil {
				t.Skipf("no small disk can be made: %v: %s", err, out)
			}
			t.Cleanup(func() { _ = exec.Command("umount", at).Run() })
		}
		for at, do := range map[string]func() (Copied, error){
			small: func() (Copied, error) { return c.Put(t.Context(), []string{local + "/."}, "small", all) },
			here:  func() (Copied, error) { return c.Get(t.Context(), []string{"origin/."}, here, all) },
		} {
			got, err := do()
			if reason := reasonOfCopy(t, err); reason != CopyDiskFull || got.Files == 0 {
				t.Errorf("%+v, %q: %v", got, reason, err)
			}
			if n := whole(t, local, at); n != got.Files {
				t.Errorf("%d files are there, and %d were told", n, got.Files)
			}
			if out, err := exec.Command("mount", "-o", "remount,size=64M", at).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got, err := do(); err != nil || whole(t, local, at) != files+2 {
				t.Errorf("again: %+v, %v", got, err)
			}
			if half := halfDone(t, at); len(half) > 0 {
				t.Errorf("left %.200q", half)
			}
		}
	})
}
