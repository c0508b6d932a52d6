package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ledger keeps the setups, one file each: what is about to be created, what
// was created, what is finished. Whoever changes a setup holds its lock, so
// that two programs never work on one machine.
type ledger struct{ dir string }

// file returns the path of one of a setup's files: kind is "setups", "keys",
// "tokens" or "certs".
func (l ledger) file(kind, name string) string { return filepath.Join(l.dir, kind, name) }

// userData is the file of what a setup's machine is launched with. It has a
// private key in it, as the files beside it.
func (l ledger) userData(id string) string { return l.file("keys", id+".userdata") }

// lock takes a setup's lock. The operating system lets go of it when the
// program dies, however it dies.
func (l ledger) lock(id string) (unlock func(), err error) {
	f, err := l.lockFile(id)
	if err != nil {
		return nil, err
	}
	ok, err := f.TryLock()
	if err != nil {
		return nil, ledgerFault(err)
	}
	if !ok {
		return nil, &problem.Error{
			Kind: problem.Failed, Title: "Another jupyter-ec2 is working on this setup",
			Text: "A second program holds this setup's lock, so this one leaves it alone.",
			Next: problem.Say("Let the other one finish, or end it, and ").Do(problem.Retry).Say("."),
		}
	}
	return func() { _ = f.Unlock() }, nil
}

// waitLock takes a lock that is only ever held for a moment: the one for
// beginning a setup.
func (l ledger) waitLock(ctx context.Context, id string) (unlock func(), err error) {
	f, err := l.lockFile(id)
	if err != nil {
		return nil, err
	}
	if ok, err := f.TryLockContext(ctx, 50*time.Millisecond); err != nil || !ok {
		return nil, fmt.Errorf("waiting for the ledger: %w", err)
	}
	return func() { _ = f.Unlock() }, nil
}

func (l ledger) lockFile(id string) (*flock.Flock, error) {
	if err := l.safe(); err != nil {
		return nil, err
	}
	path := l.file("locks", id)
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return nil, ledgerFault(err)
	}
	return flock.New(path), nil
}

// save replaces the setup's file in one step; a crash leaves the old or the
// new one, never half of one.
func (l ledger) save(s *steps.Setup) error {
	s.Version = recordVersion
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	return writePrivate(l.file("setups", s.ID+".json"), append(b, '\n'))
}

// writePrivate replaces a file atomically, readable by its owner only. It is on
// the disk when this returns.
func writePrivate(path string, content []byte) error {
	if err := private.MkdirAll(filepath.Dir(path)); err != nil {
		return ledgerFault(err)
	}
	if err := private.WriteFile(path, content, 0o600); err != nil {
		return ledgerFault(err)
	}
	return nil
}

func ledgerFault(err error) error {
	return &problem.Error{
		Kind: problem.Failed, Title: "The setup's record cannot be written",
		Text: "What is about to be created could not be written down first, so nothing more was created: " + err.Error() + ".",
		Next: problem.Say("Make room on the disk, or make the folder writable, and ").Do(problem.Retry).Say("."),
		Err:  err,
	}
}

// forget removes the setup's secrets, then its record, and at last its name.
func (l ledger) forget(id string) error {
	for _, f := range []string{
		l.userData(id), l.file("tokens", id), l.file("tokens", id+".image"), l.file("certs", id+".pem"), l.file("certs", id+".key"),
		l.file("setups", id+".json"), l.file("names", id),
	} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the setup's files: %w", err)
		}
	}
	l.dropTunnels(id)
	l.dropProject(id)
	_ = os.Remove(l.file("locks", id)) // Windows removes no file that is held; an empty one is left
	return nil
}

// newID makes a setup ID: ten characters that are safe in names and tags.
func newID() string { return strings.ToLower(rand.Text()[:10]) }

func validID(id string) bool {
	if len(id) == 0 || len(id) > 40 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
