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
	// Tell shows a line that is said while credentials are waited for, such as
	// what a credential_process wants ("Touch your key"). It waits for nobody
	// and may be called at any time.
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

// turns has the questions of all works wait for one another.
type turns struct {
	Asker
	taken chan struct{} // holds a token while a question is open
}

func (t *turns) MFACode(ctx context.Context, serial string) (string, error) {
	return inTurn(ctx, t, func() (string, error) { return t.Asker.MFACode(ctx, serial) })
}

func (t *turns) Passphrase(ctx context.Context, path string, again bool) ([]byte, error) {
	return inTurn(ctx, t, func() ([]byte, error) { return t.Asker.Passphrase(ctx, path, again) })
}

func (t *turns) HostKey(ctx context.Context, q HostKeyQuestion) (HostKeyAnswer, error) {
	return inTurn(ctx, t, func() (HostKeyAnswer, error) { return t.Asker.HostKey(ctx, q) })
}

func inTurn[T any](ctx context.Context, t *turns, ask func() (T, error)) (answer T, err error) {
	if ctx.Value(unasked{}) != nil {
		return answer, ErrDeclined
	}
	select {
	case t.taken <- struct{}{}:
		defer func() { <-t.taken }()
		return ask()
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}
