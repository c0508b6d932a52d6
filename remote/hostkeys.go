package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// Key is a public key.
type Key struct {
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…", as ssh-keygen -l prints it
	Line        string // authorized_keys form, without comment
}

func keyOf(k ssh.PublicKey) Key {
	return Key{
		Type:        k.Type(),
		Fingerprint: ssh.FingerprintSHA256(k),
		Line:        strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))),
	}
}

// ParseKey reads a key in authorized_keys form, with or without comment.
func ParseKey(line string) (Key, error) {
	k, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return Key{}, fmt.Errorf("not a public key in authorized_keys form: %q", safe.Clean(line))
	}
	return keyOf(k), nil
}

// HostKeys are the host keys pinned by instance ID, in a file that OpenSSH
// reads too: ssh -o HostKeyAlias=INSTANCE -o UserKnownHostsFile=PATH. Lines
// that are not ours stay as they are.
// It is safe for concurrent use, by several processes too.
type HostKeys struct{ path string }

// NewHostKeys uses the file at path, which need not exist yet. It is written
// with mode 0600, in a folder of mode 0700.
func NewHostKeys(path string) *HostKeys { return &HostKeys{path: path} }

// Path is the file's path, for UserKnownHostsFile.
func (h *HostKeys) Path() string { return h.path }

// Lookup returns the keys pinned for an instance; none is no error.
func (h *HostKeys) Lookup(id string) ([]Key, error) {
	b, err := h.read()
	if err != nil {
		return nil, err
	}
	return keysIn(b, id), nil
}

// Pin adds keys for an instance; one already there is not added again.
func (h *HostKeys) Pin(id string, keys ...Key) error {
	if !hostName(id) {
		return fmt.Errorf("pin a host key: %q cannot stand in known_hosts", id)
	}
	return h.change("pin a host key", func(old []byte) []byte { return withKeys(old, id, keys) })
}

// Forget removes the keys of an instance; none is no error.
func (h *HostKeys) Forget(id string) error {
	return h.change("forget a host key", func(old []byte) []byte { return withoutKeys(old, id) })
}

// Keep pins a key for an instance and removes all others, at once.
func (h *HostKeys) Keep(id string, key Key) error {
	if !hostName(id) {
		return fmt.Errorf("pin a host key: %q cannot stand in known_hosts", id)
	}
	return h.change("pin a host key", func(old []byte) []byte { return withKeys(withoutKeys(old, id), id, []Key{key}) })
}

func (h *HostKeys) read() ([]byte, error) {
	b, err := os.ReadFile(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pinned host keys: %w", err)
	}
	return b, nil
}

// change replaces the file, under a lock that other processes respect.
func (h *HostKeys) change(doing string, f func([]byte) []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", doing, err)
		}
	}()
	if err := private.MkdirAll(filepath.Dir(h.path)); err != nil {
		return err
	}
	lock := flock.New(h.path+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	old, err := h.read()
	if err != nil {
		return err
	}
	now := f(slices.Clone(old))
	if bytes.Equal(old, now) {
		return nil
	}
	return private.WriteFile(h.path, now, 0o600)
}

// keysIn lists the keys that the text of known_hosts pins for an instance.
func keysIn(text []byte, id string) []Key {
	var keys []Key
	for line := range bytes.Lines(text) {
		if k, ok := pinned(line, id); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// withKeys adds the keys that old does not pin for the instance yet.
func withKeys(old []byte, id string, keys []Key) []byte {
	out := bytes.TrimRight(old, "\n")
	if len(out) > 0 {
		out = append(out, '\n')
	}
	has := keysIn(out, id)
	for _, k := range keys {
		if !slices.ContainsFunc(has, func(p Key) bool { return p.Line == k.Line }) {
			has = append(has, k)
			out = fmt.Appendf(out, "%s %s\n", id, k.Line)
		}
	}
	return out
}

// withoutKeys leaves out the lines that pin a key for the instance.
func withoutKeys(old []byte, id string) []byte {
	var out []byte
	for line := range bytes.Lines(old) {
		if _, ok := pinned(line, id); !ok {
			out = append(out, line...)
		}
	}
	return out
}

// pinned reads one line of known_hosts. Only lines for this one name count:
// we write no others, and patterns must not vouch for an instance.
func pinned(line []byte, id string) (Key, bool) {
	// A key is costly to parse, and most lines are for other names.
	if !bytes.HasPrefix(bytes.TrimSpace(line), []byte(id)) {
		return Key{}, false
	}
	marker, hosts, k, _, _, err := ssh.ParseKnownHosts(line)
	if err != nil || marker != "" || len(hosts) != 1 || hosts[0] != id {
		return Key{}, false
	}
	return keyOf(k), true
}

func hostName(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

// algorithms lists the host key algorithms to offer: those of the keys we
// expect first, because a host that has several keys shows only one, and
// another than the pinned one would look like a changed key.
func algorithms(expected []Key) []string {
	byType := []string{
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
	wanted := func(alg string) bool {
		return slices.ContainsFunc(expected, func(k Key) bool {
			return k.Type == alg || k.Type == ssh.KeyAlgoRSA && strings.HasPrefix(alg, "rsa-sha2-")
		})
	}
	slices.SortStableFunc(byType, func(a, b string) int {
		switch wa, wb := wanted(a), wanted(b); {
		case wa == wb:
			return 0
		case wa:
			return -1
		default:
			return 1
		}
	})
	return byType
}
