//go:build unix

package project

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// A disk that is full on one side keeps nothing from coming to the other.
func TestAFullDiskOnOneSide(t *testing.T) {
	eachSide(t, func(t *testing.T, s *sides, at string) {
		other, copying := s.there, "get"
		if at == s.there {
			other, copying = s.here, "put"
		}
		p := s.open()
		for n := range batchFiles + 1 { // more than are copied at once
			write(t, filepath.Join(other, "new", fmt.Sprint(n)), "")
		}
		write(t, filepath.Join(at, "result"), "1")
		tried := 0
		s.host.cut = func(what string) error {
			if what != copying {
				return nil
			}
			tried++
			return &remote.CopyError{Reason: remote.CopyDiskFull, Path: "new"}
		}
		r, err := p.Pass(t.Context())
		var of *remote.CopyError
		if err != nil || len(r.Failures) != batchFiles+1 || !errors.As(r.Failures[batchFiles].Err, &of) || tried != 1 {
			t.Errorf("%d failures, tried %d times: %v", len(r.Failures), tried, err)
		}
		if got := filesIn(t, other)["result"]; got != "=1" {
			t.Errorf("the other side got %q", got)
		}
	})
}

// What is only brought back comes here, and so does the host's version of what both
// have changed; the host gets nothing.
func TestBack(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	for _, name := range []string{"nb.ipynb", "kind", "dir/x", "gone"} {
		write(t, filepath.Join(s.here, name), "0")
	}
	p := s.open()
	s.pass(p)
	must(t, p.Close())
	write(t, filepath.Join(s.here, "nb.ipynb"), "here")
	write(t, filepath.Join(s.there, "nb.ipynb"), "there")
	write(t, filepath.Join(s.here, "new/ours"), "1")
	write(t, filepath.Join(s.there, "sub/result"), "1")
	remove(t, filepath.Join(s.here, "kind"), filepath.Join(s.there, "gone"), filepath.Join(s.there, "dir"))
	write(t, filepath.Join(s.here, "kind/in"), "1")
	write(t, filepath.Join(s.there, "kind"), "theirs")
	write(t, filepath.Join(s.here, "dir/x"), "1")
	s.host.cut = func(what string) error {
		if what == "put" {
			t.Error("the host got something")
		}
		return nil
	}
	s.cfg.Back = true
	p = s.open()
	var kept []string
	for range 3 {
		kept = append(kept, s.pass(p).Conflicts...)
	}
	here, there := filesIn(t, s.here), filesIn(t, s.there)
	if len(kept) != 2 || len(there) != 3 || there["sub/result"] != "=1" {
		t.Fatalf("kept %q; there is %v", kept, there)
	}
	for name, want := range there {
		if here[name] != want {
			t.Errorf("%s is %q here, want %q", name, here[name], want)
		}
	}
	if here["nb.ipynb"] != "=here" || here["new/ours"] != "=1" || here["kind/in"] != "=1" || here["dir/x"] != "=1" || len(here) != 7 {
		t.Errorf("here is %v", here)
	}
	must(t, p.Close())
	s.cfg.Back, s.host.cut = false, nil
	s.rest(s.open())
	if diff := cmp.Diff(here, filesIn(t, s.there)); diff != "" {
		t.Error(diff)
	}
}
