//go:build unix

package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
)

// reasonOfCopy checks that an error explains itself.
func reasonOfCopy(t *testing.T, err error) CopyReason {
	t.Helper()
	var e *CopyError
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *CopyError", err)
	}
	p := e.Problem()
	kind, title, text, next := string(p.Kind), p.Title, p.Text, p.Next.String()
	if (kind == "server") != e.Host || title == "" || text == "" || next == "" || strings.ContainsAny(title+text+next, "\x1b\n") {
		t.Errorf("explained as %q %q %q %q", kind, title, text, next)
	}
	return e.Reason
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600), os.Chmod(path, mode))
	if err != nil {
		t.Fatal(err)
	}
}

// listing is what is in a folder: modes, paths, and the files' content.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		info, err2 := os.Stat(path)
		line := info.Mode().String() + " " + rel
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + string(content)
		}
		all = append(all, line)
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// halfDone names what a copy left half done, anywhere in a folder.
func halfDone(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(listing(t, dir), func(l string) bool { return !strings.Contains(l, ".jupyter-ec2-") })
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// odd are names that a file can have.
var odd = []string{"a b", "-rf", "ü ñ", "quote'\"s", "line\nend", "\x1b[31mred", "$HOME", "*", `back\slash`, strings.Repeat("n", 255), ".hidden", "~"}

func TestCopyTree(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), filepath.Join(t.TempDir(), "tree")
		for n, name := range odd {
			write(t, filepath.Join(local, name), name, 0o640)
			write(t, filepath.Join(local, "sub", "deep", name, "file"), strings.Repeat("x", n<<14), 0o755)
		}
		write(t, filepath.Join(local, "private", "readonly"), "", 0o400)
		err := errors.Join(os.Chmod(filepath.Join(local, "private"), 0o700), os.Mkdir(filepath.Join(local, "empty"), 0o755),
			os.Chmod(local, 0o755))
		if err != nil {
			t.Fatal(err)
		}
		want := listing(t, local)
		for name, to := range map[string]string{"folder link": "sub", "dead link": "nowhere", "file link": "-rf"} {
			if err := os.Symlink(to, filepath.Join(local, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Mkfifo(filepath.Join(local, "pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, "-rw-r----- file link -rf")
		slices.Sort(want)
		var last CopyProgress
		o := CopyOptions{Recursive: true, Progress: func(p CopyProgress) {
			if strings.ContainsAny(p.File, "\x1b\n") {
				t.Errorf("shows %q", p.File)
			}
			last = p
		}}
		got := must[Copied](t)(c.Put(t.Context(), []string{local}, "new", o))
		slices.Sort(got.Skipped)
		if got.Files != 2*len(odd)+2 || last.Files != got.Files || last.OfAll != got.Files || last.Bytes != got.Bytes || last.Of != got.Bytes ||
			!slices.Equal(got.Skipped, []string{"tree/dead link", "tree/folder link", "tree/pipe"}) {
			t.Errorf("copied %+v, told %+v", got, last)
		}
		there := listing(t, filepath.Join(h.home, "new"))
		slices.Sort(there)
		if !slices.Equal(there, want) {
			t.Errorf("on the host\n%.2000q\nwant\n%.2000q", there, want)
		}
		// Again, now into the folder that is there; and over itself.
		for range 2 {
			must[Copied](t)(c.Put(t.Context(), []string{local}, "~/new", o))
		}
		if there := listing(t, filepath.Join(h.home, "new", "tree")); len(there) != len(want) {
			t.Errorf("%d in it, want %d", len(there), len(want))
		}
		// And back; the links are made there, the host's user's.
		_ = os.Symlink("tree", filepath.Join(h.home, "new", "link"))
		back := filepath.Join(t.TempDir(), "back")
		got = must[Copied](t)(c.Get(t.Context(), []string{"new/tree/"}, back, o))
		here := listing(t, back)
		slices.Sort(here)
		if !slices.Equal(here, want) {
			t.Errorf("back\n%.2000q\nwant\n%.2000q", here, want)
		}
		got = must[Copied](t)(c.Get(t.Context(), []string{"new/."}, back, o))
		if !slices.Equal(got.Skipped, []string{"link"}) || len(listing(t, filepath.Join(back, "tree"))) != len(want) {
			t.Errorf("the content of new: %+v", got)
		}
		if half := append(halfDone(t, h.home), halfDone(t, back)...); len(half) > 0 {
			t.Errorf("left %q", half)
		}
	})
}

func TestCopyPlaces(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		c, dir := h.client(t), t.TempDir()
		local := filepath.Join(dir, "file")
		write(t, local, "new", 0o755)
		must[string](t)(c.Output(t.Context(), "mkdir d d/file2; echo old >there; ln -s there link; mkdir closed; echo s >secret"))
		for _, to := range []string{"a", "~/b", "d", "d/", "made/too/", "~", "", "there", "link", filepath.Join(h.home, "abs")} {
			if got, err := c.Put(t.Context(), []string{local}, to, CopyOptions{}); err != nil || got.Files != 1 || got.Bytes != 3 {
				t.Errorf("to %q: %+v, %v", to, got, err)
			}
		}
		out := must[string](t)(c.Output(t.Context(), "for f in a b d/file made/too/file file there link abs; do echo $f $(cat $f) $([ -x $f ] && echo x); done; [ -L link ] && echo a link"))
		if want := "a new x\nb new x\nd/file new x\nmade/too/file new x\nfile new x\nthere new x\nlink new x\nabs new x\na link\n"; out != want {
			t.Errorf("got %q, want %q", out, want)
		}
		back := filepath.Join(dir, "back")
		for _, to := range []string{filepath.Join(dir, "one"), back + "/", back} {
			if got, err := c.Get(t.Context(), []string{"~/a"}, to, CopyOptions{}); err != nil || got.Files != 1 {
				t.Errorf("get to %q: %+v, %v", to, got, err)
			}
		}
		for _, path := range []string{filepath.Join(dir, "one"), filepath.Join(back, "a")} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 || info.Size() != 3 {
				t.Errorf("%s: %v, %v", path, info, err)
			}
		}
		write(t, filepath.Join(dir, "is", "a", "x"), "folder", 0o644)
		put := func(local, to string, o CopyOptions) error {
			_, err := c.Put(t.Context(), []string{local}, to, o)
			return err
		}
		get := func(from, local string, o CopyOptions) error {
			_, err := c.Get(t.Context(), []string{from}, local, o)
			return err
		}
		all := CopyOptions{Recursive: true}
		for _, cse := range []struct {
			name string
			err  error
			want CopyReason
		}{
			{"no local file", put(filepath.Join(dir, "none\x1b[1m"), "x", all), CopyNoFile},
			{"local folder", put(dir, "x", CopyOptions{}), CopyIsFolder},
			{"local device", put("/dev/null", "x", all), CopyNotRegular},
			{"no folder there", put(local, "no/such/x", all), CopyNoFile},
			{"a file is not a folder", put(local, "there/", all), CopyNoFolder},
			{"a folder over a file", put(filepath.Join(dir, "is"), "there", all), CopyNoFolder},
			{"no file there", get("none", dir, all), CopyNoFile},
			{"folder there", get("d", dir, CopyOptions{}), CopyIsFolder},
			{"no folder here", get("a", filepath.Join(dir, "no", "such"), all), CopyNoFile},
			{"a file here is not a folder", get("a", local+"/", all), CopyNoFolder},
			{"a folder over a file here", get("d", local, all), CopyNoFolder},
			{"a folder is here", get("a", filepath.Join(dir, "is"), all), ""},
			{"a folder of that name is here", get("a", filepath.Join(dir, "is"), all), CopyFolderThere},
		} {
			if cse.want == "" {
				if err := errors.Join(os.Remove(filepath.Join(dir, "is", "a", "x"))); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if got := reasonOfCopy(t, cse.err); got != cse.want {
				t.Errorf("%s: %q, %v", cse.name, got, cse.err)
			}
		}
		if os.Geteuid() != 0 { // root may write everywhere
			must[string](t)(c.Output(t.Context(), "chmod 500 closed"))
			if got := reasonOfCopy(t, put(local, "closed/x", all)); got != CopyNoPermission {
				t.Errorf("a closed folder: %q", got)
			}
		}
		if half := append(halfDone(t, h.home), halfDone(t, dir)...); len(half) > 0 {
			t.Errorf("left %q", half)
		}
	})
}

func TestCopyBig(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), big(t)
		back := local + ".back"
		var told atomic.Int64
		o := CopyOptions{Progress: func(CopyProgress) { told.Add(1) }}
		must[Copied](t)(c.Put(t.Context(), []string{local}, "big", o))
		if got := must[Copied](t)(c.Get(t.Context(), []string{"big"}, back, o)); got.Bytes != bigSize || told.Load() < 3 {
			t.Errorf("%+v, told %d times", got, told.Load())
		}
		if out, err := exec.Command("cmp", local, back).CombinedOutput(); err != nil {
			t.Errorf("%s, %v", out, err)
		}
	})
}

