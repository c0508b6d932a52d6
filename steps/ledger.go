package steps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ledger keeps the setups, one file each: what is about to be created, what
// was created, what is finished. Whoever changes a setup holds its lock, so
// that two programs never work on one machine.
type ledger struct{ dir string }

// file answers the path of one of a setup's files: kind is "setups", "keys",
// "tokens" or "certs".
func (l ledger) file(kind, name string) string { return filepath.Join(l.dir, kind, name) }

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
		return nil, &fault{
			kind: ProblemOther, title: "Another jupyter-ec2 is at work on this setup",
			text: "A second program holds this setup's lock, so this one leaves it alone.",
			next: "Let the other one finish, or end it, and run this again.",
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
	path := l.file("locks", id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, ledgerFault(err)
	}
	return flock.New(path), nil
}

// save replaces the setup's file in one step; a crash leaves the old or the
// new one, never half of one.
func (l ledger) save(s *Setup) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	return writePrivate(l.file("setups", s.ID+".json"), append(b, '\n'))
}

// writePrivate replaces a file atomically, readable by its owner only.
func writePrivate(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ledgerFault(err)
	}
	f, err := os.CreateTemp(dir, ".new-*") // 0600 by its own rule
	if err != nil {
		return ledgerFault(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return ledgerFault(err)
	}
	return nil
}

func ledgerFault(err error) error {
	return &fault{
		kind: ProblemOther, title: "The setup's record cannot be written",
		text: "What is about to be created could not be written down first, so nothing more was created: " + err.Error() + ".",
		next: "Make room on the disk, or make the folder writable, and run the same command again.",
		err:  err,
	}
}

func (l ledger) load(id string) (*Setup, error) {
	b, err := os.ReadFile(l.file("setups", id+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &fault{
			kind: ProblemAnswers, title: "No such setup", text: fmt.Sprintf("There is no setup %q.", id),
			next: "See jupyter-ec2 ls for those there are.", err: err,
		}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	s, err := parseSetup(b)
	if err != nil {
		return nil, unreadable(fmt.Errorf("%s: %w", l.file("setups", id+".json"), err))
	}
	return s, nil
}

// unreadable is a ledger that is there and tells nothing.
func unreadable(err error) error {
	return &fault{
		kind: ProblemOther, title: "The setups' records cannot be read",
		text: "What this program created is written down in a file that cannot be read: " + err.Error() + ".",
		next: "See who owns the file or folder named here; if something else stands in its place, move that away. A record may be of a machine that costs money: mend it rather than delete it.",
		err:  err,
	}
}

// parseSetup reads a ledger file, which a person may have edited.
func parseSetup(b []byte) (*Setup, error) {
	var s Setup
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	if !validID(s.ID) {
		return nil, fmt.Errorf("%q is no setup ID", s.ID)
	}
	if s.Done == nil {
		s.Done = map[StepID]time.Time{}
	}
	return &s, nil
}

// all lists the setups, oldest first. A file that cannot be read fails the
// whole list: a setup that is not shown is a bill that is forgotten.
func (l ledger) all() ([]Setup, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, "setups"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(err)
	}
	var out []Setup
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || strings.HasPrefix(id, ".") {
			continue
		}
		s, err := l.load(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed by another program since the folder was read
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Setup) int { return a.Created.Compare(b.Created) })
	return out, nil
}

// forget removes the setup's record and secrets, the record last.
func (l ledger) forget(id string) error {
	for _, f := range []string{
		l.file("tokens", id), l.file("certs", id+".pem"), l.file("certs", id+".key"),
		l.file("setups", id+".json"),
	} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the setup's files: %w", err)
		}
	}
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
