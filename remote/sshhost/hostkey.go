package sshhost

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/atomicwriter"
	"golang.org/x/crypto/ssh"
)

// hostKeyCommand is a command that every host has: it shows the public host key;
// has the host make another one, and shows that; has the host use it, from the
// next connection on. On a real machine root does so, with ssh-keygen and a
// restart of sshd; a host has no root, and its user never has the private key.
const hostKeyCommand = "sandbox-host-key"

const hostKeyScript = `folder=${` + markHome + `%/*}
pipe=$folder/` + powerPipe + ` key=$folder/` + publicKeyFile + ` new=$folder/` + newPublicKeyFile + `
fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}
if [ ! -p "$pipe" ] || [ ! -w "$pipe" ]; then fail "this is not a process of a sandbox's host"; fi
look() { cat "$new" 2>/dev/null || :; }
# changed is until what there is of a new key is another thing.
changed() {
	tries=0
	while [ "$(look)" = "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "the host did not do it"
		sleep 0.1 2>/dev/null || sleep 1
	done
}
case ${1:-} in
'') exec cat "$key" ;;
make)
	before=$(look)
	echo ` + wordMakeKey + ` >"$pipe"
	changed "$before"
	exec cat "$new"
	;;
place)
	before=$(look)
	[ -n "$before" ] || fail "no key was made"
	echo ` + wordPlaceKey + ` >"$pipe"
	changed "$before"
	exec cat "$key"
	;;
*) fail "unknown: $1" ;;
esac
`

// hostKey reads the machine's host key. The first time it is the given one, or
// made where that is nil.
func (m machine) hostKey(given []byte) (ssh.Signer, error) {
	content, err := os.ReadFile(filepath.Join(m.dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		content, err = given, nil
		if content == nil {
			content, err = newHostKey()
		}
		if err == nil {
			err = m.writeKey(keyFile, content)
		}
	}
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(content)
	if err != nil {
		return nil, err
	}
	return key, m.writePublicKey(publicKeyFile, key)
}

// newHostKey makes a private key in OpenSSH's form.
func newHostKey() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// writeKey writes all of it or nothing: a half-written key would stop the host
// for good.
func (m machine) writeKey(name string, content []byte) error {
	return atomicwriter.WriteFile(filepath.Join(m.dir, name), content, 0o600)
}

// writePublicKey writes what the host's user reads.
func (m machine) writePublicKey(name string, key ssh.Signer) error {
	return atomicwriter.WriteFile(filepath.Join(m.dir, name), []byte(publicLine(key)+"\n"), 0o644)
}

func publicLine(key ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}

// makeKey makes a key for placeKey to use. Its public half comes last: the
// command waits for it.
func (h *Host) makeKey() error {
	content, err := newHostKey()
	if err != nil {
		return err
	}
	key, err := ssh.ParsePrivateKey(content)
	if err != nil {
		return err
	}
	if err := h.writeKey(newKeyFile, content); err != nil {
		return err
	}
	return h.writePublicKey(newPublicKeyFile, key)
}

// placeKey gives the host the key that was made, for connections from now on.
// Wherever it is cut short, the host has one whole key, and the next one
// finishes.
func (h *Host) placeKey() error {
	err := os.Rename(filepath.Join(h.dir, newKeyFile), filepath.Join(h.dir, keyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := h.hostKey(nil)
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.key = key
	h.mu.Unlock()
	return os.Remove(filepath.Join(h.dir, newPublicKeyFile))
}
