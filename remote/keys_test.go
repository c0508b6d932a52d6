package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func newPair(t testing.TB) (ed25519.PrivateKey, Signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return private, s
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "demo")
	pair, err := Generate("jupyter-ec2 \x1b[31mdemo")
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, pair.Private); err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written again: %v", err)
	}
	if runtime.GOOS != "windows" {
		file, _ := os.Stat(path)
		dir, _ := os.Stat(filepath.Dir(path))
		if file.Mode().Perm() != 0o400 || dir.Mode().Perm() != 0o700 {
			t.Errorf("modes %v and %v", file.Mode(), dir.Mode())
		}
	}
	want, err := ParseKey(pair.Public)
	if err != nil {
		t.Fatal(err)
	}
	f := InspectKey(path)
	if f.Err != nil || f.Kind != "ed25519" || f.PublicKey != want.Line || f.Fingerprint != want.Fingerprint || f.Encrypted || f.TooOpen {
		t.Errorf("inspected as %+v", f)
	}
	s, err := LoadKey(path, nil)
	if err != nil || keyOf(s.PublicKey()) != want {
		t.Errorf("loaded %v, %v", s, err)
	}
}

func TestKeyProblems(t *testing.T) {
	dir := t.TempDir()
	private, signer := newPair(t)
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(block)
	public := keyOf(signer.PublicKey()).Line + " me@here\n"
	for _, c := range []struct {
		name    string
		content string
		mode    fs.FileMode
		want    KeyReason
	}{
		{"id.pub", public, 0o600, KeyPublic},
		{"id.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", 0o600, KeyPPK},
		{"garbage", "\x00\x01\x02", 0o600, KeyGarbage},
		{"empty", "", 0o600, KeyGarbage},
		{"cut", string(good[:len(good)/2]), 0o600, KeyGarbage},
		{"pkcs8", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", 0o600, KeyUnsupported},
		{"open", string(good), 0o644, KeyTooOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name)
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			if c.want == KeyTooOpen {
				openToAll(t, path)
			}
			_, err := LoadKey(path, nil)
			keyProblem(t, err, c.want)
			if f := InspectKey(path); f.TooOpen != (c.want == KeyTooOpen) || (f.Err == nil) != f.TooOpen {
				t.Errorf("inspected as %+v", f)
			}
		})
	}
	_, err = LoadKey(dir, nil)
	keyProblem(t, err, KeyDirectory)
	_, err = LoadKey(filepath.Join(dir, "none"), nil)
	keyProblem(t, err, KeyMissing)

	if err := Protect(filepath.Join(dir, "open")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(filepath.Join(dir, "open"), nil); err != nil {
		t.Errorf("after Protect: %v", err)
	}
	var names []string
	for _, f := range LocalKeys(dir) {
		names = append(names, filepath.Base(f.Path))
	}
	if len(names) != 3 || names[0] != "id.ppk" || names[1] != "open" || names[2] != "pkcs8" {
		t.Errorf("local keys %q", names)
	}
}

func keyProblem(t *testing.T, err error, want KeyReason) {
	t.Helper()
	var e *KeyError
	if !errors.As(err, &e) || e.Reason != want {
		t.Fatalf("got %v, want the problem %q", err, want)
	}
	if p := e.Problem(); p.Kind != problem.Answers || p.Title == "" || p.Text == "" || p.Next.Empty() {
		t.Errorf("explained as %+v", p)
	}
}

func TestEncryptedKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id")
	private, signer := newPair(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, pem.EncodeToMemory(block)); err != nil {
		t.Fatal(err)
	}
	if f := InspectKey(path); !f.Encrypted || f.Err != nil || f.PublicKey != PublicKey(signer) {
		t.Errorf("inspected as %+v", f)
	}
	_, err = LoadKey(path, nil)
	keyProblem(t, err, KeyEncrypted)
	var asked []bool
	s, err := LoadKey(path, func(again bool) ([]byte, error) {
		asked = append(asked, again)
		if !again {
			return []byte("wrong"), nil
		}
		return []byte("open sesame"), nil
	})
	if err != nil || PublicKey(s) != PublicKey(signer) || len(asked) != 2 {
		t.Errorf("loaded %v, %v after asking %v", s, err, asked)
	}
	stop := errors.New("stop")
	_, err = LoadKey(path, func(bool) ([]byte, error) { return nil, stop })
	keyProblem(t, err, KeyEncrypted)
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestAgent(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	if keys, err := AgentKeys(t.Context()); keys != nil || err != nil {
		t.Errorf("no agent: %v, %v", keys, err)
	}
	ring := serveAgent(t)
	private, signer := newPair(t)
	if err := ring.Add(agent.AddedKey{PrivateKey: private, Comment: "me\x1b[31m@here"}); err != nil {
		t.Fatal(err)
	}
	keys, err := AgentKeys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].Comment != "me@here" || keys[0].Line != PublicKey(signer) {
		t.Fatalf("keys %v, %v", keys, err)
	}
	_, err = AgentSigner(t.Context(), "SHA256:none")
	keyProblem(t, err, KeyNoAgent)
	held, err := AgentSigner(t.Context(), keys[0].Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return // which has no host with a shell
	}
	h := startHost(t, onlyKey(signer.PublicKey()))
	h.signer = held
	if out, err := h.client(t).Output(t.Context(), "echo in"); err != nil || out != "in\n" {
		t.Errorf("logged in by the agent: %q, %v", out, err)
	}
}

func FuzzInspectKey(f *testing.F) {
	private, signer := newPair(f)
	block, _ := ssh.MarshalPrivateKey(private, "c")
	f.Add(pem.EncodeToMemory(block))
	f.Add([]byte(PublicKey(signer)))
	f.Add([]byte("PuTTY-User-Key-File-2: ssh-rsa"))
	f.Fuzz(func(t *testing.T, content []byte) {
		k := KeyFile{Path: "no such file"}
		err := k.inspect(content)
		if err == nil && !k.Encrypted && k.PublicKey == "" {
			t.Error("a usable key without its public half")
		}
		var e *KeyError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%v is not explained", err)
		}
	})
}

// The way to an agent that holds a key differs by system.
func TestWordsForTheAgent(t *testing.T) {
	for system, want := range map[string]string{"windows": "Set-Service", "darwin": "--apple-load-keychain", "linux": "SSH_AUTH_SOCK"} {
		if got := startAgent(system); !strings.Contains(got, want) {
			t.Errorf("%s: %s", system, got)
		}
	}
	if addKey("darwin") != "ssh-add --apple-use-keychain" || addKey("windows") != "ssh-add" {
		t.Errorf("%q, %q", addKey("darwin"), addKey("windows"))
	}
}
