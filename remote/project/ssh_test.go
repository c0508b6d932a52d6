//go:build unix

package project

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// onHost makes the sides' host an embedded one, which runs as another user where
// the test is root. dial connects to it.
func (s *sides) onHost(first int) (dial func() *remote.Client) {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	// Not t.TempDir, into which the hosts' user does not get.
	dir, err := os.MkdirTemp("", "jupyter-ec2-project-")
	must(err)
	computer, err := sshhost.Prepare(s.t.Context(), dir, os.Environ())
	must(err)
	pair, err := remote.Generate("test")
	must(err)
	listener, err := sshhost.Listen(first)
	must(err)
	const id = "i-0123456789abcdef0"
	host, err := computer.Start(s.t.Context(), sshhost.Spec{ID: id, Listener: listener, AuthorizedKeys: []string{pair.Public}})
	must(err)
	s.t.Cleanup(func() {
		ctx, cancel := await.Ending(s.t)
		defer cancel()
		if err := errors.Join(host.Stop(ctx), computer.Remove(ctx, id), os.RemoveAll(dir)); err != nil {
			s.t.Error(err)
		}
	})
	key := filepath.Join(s.t.TempDir(), "key")
	must(remote.WriteKeyFile(key, pair.Private))
	signer, err := remote.LoadKey(key, nil)
	must(err)
	s.there = filepath.Join(host.Home(), "proj")
	return func() *remote.Client {
		s.t.Helper()
		c, err := remote.Dial(s.t.Context(), remote.Target{Addr: host.Addr().String(), User: sshhost.User, InstanceID: id},
			remote.Auth{Signers: []remote.Signer{signer}}, remote.HostKeyCheck{Expected: host.HostKeys()})
		must(err)
		s.t.Cleanup(func() { _ = c.Close() })
		s.cfg.Host = c
		return c
	}
}

// Over SSH, with many files, a large one, and a connection that is lost on the way.
func TestOverSSH(t *testing.T) {
	t.Parallel()
	s := newSides(t)
	dial := s.onHost(170)
	want := map[string]string{}
	for n := range 300 {
		name := fmt.Sprintf("many/%d/ä %d.txt", n%7, n)
		write(t, filepath.Join(s.here, name), fmt.Sprint(n))
		want[name], want["many"], want[fmt.Sprintf("many/%d", n%7)] = fmt.Sprintf("=%d", n), "folder", "folder"
	}
	large := make([]byte, 9<<20)
	rand.New(rand.NewSource(1)).Read(large)
	write(t, filepath.Join(s.here, "large.bin"), string(large))
	want["large.bin"] = "=" + string(large)

	c := dial()
	lost := s.cfg
	lost.Tell = func(p Progress) {
		if p.Bytes > 3<<20 {
			_ = c.Close()
		}
	}
	p, err := Open(t.Context(), lost)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Pass(t.Context()); err == nil {
		t.Error("no error from a lost connection")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}

	dial()
	p = s.open()
	s.pass(p)
	s.alike(want)
	if r := s.pass(p); r.Done != 0 {
		t.Errorf("nothing was changed, and %d things were done", r.Done)
	}
	c = dial() // which another process has
	edit := remote.Command{Script: `cd proj && for n in 0 1 2 3 4 5 6; do for f in many/$n/*; do printf there >"$f"; done; done && rm large.bin && mkdir new && ln -s ../many/0 new/link`}
	if err := c.Run(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	s.pass(p)
	delete(want, "large.bin")
	want["new"], want["new/link"] = "folder", "to ../many/0"
	for name, was := range want {
		if was[0] == '=' {
			want[name] = "=there"
		}
	}
	if diff := cmp.Diff(want, contents(t, s.here)); diff != "" {
		t.Errorf("here:\n%s", diff)
	}
	s.alike(want)
}
