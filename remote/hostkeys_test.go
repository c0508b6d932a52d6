package remote

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

func rsaSigner(t *testing.T) Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHostKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "known_hosts")
	h := NewHostKeys(path)
	if keys, err := h.Lookup("i-1"); err != nil || keys != nil {
		t.Errorf("no file: %v, %v", keys, err)
	}
	a, b := keyOf(newSigner(t).PublicKey()), keyOf(newSigner(t).PublicKey())
	for _, err := range []error{h.Pin("i-1", a), h.Pin("i-1", a, b), h.Pin("i-2", b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := h.Lookup("i-1"); err != nil || !slices.Equal(keys, []Key{a, b}) {
		t.Errorf("got %v, %v, want %v", keys, err, []Key{a, b})
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := h.Forget("i-1"); err != nil {
		t.Fatal(err)
	}
	one, _ := h.Lookup("i-1")
	two, _ := h.Lookup("i-2")
	if one != nil || !slices.Equal(two, []Key{b}) {
		t.Errorf("after Forget: %v and %v", one, two)
	}
	for _, bad := range []string{"", "*", "a b", "a,b", "|1|x", "@x", "a\nb"} {
		if err := h.Pin(bad, a); err == nil {
			t.Errorf("%q was pinned", bad)
		}
	}
}

func TestHostKeysTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	var wg sync.WaitGroup
	for range 16 {
		k := keyOf(newSigner(t).PublicKey())
		wg.Go(func() {
			if err := NewHostKeys(path).Pin("i-1", k); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if keys, err := NewHostKeys(path).Lookup("i-1"); err != nil || len(keys) != 16 {
		t.Errorf("%d keys, %v, want 16", len(keys), err)
	}
}

// OpenSSH's own tool finds what we pinned.
func TestHostKeysForOpenSSH(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	h := NewHostKeys(filepath.Join(t.TempDir(), "known_hosts"))
	k := keyOf(newSigner(t).PublicKey())
	if err := h.Pin("i-1", k); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(keygen, "-l", "-F", "i-1", "-f", h.Path()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), k.Fingerprint) {
		t.Errorf("%v: %s", err, out)
	}
}

// The text alone is fuzzed: files, locks and syncs take milliseconds each and
// cover other lines from run to run, so that the fuzzer minimizes for ever.
func FuzzHostKeys(f *testing.F) {
	_, private := newPair(f)
	k := keyOf(private.PublicKey())
	f.Add([]byte("# note\nother " + k.Line + "\n*.example.com,!x " + k.Line + "\n@revoked * " + k.Line))
	f.Add([]byte("i-1 " + k.Line + "\r\ni-1\n\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + k.Line))
	f.Add([]byte("i-9 " + k.Line + " a comment\n\ti-9 " + k.Line + "\ni-99 " + k.Line))
	f.Fuzz(func(t *testing.T, old []byte) {
		now := withKeys(old, "i-9", []Key{k})
		if keys := keysIn(now, "i-9"); !slices.Contains(keys, k) {
			t.Fatalf("%v: the pinned key is missing", keys)
		}
		if !bytes.HasPrefix(now, bytes.TrimRight(old, "\n")) {
			t.Fatalf("other lines changed: %q to %q", old, now)
		}
		if again := withKeys(now, "i-9", []Key{k}); !bytes.Equal(bytes.TrimRight(again, "\n"), bytes.TrimRight(now, "\n")) {
			t.Fatalf("pinned twice: %q", again)
		}
		if keys := keysIn(withoutKeys(now, "i-9"), "i-9"); keys != nil {
			t.Fatalf("%v after they were forgotten", keys)
		}
	})
}
