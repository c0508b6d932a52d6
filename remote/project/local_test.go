package project

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// local is a host that is this computer, with a home folder of its own.
type local struct {
	home string
	// cut ends a copy with the error that it returns.
	cut func(what string) error
	// asked is told of each request to the host's part, and how to kill that.
	asked func(kill func())
	// untold is that nobody tells of its changes.
	untold bool
}

var errCut = errors.New("cut")

func (l *local) cuts(what string) error {
	if l.cut == nil {
		return nil
	}
	return l.cut(what)
}

// Run runs a command in a shell, as SSH would.
func (l *local) Run(ctx context.Context, cmd remote.Command) error {
	if l.untold && cmd.Env["JE_SIZE"] == strconv.Itoa(len(lookScript)+len(watchScript)) {
		<-ctx.Done()
		return ctx.Err()
	}
	sh := exec.CommandContext(ctx, "sh", "-c", cmd.Script)
	sh.Env = append(os.Environ(), "HOME="+l.home)
	for name, value := range cmd.Env {
		sh.Env = append(sh.Env, name+"="+value)
	}
	sh.Dir, sh.Stdout, sh.Stderr = l.home, cmd.Stdout, os.Stderr
	in, err := sh.StdinPipe() // not waited for, as with SSH
	if err == nil {
		err = sh.Start()
	}
	if err != nil {
		return err
	}
	kill := func() { _ = sh.Process.Kill() }
	tell := func() {}
	if asked := l.asked; asked != nil {
		tell = func() { asked(kill) }
	}
	go func() {
		_, _ = io.Copy(asking{in, tell}, cmd.Stdin)
		_ = in.Close()
	}()
	return sh.Wait()
}

// asking says when something is written.
type asking struct {
	io.Writer
	tell func()
}

func (a asking) Write(p []byte) (int, error) {
	n, err := a.Writer.Write(p)
	a.tell()
	return n, err
}

// PutPairs copies files, each whole or not at all.
func (l *local) PutPairs(ctx context.Context, pairs []remote.Pair, _ remote.CopyOptions) (done remote.Copied, err error) {
	for _, p := range pairs {
		if err := errors.Join(ctx.Err(), l.cuts("put")); err != nil {
			return done, err
		}
		if copyFile(p.From, p.To) == nil {
			done.Files++
		}
	}
	return done, nil
}

// GetPairs does the same the other way.
func (l *local) GetPairs(ctx context.Context, dir string, pairs []remote.Pair, _ remote.CopyOptions) (done remote.Copied, err error) {
	for _, p := range pairs {
		if err := errors.Join(ctx.Err(), l.cuts("get")); err != nil {
			return done, err
		}
		if copyFile(p.From, filepath.Join(dir, p.To)) == nil {
			done.Files++
		}
	}
	return done, nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to+".half", b, 0o600)
	}
	if err == nil {
		err = os.Rename(to+".half", to)
	}
	return err
}

// sides are a project's two folders.
type sides struct {
	t     testing.TB
	here  string
	there string
	host  *local
	cfg   Config
}

func newSides(t testing.TB) *sides {
	t.Helper()
	dir := t.TempDir()
	s := &sides{t: t, here: filepath.Join(dir, "here"), host: &local{home: filepath.Join(dir, "home")}}
	s.there = filepath.Join(s.host.home, "proj")
	mkdir(t, s.here)
	mkdir(t, s.there)
	s.cfg = Config{Dir: s.here, Host: s.host, HostDir: "proj", Name: "lab", State: filepath.Join(dir, "state.json")}
	return s
}

// open begins, until the test ends.
func (s *sides) open() *Project {
	s.t.Helper()
	p, err := Open(s.t.Context(), s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = p.Close() })
	return p
}

// pass has everything made alike.
func (s *sides) pass(p *Project) Result {
	s.t.Helper()
	r, err := p.Pass(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range r.Failures {
		s.t.Errorf("on side %d %s: %v", f.Side, f.Path, f.Err)
	}
	return r
}

// contents are the files, folders and links in a folder.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, p)
		switch {
		case err != nil || p == dir:
			return err
		case rel == stage:
			return filepath.SkipDir
		case e.IsDir():
			all[rel] = "folder"
		case e.Type() == os.ModeSymlink:
			target, err := os.Readlink(p)
			all[rel] = "to " + target
			return err
		default:
			b, err := os.ReadFile(p)
			all[rel] = strings.TrimRight("="+string(b), "\n")
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
