//go:build unix

package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// carried is a transfer on a host, with the carrier that it has.
func carried(t *testing.T, c *Client, do func(*transfer)) {
	t.Helper()
	_, err := c.transfer(t.Context(), CopyOptions{Recursive: true}, true, func(x *transfer) error {
		x.carry(t.Context(), manyFiles)
		do(x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The carrier does what is simple, and leaves everything else to SFTP.
func TestCarrier(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		must[string](t)(h.client(t).Output(t.Context(), "mkdir sub; ln -s there link; ln -s nowhere dead; echo old >there"))
		carried(t, h.client(t), func(x *transfer) {
			k := x.carries
			if k == nil {
				t.Fatal("there is no carrier")
			}
			put := func(what byte, path, content string) bool {
				r := newRequest(what, path, 0o640, int64(len(content)))
				r.body = []byte(content)
				return k.do(t.Context(), r)
			}
			var got []byte
			give := func(path string, size int64) bool {
				r := newRequest('g', path, 0, size)
				r.read = func(from *bufio.Reader) error {
					got = make([]byte, size)
					_, err := io.ReadFull(from, got)
					return err
				}
				return k.do(t.Context(), r)
			}
			for what, is := range map[string][2]bool{
				"a file":                     {put('p', "sub/new", "content"), true},
				"over a file":                {put('q', "there", "new"), true},
				"over a link that stays one": {put('q', "link", "no"), false},
				"over a folder":              {put('p', "sub", "no"), false},
				"where no folder is":         {put('p', "none/new", "no"), false},
				"an absolute path":           {put('p', filepath.Join(h.home, "abs"), ""), true},
				"back":                       {give("sub/new", 7) && string(got) == "content", true},
				"back with another size":     {give("sub/new", 6) || give("sub/new", 8), false},
				"an empty one back":          {give("abs", 0), true},
				"a folder back":              {give("sub", 0), false},
				"nothing back":               {give("none", 0), false},
				"a folder that is new":       {k.do(t.Context(), newRequest('d', "sub/dir", 0o750, 0)), true},
				"a folder that is there":     {k.do(t.Context(), newRequest('d', "sub", 0o700, 0)), true},
				"a folder that is a file":    {k.do(t.Context(), newRequest('d', "there", 0o700, 0)), false},
				"a word that it has not":     {k.do(t.Context(), newRequest('l', "none", 0, 0)), false},
			} {
				if is[0] != is[1] {
					t.Errorf("%s: %v", what, is[0])
				}
			}
			bySFTP, err := x.sftpEntries(t.Context(), ".")
			all, err2 := x.listed(t.Context(), ".")
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			for _, entries := range [][]entry{bySFTP, all} {
				slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
			}
			for i, e := range all {
				o := bySFTP[i]
				if e.name != o.name || e.mode.IsDir() != o.mode.IsDir() || e.mode.IsRegular() != o.mode.IsRegular() || e.mode.Perm() != o.mode.Perm() && e.mode.IsRegular() || e.size != o.size && e.mode.IsRegular() || !e.time.Equal(o.time) {
					t.Errorf("listed %+v, by SFTP %+v", e, o)
				}
			}
		})
		if err := os.Remove(filepath.Join(h.home, "dead")); err != nil {
			t.Fatal(err)
		}
		got := listing(t, h.home)
		for _, line := range []string{"-rw-r----- there new", "-rw-r----- abs ", "-rw-r----- sub/new content", "drwxr-x--- sub/dir"} {
			if !slices.Contains(got, line) {
				t.Errorf("%q is not in %q", line, got)
			}
		}
	})
}

// Wherever the files go, what is made for them does not confuse the carrier.
func TestCarrierIsUsed(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		local := grove(t, 2*manyFiles)
		for _, to := range []string{"new/", "new/and/newer/", "newest", "new"} {
			if err := os.Chtimes(h.home, time.Unix(0, 0), time.Unix(0, 0)); err != nil { // so that what is made there is seen
				t.Fatal(err)
			}
			_, err := h.client(t).transfer(t.Context(), CopyOptions{Recursive: true}, true, func(x *transfer) error {
				err := x.put(t.Context(), []string{local}, to)
				if x.carries == nil {
					t.Errorf("to %q: there was no carrier", to)
				}
				return err
			})
			if err != nil {
				t.Errorf("to %q: %v", to, err)
			}
		}
	})
}

// A host without Python, or whose commands see other files than its SFTP, is
// copied to and from all the same.
func TestCopyWithoutCarrier(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"no python": func(force string) string { return "PATH=/nonexistent\n" + force },
		"another home": func(force string) string {
			return strings.Replace(force, `"") exec sh -i ;;`, `*JE_*|*dd*) cd / ;;`, 1)
		},
		"talkative": func(force string) string {
			return "case $SSH_ORIGINAL_COMMAND in internal-sftp*) ;; *) echo hello; seq 100000;; esac\n" + force
		},
		"dies": func(force string) string {
			return "case $SSH_ORIGINAL_COMMAND in internal-sftp*) ;; *) printf 'jupyter-ec2 carries\\n'; exit;; esac\n" + force
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := startOpenSSH(t, func(conf string) string { return changeForce(t, conf, change) })
			carried(t, h.client(t), func(x *transfer) {
				if x.carries != nil {
					t.Error("it has a carrier")
				}
			})
			local := filepath.Join(t.TempDir(), "tree")
			for _, n := range odd {
				write(t, filepath.Join(local, n), n, 0o640)
				write(t, filepath.Join(local, "sub", n), n, 0o640)
			}
			c, back := h.client(t), filepath.Join(t.TempDir(), "back")
			must[Copied](t)(c.Put(t.Context(), []string{local}, "tree", CopyOptions{Recursive: true}))
			must[Copied](t)(c.Get(t.Context(), []string{"tree"}, back, CopyOptions{Recursive: true}))
			if !slices.Equal(listing(t, back), listing(t, local)) {
				t.Errorf("back %.500q", listing(t, back))
			}
		})
	}
}

