package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// KeyPair is a new key pair.
type KeyPair struct {
	Private []byte // PEM, in OpenSSH's own format
	Public  string // authorized_keys form, without line end
}

// Generate makes an ed25519 key pair with that comment.
func Generate(comment string) (KeyPair, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return KeyPair{}, fmt.Errorf("make a key pair: %w", err)
	}
	comment = safe.Clean(comment)
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return KeyPair{}, fmt.Errorf("make a key pair: %w", err)
	}
	pub, err := ssh.NewPublicKey(public)
	if err != nil {
		return KeyPair{}, fmt.Errorf("make a key pair: %w", err)
	}
	return KeyPair{Private: pem.EncodeToMemory(block), Public: strings.TrimSpace(keyOf(pub).Line + " " + comment)}, nil
}

// WriteKeyFile writes a private key with mode 0400, complete or not at all, its
// folder made with mode 0700 when it is missing. A file that is there is never
// overwritten: the error then is fs.ErrExist.
func WriteKeyFile(path string, pem []byte) error {
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return keyFileError(path, err)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a program that was killed
		return keyFileError(path, err)
	}
	if err := writeNew(part, pem); err != nil {
		return keyFileError(path, err)
	}
	// A link, unlike a rename, overwrites nothing. Some file systems have none.
	err := os.Link(part, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeNew(path, pem)
	}
	if removed := os.Remove(part); err == nil {
		err = removed
	}
	if err != nil {
		return keyFileError(path, err)
	}
	return nil
}

func writeNew(path string, content []byte) error {
	f, err := private.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// KeyFile is what is known about a file that may hold a private key.
type KeyFile struct {
	Path        string
	Kind        string // "ed25519", "rsa", "ecdsa", …; empty when it is not known
	PublicKey   string // authorized_keys form, without comment; empty when only the passphrase tells
	Fingerprint string // "SHA256:…", or empty
	Encrypted   bool   // it asks for a passphrase
	TooOpen     bool   // others can read it: OpenSSH refuses it, Protect mends it
	Garbled     bool   // OpenSSH cannot read its text, and this program can: Protect mends it
	Err         error  // why it cannot be used, a *KeyError; nil when it can (TooOpen aside)
}

// InspectKey looks at a file without asking for its passphrase.
func InspectKey(path string) KeyFile {
	f := KeyFile{Path: path}
	content, err := f.read()
	if err != nil {
		f.Err = err
		return f
	}
	defer clear(content)
	f.Err = f.inspect(content)
	return f
}

func (f *KeyFile) inspect(content []byte) error {
	signer, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		f.public(signer.PublicKey())
	case errors.As(err, &locked):
		f.Encrypted = true
		if locked.PublicKey != nil {
			f.public(locked.PublicKey)
		} else if b, err := os.ReadFile(f.Path + ".pub"); err == nil { // the old PEM form does not tell
			if k, _, _, _, err := ssh.ParseAuthorizedKey(b); err == nil {
				f.public(k)
			}
		}
	default:
		return &KeyError{Path: f.Path, Reason: whyNoKey(content), Err: err}
	}
	if f.Kind == "dsa" || strings.HasPrefix(f.Kind, "sk-") {
		return &KeyError{Path: f.Path, Reason: KeyUnsupported}
	}
	return nil
}

func (f *KeyFile) public(k ssh.PublicKey) {
	key := keyOf(k)
	f.PublicKey, f.Fingerprint = key.Line, key.Fingerprint
	f.Kind, _, _ = strings.Cut(strings.TrimPrefix(key.Type, "ssh-"), "-sha2-")
	if key.Type == "ssh-dss" {
		f.Kind = "dsa"
	}
}

const maxKeyFile = 64 << 10

func (f *KeyFile) read() ([]byte, error) {
	info, err := os.Stat(f.Path)
	switch {
	case err != nil:
		return nil, keyFileError(f.Path, err)
	case info.IsDir():
		return nil, &KeyError{Path: f.Path, Reason: KeyDirectory}
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile: // reading a pipe would wait for ever
		return nil, &KeyError{Path: f.Path, Reason: KeyGarbage}
	}
	if f.TooOpen, err = tooOpen(f.Path, info); err != nil {
		return nil, keyFileError(f.Path, err)
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, keyFileError(f.Path, err)
	}
	defer func() { _ = file.Close() }() // only read
	content, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return nil, keyFileError(f.Path, err)
	}
	text, garbled := keyText(content)
	if garbled {
		clear(content)
	}
	f.Garbled = garbled
	return text, nil
}

