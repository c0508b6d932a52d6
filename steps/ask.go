package steps

import (
	"context"
	"errors"
)

// ErrDeclined is what an Asker answers when the person said no.
var ErrDeclined = errors.New("declined")

// Asker puts the questions that come up while a step works. Calls come one at
// a time and wait for the person, until ctx ends. The wizard draws them as a
// dialogue; the commands ask on the terminal, or answer ErrDeclined where
// there is nobody to ask.
type Asker interface {
	// MFACode asks for the 6 digits of the MFA device with that serial.
	MFACode(ctx context.Context, serial string) (string, error)
	// Passphrase asks for the passphrase of an encrypted private key file;
	// again is true when the last one was wrong.
	Passphrase(ctx context.Context, path string, again bool) ([]byte, error)
	// HostKey shows a host key that nothing vouches for yet.
	HostKey(ctx context.Context, q HostKeyQuestion) (HostKeyAnswer, error)
	// Project asks whether a project is to be brought.
	Project(ctx context.Context, q ProjectQuestion) (bool, error)
	// Tell shows a line that is said while credentials are waited for, such as
	// what a credential_process wants ("Touch your key"), or that a person is to
	// know whatever is being done. It waits for nobody and may be called at any
	// time.
	Tell(text string)
}

// HostKeyQuestion is the guide's "Are you sure you want to continue
// connecting?", with what is known.
type HostKeyQuestion struct {
	Host        string // address as connected to
	InstanceID  string
	KeyType     string // "ssh-ed25519"
	Fingerprint string // "SHA256:…", as ssh-keygen -l prints it
	// Why says why the console output could not vouch for the key.
	Why string
	// Waited says that a wait for the console has come to nothing already.
	Waited bool
	// Replaces says that the person asked to have the key pinned, in the place of
	// what was pinned: Why then has lines that help to compare it, and there is
	// nothing to wait for.
	Replaces bool
}

// HostKeyAnswer is what the person decided about a host key.
type HostKeyAnswer int

// The answers to a HostKeyQuestion.
const (
	HostKeyReject HostKeyAnswer = iota // stop here
	HostKeyAccept                      // "yes": pin it
	HostKeyWait                        // wait for the console output, then compare
)

// unasked marks a context.
type unasked struct{}

// WithoutAsking is a context in which nobody is asked anything: what needs an
// answer fails with ErrDeclined. It is for what no person has asked for.
func WithoutAsking(ctx context.Context) context.Context {
	return context.WithValue(ctx, unasked{}, true)
}

// MayAsk reports whether a person may be asked in this context.
func MayAsk(ctx context.Context) bool { return ctx.Value(unasked{}) == nil }
