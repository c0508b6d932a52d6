package remote

import (
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// KeyProblem says why a private key's file cannot be used.
type KeyProblem string

// The problems.
const (
	KeyMissing     KeyProblem = "missing"
	KeyDirectory   KeyProblem = "folder"
	KeyUnreadable  KeyProblem = "unreadable"
	KeyExists      KeyProblem = "exists" // WriteKeyFile never overwrites
	KeyPublic      KeyProblem = "public" // the public half was given
	KeyPPK         KeyProblem = "ppk"    // PuTTY's own format
	KeyGarbage     KeyProblem = "garbage"
	KeyUnsupported KeyProblem = "unsupported" // DSA, FIDO, encrypted PKCS#8
	KeyTooOpen     KeyProblem = "too-open"
	KeyEncrypted   KeyProblem = "encrypted" // and nobody can be asked for the passphrase
	KeyNoAgent     KeyProblem = "no-agent"  // Path is the fingerprint
)

// KeyError is a private key that cannot be used.
type KeyError struct {
	Path    string // or the fingerprint, for a key of ssh-agent
	Problem KeyProblem
	Err     error
}

func (e *KeyError) Error() string {
	_, _, text, _ := e.Explain()
	if e.Err == nil {
		return text
	}
	return text + " (" + safe.Clean(e.Err.Error()) + ")"
}

func (e *KeyError) Unwrap() error { return e.Err }

// Explain returns the error in plain words; the kind is "answers".
func (e *KeyError) Explain() (kind, title, text, next string) {
	title, text, next = e.words()
	return "answers", title, text, next
}

func (e *KeyError) words() (title, text, next string) {
	path := safe.Clean(e.Path)
	const another = "Choose another key, or let the program make a new one."
	switch e.Problem {
	case KeyMissing:
		return "There is no such key file", "There is no file " + path + ".", "Check the path. " + another
	case KeyDirectory:
		return "This is a folder", path + " is a folder, not a private key.", "Name the private key's file in it."
	case KeyExists:
		return "The key file already exists", "There is a file " + path + " already, and key files are never overwritten.",
			"Use that key, name another path, or move the file away."
	case KeyPublic:
		return "This is the public key", path + " holds a public key; logging in needs the private one.",
			"Name the private key's file: usually the same name without .pub."
	case KeyPPK:
		return "This is PuTTY's key format", path + " is a PuTTY private key (.ppk), which OpenSSH does not read.",
			"Convert it: puttygen " + path + " -O private-openssh-new -o NEWFILE (in PuTTYgen: Conversions, Export OpenSSH key). Then name the new file."
	case KeyGarbage:
		return "This is not a private key", path + " holds no private key that can be read; it may be damaged or cut off.",
			"A private key begins with a line like -----BEGIN OPENSSH PRIVATE KEY----- and has an END line. " + another
	case KeyUnsupported:
		return "This kind of key cannot be used", path + " holds a private key of a kind that cannot be used here (DSA, a FIDO security key, or an encryption that OpenSSH does not use).",
			"A FIDO key works through ssh-agent: ssh-add " + path + ". An encrypted PKCS#8 key can be converted: ssh-keygen -p -f " + path + ". " + another
	case KeyTooOpen:
		return "Others can read the key", "Other users of this computer can read " + path + ", and OpenSSH refuses such a key.",
			"Run: chmod 400 " + path
	case KeyEncrypted:
		return "The key needs its passphrase", path + " is encrypted, and its passphrase was not given.",
			"Run the program on a terminal and give it when asked, or add the key to ssh-agent (ssh-add " + path + "), which then opens it."
	case KeyNoAgent:
		return "ssh-agent does not hold the key", "No ssh-agent that can be reached holds the key " + path + ".",
			"Start the agent and add the key (ssh-add), check that SSH_AUTH_SOCK is set, and try again. " + another
	}
	return "The key file cannot be read", path + " cannot be read or written.", "Check who owns the file and its folder. " + another
}