// A copy that a person ends leaves nothing under the final name, and beside it
// only what the next one continues.
func TestCopyCancelled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), big(t)
		must[Copied](t)(c.Put(t.Context(), []string{local}, "big", CopyOptions{}))
		dir := t.TempDir()
		for where, do := range map[string]func(context.Context, CopyOptions) (Copied, error){
			h.home: func(ctx context.Context, o CopyOptions) (Copied, error) {
				return c.Put(ctx, []string{local}, "half", o)
			},
			dir: func(ctx context.Context, o CopyOptions) (Copied, error) {
				return c.Get(ctx, []string{"big"}, filepath.Join(dir, "half"), o)
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			var at int64
			got, err := do(ctx, CopyOptions{Progress: func(p CopyProgress) {
				if at = p.Bytes; at > cutAt {
					cancel()
				}
			}})
			cancel()
			if !errors.Is(err, context.Canceled) || got.Files != 0 || at == bigSize {
				t.Errorf("to %s at %d: %+v, %v", where, at, got, err)
			}
			if _, err := os.Lstat(filepath.Join(where, "half")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("half a file in %s: %v", where, err)
			}
			if half := halfDone(t, where); len(half) != 1 {
				t.Errorf("left %.200q in %s, want one file to continue", half, where)
			}
			if got := must[Copied](t)(do(t.Context(), CopyOptions{})); got.Bytes != bigSize || got.There < kept {
				t.Errorf("the next one to %s: %+v", where, got)
			}
			if out, err := exec.Command("cmp", local, filepath.Join(where, "half")).CombinedOutput(); err != nil {
				t.Errorf("%s, %v", out, err)
			}
			if half := halfDone(t, where); len(half) > 0 {
				t.Errorf("left %.200q in %s", half, where)
			}
		}
	})
}

