package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func utf16Text(order binary.ByteOrder, mark bool, text []byte) []byte {
	units := utf16.Encode([]rune(string(text)))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 2*len(units))
	for i, u := range units {
		order.PutUint16(out[2*i:], u)
	}
	return out
}

// keyForms are two private keys as Windows, editors and pasting leave them.
// OpenSSH refuses those that are marked, as OpenSSH 9.2 does.
func keyForms(t *testing.T) map[string]struct {
	content []byte
	garbled bool
} {
	t.Helper()
	pair, err := Generate("me")
	if err != nil {
		t.Fatal(err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	forms := map[string]struct {
		content []byte
		garbled bool
	}{}
	add := func(name string, content []byte, garbled bool) {
		forms[name] = struct {
			content []byte
			garbled bool
		}{content, garbled}
	}
	for kind, key := range map[string][]byte{"ed25519": pair.Private, "rsa": old} {
		ours := kind == "ed25519" // OpenSSH's own format
		add(kind+" as made", key, false)
		add(kind+" CRLF", bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n")), ours)
		add(kind+" BOM", append([]byte("\xef\xbb\xbf"), key...), true)
		add(kind+" UTF-16LE", utf16Text(binary.LittleEndian, true, bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n"))), true)
		add(kind+" UTF-16BE", utf16Text(binary.BigEndian, true, key), true)
		add(kind+" UTF-16 without its mark", utf16Text(binary.LittleEndian, false, key), true)
		add(kind+" indented", append([]byte("  "), bytes.ReplaceAll(key, []byte("\n"), []byte("\n  "))...), true)
		add(kind+" no last line end", bytes.TrimSpace(key), ours)
		add(kind+" after an empty line", append([]byte("\n"), key...), ours)
	}
	return forms
}

// Whatever form a good key has, it is taken, and Protect makes it one that
// OpenSSH's own tool takes.
func TestKeyFilesInOddForms(t *testing.T) {
	keygen, noKeygen := exec.LookPath("ssh-keygen")
	for name, form := range keyForms(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "k.pem")
			if err := os.WriteFile(path, form.content, 0o600); err != nil {
				t.Fatal(err)
			}
			f := InspectKey(path)
			if f.Err != nil || f.Garbled != form.garbled || f.PublicKey == "" {
				t.Fatalf("inspected as %+v", f)
			}
			if s, err := LoadKey(path, nil); err != nil || PublicKey(s) != f.PublicKey {
				t.Fatalf("loaded %v, %v", s, err)
			}
			if err := Protect(path); err != nil {
				t.Fatal(err)
			}
			if now := InspectKey(path); now.Garbled || now.PublicKey != f.PublicKey {
				t.Errorf("after Protect: %+v", now)
			}
			if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o400 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			if !form.garbled {
				if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, form.content) {
					t.Errorf("a file that OpenSSH reads was rewritten, %v", err)
				}
			}
			if noKeygen == nil {
				out, err := exec.Command(keygen, "-y", "-f", path).CombinedOutput()
				if err != nil || !strings.HasPrefix(string(out), f.PublicKey) {
					t.Errorf("ssh-keygen: %v, %s", err, out)
				}
			}
		})
	}
}

// A link to a key file stays a link, and the file it leads to is mended.
func TestProtectFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "k.pem"), filepath.Join(dir, "link")
	pair, err := Generate("me")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append([]byte("\xef\xbb\xbf"), pair.Private...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	if err := Protect(link); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if f := InspectKey(file); f.Err != nil || f.Garbled {
		t.Errorf("the file is %+v", f)
	}
}

// serveAgent answers as ssh-agent at SSH_AUTH_SOCK.
func serveAgent(t *testing.T) agent.Agent {
	t.Helper()
	ring := agent.NewKeyring()
	t.Setenv("SSH_AUTH_SOCK", agentAt(t, func(c io.ReadWriter) { _ = agent.ServeAgent(ring, c) }))
	return ring
}

// An agent that does not answer, as while it asks a person, is given up.
func TestAnAgentThatDoesNotAnswer(t *testing.T) {
	asked := make(chan struct{})
	at := agentAt(t, func(c io.ReadWriter) {
		_, _ = c.Read(make([]byte, 1))
		close(asked)
		_, _ = io.Copy(io.Discard, c) // until the other end is closed
	})
	t.Setenv("SSH_AUTH_SOCK", at)
	ctx, cancel := context.WithCancel(await.Context(t))
	go func() {
		<-asked
		cancel()
	}()
	if _, err := AgentKeys(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("it answered %v", err)
	}
}

// As with ssh, nobody is asked for the passphrase of a file whose key the
// agent holds.
func TestEncryptedKeyOfTheAgent(t *testing.T) {
	ring := serveAgent(t)
	private, signer := newPair(t)
	path := filepath.Join(t.TempDir(), "id")
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, pem.EncodeToMemory(block)); err != nil {
		t.Fatal(err)
	}
	asked := 0
	ask := func(bool) ([]byte, error) { asked++; return []byte("open sesame"), nil }
	if s, err := SignerFor(t.Context(), path, ask); err != nil || asked != 1 || PublicKey(s) != PublicKey(signer) {
		t.Fatalf("without the agent's key: %v, %v, asked %d times", s, err, asked)
	}
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	held, err := SignerFor(t.Context(), path, ask)
	if err != nil || asked != 1 {
		t.Fatalf("with the agent's key: %v, asked %d times", err, asked)
	}
	if runtime.GOOS == "windows" {
		return // which has no host to log in to
	}
	h := startHost(t, onlyKey(signer.PublicKey()))
	h.signer = held
	if out, err := h.client(t).Output(t.Context(), "echo in"); err != nil || out != "in\n" {
		t.Errorf("logged in: %q, %v", out, err)
	}
}

func FuzzKeyText(f *testing.F) {
	pair, err := Generate("me")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pair.Private)
	f.Add(bytes.ReplaceAll(pair.Private, []byte("\n"), []byte("\r\n")))
	f.Add(utf16Text(binary.LittleEndian, true, pair.Private))
	f.Add([]byte("\xef\xbb\xbf -----BEGIN X"))
	f.Fuzz(func(t *testing.T, content []byte) {
		text, garbled := keyText(content)
		if !garbled {
			return
		}
		if _, err := ssh.ParsePrivateKey(text); err != nil {
			return
		}
		if _, still := keyText(text); still {
			t.Errorf("%q becomes %q, which OpenSSH refuses too", content, text)
		}
	})
}