// changeForce changes the script that is the host's forced command.
func changeForce(t *testing.T, conf string, change func(string) string) string {
	t.Helper()
	_, path, _ := strings.Cut(conf, "ForceCommand sh ")
	path, _, _ = strings.Cut(path, "\n")
	force := must[[]byte](t)(os.ReadFile(path))
	if err := os.WriteFile(path, []byte(change(string(force))), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// evil is a carrier that a hostile host has written: it answers each request,
// of those without content, as told.
func evil(t *testing.T, answers ...string) *carrier {
	t.Helper()
	in, asked := io.Pipe()
	answered, out := io.Pipe()
	k := newCarrier(in)
	go k.write(asked)
	go k.read(bufio.NewReader(answered))
	go func() {
		defer func() { _ = out.Close() }()
		// Two requests may come in one piece.
		r := bufio.NewReader(in)
		for _, a := range answers {
			head := make([]byte, len(newRequest('d', "", 0, 0).head)-len("."))
			if _, err := io.ReadFull(r, head); err != nil {
				return
			}
			if _, err := r.Discard(int(binary.BigEndian.Uint32(head[5:]))); err != nil {
				return
			}
			if _, err := io.WriteString(out, a); err != nil {
				return
			}
		}
	}()
	t.Cleanup(k.end)
	return k
}

// More requests than may be under way, all of them in one piece, are sent
// although no answer has made room yet.
func TestACarrierSendsBeforeItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, asked := io.Pipe()
		answered, out := io.Pipe()
		k := newCarrier(in)
		const many = manyAtOnce + 200
		var done sync.WaitGroup
		var yes atomic.Int64
		for range many {
			done.Go(func() {
				if k.do(t.Context(), &request{head: []byte("x"), done: make(chan struct{})}) {
					yes.Add(1)
				}
			})
		}
		synctest.Wait() // all of them want to be sent now
		go k.write(asked)
		go k.read(bufio.NewReader(answered))
		go func() {
			buf := make([]byte, many)
			for {
				n, err := in.Read(buf)
				if err != nil {
					_ = out.Close()
					return
				}
				if _, err := out.Write(bytes.Repeat([]byte("y"), n)); err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if n := yes.Load(); n != many {
			t.Errorf("%d of %d were answered", n, many)
		}
		k.end()
		done.Wait()
	})
}

func entriesOf(count uint32, names ...string) string {
	b := binary.BigEndian.AppendUint32(nil, count)
	for _, name := range names {
		b = append(b, 'f')
		b = binary.BigEndian.AppendUint32(b, 0o4777)
		b = binary.BigEndian.AppendUint64(b, 3)
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
		b = append(b, name...)
	}
	return string(b)
}

// What a hostile carrier says leads nowhere else, and takes no memory.
func TestHostileCarrier(t *testing.T) {
	for _, name := range []string{"/", "", "..", "../x", "a/b", "zero\x00"} {
		x := &transfer{carries: evil(t, "y"+entriesOf(1, name)), lanes: newLanes()}
		_, err := x.list(t.Context(), file{from: "d", to: "d"})
		if got := reasonOfCopy(t, err); got != CopyBadName {
			t.Errorf("%q: %v", name, err)
		}
	}
	for what, answer := range map[string]string{
		"another word": "x", "too many": "y" + entriesOf(maxEntries+1), "more than come": "y" + entriesOf(3, "a"), "the end": "",
	} {
		k := evil(t, answer)
		r := newRequest('l', "d", 0, 0)
		r.read = func(from *bufio.Reader) error { _, err := readEntries(from); return err }
		if k.do(t.Context(), r) {
			t.Errorf("%s: is taken for an answer", what)
		}
		<-k.ended
		if k.do(t.Context(), newRequest('l', "d", 0, 0)) {
			t.Errorf("%s: and answers again", what)
		}
	}
}

// The answer to a request that nobody waits for any more is no other's.
func TestCarrierGivenUp(t *testing.T) {
	k := evil(t, "", "ny")
	ctx, cancel := context.WithCancel(t.Context())
	left := newRequest('d', "a", 0, 0)
	if !k.ask(ctx, left) {
		t.Fatal("it was not sent")
	}
	cancel()
	if k.done(ctx, left) {
		t.Error("it is done without an answer")
	}
	if !k.do(t.Context(), newRequest('d', "b", 0, 0)) {
		t.Error("the next one has no answer")
	}
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte(entriesOf(2, "a", "b")))
	f.Add([]byte(entriesOf(2, "a")))
	f.Add([]byte(entriesOf(1<<31, "..")))
	f.Fuzz(func(t *testing.T, said []byte) {
		all, err := readEntries(bufio.NewReader(bytes.NewReader(said)))
		if err != nil {
			return
		}
		for _, e := range all {
			if e.size < 0 || e.mode.Perm() != e.mode&0o777 {
				t.Errorf("%+v", e)
			}
		}
		if len(all) > len(said) {
			t.Errorf("%d names in %d bytes", len(all), len(said))
		}
	})
}