func TestCopyConnectionLost(t *testing.T) {
	h := startOpenSSH(t)
	c, local := h.client(t), big(t)
	_, err := c.Put(t.Context(), []string{local}, "half", CopyOptions{Progress: func(p CopyProgress) {
		if p.Bytes > 0 {
			_ = c.wire.Close()
		}
	}})

	if got := reasonOf(t, err); got != Closed {
		t.Errorf("reason %q: %v", got, err)
	}
	if _, err := os.Lstat(filepath.Join(h.home, "half")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file: %v", err)
	}
}

func TestCopyDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	if os.Geteuid() != 0 {
		t.Skip("a small disk takes root")
	}
	eachShellHost(t, func(t *testing.T, h host) {
		c, local := h.client(t), big(t)
		small := filepath.Join(h.home, "small")
		must[Copied](t)(c.Put(t.Context(), []string{local}, "big", CopyOptions{}))
		here := t.TempDir()
		for _, at := range []string{small, here} {
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8M,mode=777", "tmpfs", at).CombinedOutput(); err != nil {
				t.Skipf("no small disk can be made: %v: %s", err, out)
			}
			t.Cleanup(func() { _ = exec.Command("umount", at).Run() })
		}
		_, errPut := c.Put(t.Context(), []string{local}, "small/", CopyOptions{})
		_, errGet := c.Get(t.Context(), []string{"big"}, here, CopyOptions{})
		for where, err := range map[string]error{"there": errPut, "here": errGet} {
			if got := reasonOfCopy(t, err); got != CopyDiskFull {
				t.Errorf("%s: %q, %v", where, got, err)
			}
		}
		if got := append(listing(t, small)[1:], listing(t, here)[1:]...); len(got) > 0 {
			t.Errorf("left %.200q", got)
		}
	})
}

func TestNoSFTP(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"no subsystem": func(conf string) string { return strings.Replace(conf, "Subsystem sftp internal-sftp\n", "", 1) },
		"broken":       func(conf string) string { return strings.Replace(conf, "internal-sftp", "/nonexistent", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := startOpenSSH(t, change).client(t).Get(t.Context(), []string{"x"}, t.TempDir(), CopyOptions{})
			if got := reasonOfCopy(t, err); got != CopyNoSFTP {
				t.Errorf("%q: %v", got, err)
			}
		})
	}
}

// OpenSSH's own server inside sshd, without a program beside it.
func TestInternalSFTP(t *testing.T) {
	dir := t.TempDir()
	h := startOpenSSH(t, func(conf string) string {
		at := strings.Index(conf, "ForceCommand")
		return conf[:at] + "ForceCommand internal-sftp -d " + dir + "\n"
	})
	local := filepath.Join(t.TempDir(), "file")
	write(t, local, "content", 0o711)
	must[Copied](t)(h.client(t).Put(t.Context(), []string{local}, "new", CopyOptions{}))
	if got := listing(t, dir); !slices.Equal(got[1:], []string{"-rwx--x--x new content"}) {
		t.Errorf("got %q", got)
	}
}

type unreadable struct{ io.Reader }

func (unreadable) Stat() (fs.FileInfo, error) { return nil, syscall.EIO }

// What cannot be read here is told as this computer's fault.
func TestCopySourceFails(t *testing.T) {
	s := &source{ctx: t.Context(), f: unreadable{iotest.ErrReader(syscall.EIO)}, t: &tracker{}}
	if _, err := s.Read(make([]byte, 1)); err == nil || reasonOfCopy(t, localError("f", s.err)) != CopyFailed {
		t.Errorf("%v, %v", err, s.err)
	}
}
