package remote

import "context"

// KeyPair is a new key pair.
type KeyPair struct {
	Private []byte // PEM, in OpenSSH's own format
	Public  string // authorized_keys form, without line end
}

// Generate makes an ed25519 key pair with that comment.
func Generate(comment string) (KeyPair, error) { return KeyPair{}, errSkeleton }

// WriteKeyFile writes a private key with mode 0400, its folder made with mode
// 0700 when it is missing. A file that is there is never overwritten: the
// error then is fs.ErrExist.
func WriteKeyFile(path string, pem []byte) error { return errSkeleton }

// KeyFile is what is known about a file that may hold a private key.
type KeyFile struct {
	Path        string
	Kind        string // "ed25519", "rsa", "ecdsa", …; empty when it is none
	PublicKey   string // authorized_keys form, without comment; empty when only the passphrase tells
	Fingerprint string // "SHA256:…", or empty
	Encrypted   bool   // it asks for a passphrase
	TooOpen     bool   // others can read it: OpenSSH refuses it, Protect mends it
	Err         error  // why it cannot be used, a *KeyError; nil when it can (TooOpen aside)
}

// InspectKey looks at a file without asking for its passphrase.
func InspectKey(path string) KeyFile { return KeyFile{Path: path, Err: errSkeleton} }

// LocalKeys lists the private keys in a folder such as ~/.ssh, by name. Files
// that hold no private key are left out, and so is a missing folder.
func LocalKeys(dir string) []KeyFile { return nil }

// LoadKey reads a private key. passphrase is asked for the passphrase of an
// encrypted one, with again set after a wrong one, until it errs.
func LoadKey(path string, passphrase func(again bool) ([]byte, error)) (Signer, error) {
	return nil, errSkeleton
}

// Protect makes a private key's file readable for its owner only (chmod 400).
func Protect(path string) error { return errSkeleton }

// AgentKey is a key that ssh-agent holds.
type AgentKey struct {
	Key
	Comment string // safe for a terminal
}

// AgentKeys lists the keys of the ssh-agent at SSH_AUTH_SOCK (on Windows, the
// OpenSSH agent's pipe). No agent is no key and no error.
func AgentKeys(ctx context.Context) ([]AgentKey, error) { return nil, errSkeleton }

// AgentSigner signs with the agent's key of that fingerprint. It holds no
// connection: each signature asks the agent anew.
func AgentSigner(ctx context.Context, fingerprint string) (Signer, error) { return nil, errSkeleton }

// KeyError is a private key that cannot be used.
type KeyError struct {
	Path string
	Err  error
}

func (e *KeyError) Error() string { return e.Path }

func (e *KeyError) Unwrap() error { return e.Err }

// Explain tells the error in plain words; the kind is "answers".
func (e *KeyError) Explain() (kind, title, text, next string) { return "answers", "", "", "" }