// LocalKeys lists the private keys in a folder such as ~/.ssh, by name. Files
// that hold no private key are left out, and so is a missing folder.
func LocalKeys(dir string) []KeyFile {
	entries, _ := os.ReadDir(dir) // what cannot be listed holds no key for us
	var keys []KeyFile
	for _, e := range entries {
		f := InspectKey(filepath.Join(dir, e.Name()))
		var why *KeyError
		if errors.As(f.Err, &why) && why.Reason != KeyPPK && why.Reason != KeyUnsupported {
			continue
		}
		keys = append(keys, f)
	}
	return keys
}

// LoadKey reads a private key. passphrase is asked for the passphrase of an
// encrypted one, with again set after a wrong one, until it errs; its answer
// is wiped. A nil passphrase cannot open an encrypted key. Like OpenSSH, it
// refuses a file that others can read.
func LoadKey(path string, passphrase func(again bool) ([]byte, error)) (Signer, error) {
	f := KeyFile{Path: path}
	content, err := f.read()
	if err != nil {
		return nil, err
	}
	defer clear(content)
	if err := f.inspect(content); err != nil {
		return nil, err
	}
	switch {
	case f.TooOpen:
		return nil, &KeyError{Path: path, Reason: KeyTooOpen}
	case f.Encrypted && passphrase == nil:
		return nil, &KeyError{Path: path, Reason: KeyEncrypted}
	case f.Encrypted:
		return unlock(path, content, passphrase)
	}
	signer, err := ssh.ParsePrivateKey(content)
	if err != nil {
		return nil, &KeyError{Path: path, Reason: KeyGarbage, Err: err}
	}
	return signer, nil
}

// SignerFor reads a private key as [LoadKey] does. Like ssh, it asks for no
// passphrase where ssh-agent holds the key of an encrypted file: the agent
// signs then.
func SignerFor(ctx context.Context, path string, passphrase func(again bool) ([]byte, error)) (Signer, error) {
	if f := InspectKey(path); f.Err == nil && f.Encrypted && !f.TooOpen && f.Fingerprint != "" {
		if s, err := AgentSigner(ctx, f.Fingerprint); err == nil {
			return s, nil
		}
	}
	return LoadKey(path, passphrase)
}

func unlock(path string, content []byte, passphrase func(again bool) ([]byte, error)) (Signer, error) {
	for again := false; ; again = true {
		p, err := passphrase(again)
		switch {
		case errors.Is(err, context.Canceled):
			return nil, fmt.Errorf("open the private key %s: %w", path, err)
		case err != nil:
			return nil, &KeyError{Path: path, Reason: KeyEncrypted, Err: err}
		}
		signer, err := ssh.ParsePrivateKeyWithPassphrase(content, p)
		clear(p)
		if err == nil {
			return signer, nil
		}
		if !errors.Is(err, x509.IncorrectPasswordError) {
			return nil, &KeyError{Path: path, Reason: KeyUnsupported, Err: err}
		}
	}
}

func keyFileError(path string, err error) *KeyError {
	e := &KeyError{Path: path, Reason: KeyUnreadable, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason = KeyMissing
	case errors.Is(err, fs.ErrExist):
		e.Reason = KeyExists
	}
	return e
}

// whyNoKey tells what a file holds instead of a private key that we can use.
func whyNoKey(content []byte) KeyReason {
	text := bytes.TrimSpace(content)
	has := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	if _, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil && !bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		return KeyPublic
	}
	switch {
	case has("PuTTY-User-Key-File-"):
		return KeyPPK
	case has("ssh-"), has("ecdsa-"), has("sk-"), has("---- BEGIN SSH2 PUBLIC KEY"), has("-----BEGIN PUBLIC KEY"), has("-----BEGIN RSA PUBLIC KEY"):
		return KeyPublic
	case has("-----BEGIN ENCRYPTED PRIVATE KEY"), has("-----BEGIN DSA PRIVATE KEY"):
		return KeyUnsupported
	}
	if block, _ := pem.Decode(text); block != nil && block.Type == "OPENSSH PRIVATE KEY" && bytes.Contains(block.Bytes, []byte("sk-")) {
		return KeyUnsupported
	}
	return KeyGarbage
}
