package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// recordVersion is the form of the setups' records that this program writes. It
// grows when an older program would misunderstand a record.
const recordVersion = 1

// load reads a setup's record.
func (l ledger) load(id string) (*steps.Setup, error) {
	if err := l.safe(); err != nil {
		return nil, err
	}
	path := l.file("setups", id+".json")
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &problem.Error{
			Kind: problem.Answers, Title: "No such setup", Text: fmt.Sprintf("There is no setup %q.", id),
			Next: problem.Do(problem.List).Say("."), Err: err,
		}
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if info, err = os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			err = errors.New("it is a link to a file that is not there") // and not a setup that is not there
		}
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, unreadable(path, errors.New("it is not a file"))
	}
	if why := exposed(path, info); why != "" {
		return nil, unreadable(path, errors.New(why))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	s, err := parseSetup(b)
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case s.ID != id:
		return nil, unreadable(path, fmt.Errorf("it is the record of the setup %s", s.ID))
	case s.Version > recordVersion:
		return nil, laterVersion(path)
	}
	return s, nil
}

// parseSetup reads a record, which a person may have edited.
func parseSetup(b []byte) (*steps.Setup, error) {
	var s steps.Setup
	if len(b) == 0 {
		return nil, errors.New("it is empty")
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	if !validID(s.ID) {
		return nil, fmt.Errorf("%q is not a setup ID", s.ID)
	}
	if s.Done == nil {
		s.Done = map[steps.StepID]time.Time{}
	}
	return &s, nil
}

// unreadable is a record that is there and tells nothing, or that others may
// have changed.
func unreadable(path string, err error) error {
	return &problem.Error{
		Kind: problem.Failed, Title: "A setup's record cannot be used",
		Text: "What this program created for a setup is written down in " + path + ", which cannot be used: " + err.Error() + ".",
		Next: problem.Say("Repair the file (it has to be yours, and nobody else may write to it), or move it away: a machine of it is then listed as elsewhere. ").Do(problem.Adopt).Say(". Until then nothing is launched under its name."),
		Err:  err,
	}
}

func laterVersion(path string) error {
	return &problem.Error{
		Kind: problem.Failed, Title: "The record is of a later jupyter-ec2",
		Text: "What was created for this setup is written down in " + path + " by a later version of jupyter-ec2, which this one does not understand.",
		Next: problem.Say("Use that version, or a later one: go install github.com/jupyter-ec2/jupyter-ec2@latest"),
	}
}

// all lists the setups, oldest first. One whose record cannot be used is among
// them, with the reason in Bad: a setup that is not shown is a bill that is
// forgotten.
func (l ledger) all() ([]steps.Setup, error) {
	if err := l.safe(); err != nil {
		return nil, err
	}
	path := filepath.Join(l.dir, "setups")
	entries, err := os.ReadDir(path)
	if _, lerr := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && lerr != nil {
		return nil, nil // and no file in its place, of which Windows says the same
	}
	if err != nil {
		return nil, &problem.Error{
			Kind: problem.Failed, Title: "The setups' records cannot be read",
			Text: "What this program created is written down in a folder that cannot be read: " + err.Error() + ".",
			Next: problem.Say("See who owns the folder named here; if something else stands in its place, move that away."), Err: err,
		}
	}
	var out []steps.Setup
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
			bad := steps.Explain(err)
			s = &steps.Setup{ID: id, Answers: steps.Answers{Name: l.nameOf(id)}, Bad: &bad}
		}
		out = append(out, *s)
	}
	slices.SortStableFunc(out, func(a, b steps.Setup) int { return a.Created.Compare(b.Created) })
	l.addTunnels(out)
	l.addSync(out)
	return out, nil
}

// good lists the setups whose records can be used.
func (l ledger) good() ([]steps.Setup, error) {
	all, err := l.all()
	return slices.DeleteFunc(all, func(s steps.Setup) bool { return s.Bad != nil }), err
}

// create writes a new setup's record, and its name beside it: so that no machine
// is launched under the name of a record that is broken some day.
func (l ledger) create(s *steps.Setup) error {
	if err := writePrivate(l.file("names", s.ID), []byte(s.Answers.Name+"\n")); err != nil {
		return err
	}
	return l.save(s)
}

// nameOf is the name of a setup whose record cannot be used, as far as it can be
// told: from what create wrote, from the record where it can still be parsed, or
// from the name of its key file.
func (l ledger) nameOf(id string) string {
	var names []string
	if b, err := readRegular(l.file("names", id)); err == nil {
		names = append(names, strings.TrimSpace(string(b)))
	}
	var part struct {
		Answers struct{ Name string }
	}
	if b, err := readRegular(l.file("setups", id+".json")); err == nil && json.Unmarshal(b, &part) == nil {
		names = append(names, part.Answers.Name)
	}
	keys, _ := os.ReadDir(filepath.Join(l.dir, "keys")) // there may be none
	for _, e := range keys {
		if name, ok := strings.CutSuffix(e.Name(), "-"+id+".pem"); ok {
			names = append(names, name)
		}
	}
	if n := slices.IndexFunc(names, steps.ValidName); n >= 0 {
		return names[n]
	}
	return ""
}

// readRegular reads a file, and nothing else: opening a pipe waits for whoever
// writes to it.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return os.ReadFile(path)
}

// folders are where the ledger keeps what it has.
func folders() []string {
	return []string{"", "setups", "names", "keys", "tokens", "certs", "locks", "tunnels", "projects"}
}

// stateName is the name of the program's own folder of state, which the
// folders of the ledgers are in.
const stateName = "jupyter-ec2"

// guarded are the folders in which others must not write. The program's own is
// among them, because whoever can write there can put another folder in a
// ledger's place; the folder above is the user's affair.
func (l ledger) guarded() []string {
	var all []string
	if above := filepath.Dir(l.dir); filepath.Base(above) == stateName {
		all = append(all, above)
	}
	for _, name := range folders() {
		all = append(all, filepath.Join(l.dir, name))
	}
	return all
}

// safe is an error where others could have changed what the ledger has.
func (l ledger) safe() error {
	for _, path := range l.guarded() {
		for _, look := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
			info, err := look(path)
			if err != nil {
				break // it is not there, or tells of itself when it is used
			}
			if why := exposed(path, info); why != "" {
				return notYours(path, why)
			}
		}
	}
	return nil
}

// Guarded is an error where others could change what is in a folder of state.
func Guarded(dir string) error { return ledger{dir}.safe() }

// exposed says how others could change a file or folder, or nothing.
func exposed(path string, info fs.FileInfo) string {
	switch a, err := private.Of(path, info); {
	case err != nil:
		return "who can write to it is not known (" + err.Error() + ")"
	case a.Owner != "":
		return "it belongs to another user (" + a.Owner + ")"
	case a.Write:
		return "others can write to it (" + a.Who + ")"
	}
	return ""
}

func notYours(path, why string) error {
	return &problem.Error{
		Kind: problem.Failed, Title: "Others can write to the program's folder",
		Text: "The folder " + path + " holds keys, tokens and the records of your machines, and " + why + ". Nothing in it is used.",
		Next: problem.Say("See what is in it and who put it there. If it is all yours: " + problem.Here().NotTheirs(path) + ". Otherwise move it away, or name another place in XDG_STATE_HOME."),
	}
}
