package remote

import (
	"runtime"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// KeyReason says why a private key's file cannot be used.
type KeyReason string

// The reasons.
const (
	KeyMissing     KeyReason = "missing"
	KeyDirectory   KeyReason = "folder"
	KeyUnreadable  KeyReason = "unreadable"
	KeyExists      KeyReason = "exists" // WriteKeyFile never overwrites
	KeyPublic      KeyReason = "public" // the public half was given
	KeyPPK         KeyReason = "ppk"    // PuTTY's own format
	KeyGarbage     KeyReason = "garbage"
	KeyUnsupported KeyReason = "unsupported" // DSA, FIDO, encrypted PKCS#8
	KeyTooOpen     KeyReason = "too-open"
	KeyEncrypted   KeyReason = "encrypted" // and nobody can be asked for the passphrase
	KeyNoAgent     KeyReason = "no-agent"  // Path is the fingerprint
)

// KeyError is a private key that cannot be used.
type KeyError struct {
	Path   string // or the fingerprint, for a key of ssh-agent
	Reason KeyReason
	Err    error
}

func (e *KeyError) Error() string {
	text := e.Problem().Text
	if e.Err == nil {
		return text
	}
	return text + " (" + safe.Clean(e.Err.Error()) + ")"
}

func (e *KeyError) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *KeyError) Problem() problem.Problem {
	title, text, next := e.words()
	return problem.Problem{Kind: problem.Answers, Title: title, Text: text, Next: next}
}

func (e *KeyError) words() (title, text string, next problem.Next) {
	path := safe.Clean(e.Path)
	another := problem.Do(problem.ChooseKey).Say(", or let the program make a new one.")
	switch e.Reason {
	case KeyMissing:
		return "There is no such key file", "There is no file " + path + ".", problem.Say("Check the path. ").Then(another)
	case KeyDirectory:
		return "This is a folder", path + " is a folder, not a private key.", problem.Say("Name the private key's file in it.")
	case KeyExists:
		return "The key file already exists", "There is a file " + path + " already, and key files are never overwritten.",
			problem.Say("Use that key, name another path, or move the file away.")
	case KeyPublic:
		return "This is the public key", path + " holds a public key; logging in needs the private one.",
			problem.Say("Name the private key's file: usually the same name without .pub.")
	case KeyPPK:
		return "This is PuTTY's key format", path + " is a PuTTY private key (.ppk), which OpenSSH does not read.",
			problem.Say("Convert it: puttygen " + path + " -O private-openssh-new -o NEWFILE (in PuTTYgen: Conversions, Export OpenSSH key). Then name the new file.")
	case KeyGarbage:
		return "This is not a private key", path + " holds no private key that can be read; it may be damaged or cut off.",
			problem.Say("A private key begins with a line like -----BEGIN OPENSSH PRIVATE KEY----- and has an END line. ").Then(another)
	case KeyUnsupported:
		return "This kind of key cannot be used", path + " holds a private key of a kind that cannot be used here (DSA, a FIDO security key, or an encryption that OpenSSH does not use).",
			problem.Say("A FIDO key works through ssh-agent: ssh-add " + path + ". An encrypted PKCS#8 key can be converted: ssh-keygen -p -f " + path + ". ").Then(another)
	case KeyTooOpen:
		return "Others can read the key", "Other users of this computer can read " + path + ", and OpenSSH refuses such a key.",
			problem.ProtectFile(path)
	case KeyEncrypted:
		return "The key needs its passphrase", path + " is encrypted, and its passphrase was not given.",
			problem.Say("Run the program on a terminal and give it when asked, or add the key to ssh-agent (" + addKey(runtime.GOOS) + " " + path + "), which then opens it.")
	case KeyNoAgent:
		return "ssh-agent does not hold the key", "No ssh-agent that can be reached holds the key " + path + ".",
			problem.Say(startAgent(runtime.GOOS) + ", and try again. ").Then(another)
	case KeyUnreadable:
	}
	return "The key file cannot be read", path + " cannot be read or written.", problem.Say("Check who owns the file and its folder. ").Then(another)
}

// startAgent says how a person gets an agent that holds a key.
func startAgent(system string) string {
	switch system {
	case "windows":
		return "Start the agent (once, as administrator: Get-Service ssh-agent | Set-Service -StartupType Automatic -PassThru | Start-Service) and add the key (ssh-add)"
	case "darwin":
		return "Add the key (ssh-add, or ssh-add --apple-load-keychain for those whose passphrase is in the keychain)"
	}
	return "Start the agent and add the key (ssh-add), check that SSH_AUTH_SOCK is set"
}

// addKey gives a key to the agent: macOS can keep the passphrase.
func addKey(system string) string {
	if system == "darwin" {
		return "ssh-add --apple-use-keychain"
	}
	return "ssh-add"
}
