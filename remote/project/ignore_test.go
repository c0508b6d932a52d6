//go:build unix

package project

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// What this computer leaves out does not come along because the host says so.
func TestTheHostsRulesLeaveOutMore(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(t *testing.T, dir string){
		"brings it back":    func(t *testing.T, dir string) { write(t, filepath.Join(dir, ".gitignore"), "!.env\n") },
		"removes the rules": func(t *testing.T, dir string) { remove(t, filepath.Join(dir, ".gitignore")) },
		"has a folder of rules": func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, ".gitignore"))
			write(t, filepath.Join(dir, ".gitignore/x"), "")
		},
		"has more rules":         func(t *testing.T, dir string) { write(t, filepath.Join(dir, ".jupyter-ec2-ignore"), "!.env\n") },
		"in the file's folder":   func(t *testing.T, dir string) { write(t, filepath.Join(dir, "sub/.gitignore"), "!.env\n") },
		"its rules are left out": func(t *testing.T, dir string) { write(t, filepath.Join(dir, ".gitignore"), "!.env\n.gitignore\n") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSides(t)
			write(t, filepath.Join(s.here, ".gitignore"), ".env\n")
			write(t, filepath.Join(s.here, "sub/.env"), "secret")
			write(t, filepath.Join(s.here, "sub/x"), "0")
			p := s.open()
			s.pass(p)
			change(t, s.there)
			for range 3 {
				s.pass(p)
			}
			s.leftOut("sub/.env")
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			p = s.open() // what is remembered
			write(t, filepath.Join(s.here, ".env"), "another")
			s.pass(p)
			s.pass(p)
			s.leftOut("sub/.env", ".env")

			// Whoever is here may say so.
			remove(t, filepath.Join(s.here, ".gitignore"), filepath.Join(s.here, "sub/.gitignore"))
			write(t, filepath.Join(s.here, ".gitignore"), "!.env\n# yes\n")
			write(t, filepath.Join(s.here, ".jupyter-ec2-ignore"), "# yes\n")
			for range 3 {
				s.pass(p)
			}
			if all := contents(t, s.there); all["sub/.env"] != "=secret" || all[".env"] != "=another" {
				t.Errorf("there is %q", all)
			}
		})
	}
}

// leftOut sees that files are here and not there.
func (s *sides) leftOut(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(s.here, name)); err != nil {
			s.t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(s.there, name)); err == nil {
			s.t.Errorf("%s has come along", name)
		}
	}
}

// A host that knows no rules brings nothing that is left out, and loses nothing.
func TestAHostWithoutRules(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, ".gitignore"), "*.env\n!.git\n")
	write(t, filepath.Join(s.here, "a.env"), "ours")
	mkdir(t, filepath.Join(s.here, ".git"))
	write(t, filepath.Join(s.there, ".git/hooks/post-checkout"), "rm -r")
	write(t, filepath.Join(s.there, "venv/bin/python"), "rm -r")
	write(t, filepath.Join(s.there, "a.env"), "theirs")
	write(t, filepath.Join(s.there, "x"), "0")
	s.cfg.Host = lawless{s.host}
	s.rest(s.open())
	want := map[string]string{".gitignore": "=*.env\n!.git", "a.env": "=ours", ".git": "folder", "x": "=0"}
	if diff := cmp.Diff(want, contents(t, s.here)); diff != "" {
		t.Errorf("here (-want +got):\n%s", diff)
	}
	if got := contents(t, s.there)["a.env"]; got != "=theirs" {
		t.Errorf("there is %q", got)
	}
}

// lawless is a host whose part leaves nothing out.
type lawless struct{ *local }

func (l lawless) Run(ctx context.Context, cmd remote.Command) error {
	script := make([]byte, len(lookScript+actScript))
	if _, err := io.ReadFull(cmd.Stdin, script); err != nil {
		return err
	}
	changed := strings.Replace(string(script), "def main():", "Rules.skips = lambda *_: False\n\n\ndef main():", 1)
	cmd.Env["JE_SIZE"] = strconv.Itoa(len(changed))
	cmd.Stdin = io.MultiReader(strings.NewReader(changed), cmd.Stdin)
	return l.local.Run(ctx, cmd)
}

// What the host's rules leave out is left out, too.
func TestTheHostsRulesCount(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, "x"), "0")
	p := s.open()
	s.pass(p)
	write(t, filepath.Join(s.there, ".gitignore"), "*.log\n")
	write(t, filepath.Join(s.there, "sub/a.log"), "0")
	write(t, filepath.Join(s.here, "b.log"), "0")
	s.pass(p) // which brings the rules, and what they leave out from now on
	write(t, filepath.Join(s.here, "c.log"), "0")
	write(t, filepath.Join(s.there, "d.log"), "0")
	s.pass(p)
	s.leftOut("c.log")
	if _, err := os.Lstat(filepath.Join(s.here, "d.log")); err == nil {
		t.Error("the host's rules do not count")
	}
}

// On a computer where case does not count, a file of rules has many names.
func TestRulesInAnyCase(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	write(t, filepath.Join(s.here, ".gitignore"), ".env\n")
	write(t, filepath.Join(s.here, ".env"), "secret")
	write(t, filepath.Join(s.here, "x"), "0")
	p := s.open()
	p.here.fold = true
	s.pass(p)
	must(t, os.Rename(filepath.Join(s.there, ".gitignore"), filepath.Join(s.there, ".GITignore")))
	write(t, filepath.Join(s.there, ".GITignore"), "!.env\n")
	for range 3 {
		s.pass(p)
	}
	s.leftOut(".env")
}
