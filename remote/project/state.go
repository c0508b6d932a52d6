package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// state is what is known between runs, in a file: what both sides were when they
// were last alike, and the contents of files here by their identity.
type state struct {
	Version int                  `json:"version"`
	Base    map[string]*wireItem `json:"base"`
	Seen    map[string]seen      `json:"seen"`
}

const stateVersion = 1

// loadState reads the file; one that is not there is empty. One that cannot be
// used is an error: as nothing is known then, nothing could be deleted, and each
// difference would be a conflict.
func loadState(name string) (Tree, map[string]seen, error) {
	b, err := os.ReadFile(name) // #nosec G304 -- the program's own file
	if errors.Is(err, fs.ErrNotExist) {
		return Tree{}, map[string]seen{}, nil
	}
	var s state
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err == nil && s.Version != stateVersion {
		err = fmt.Errorf("it is of version %d, and this program reads %d", s.Version, stateVersion)
	}
	base := make(Tree, len(s.Base))
	for p, i := range s.Base {
		if err == nil && (i == nil || i.Kind == unknown || !goodPath(p) || !i.good(p)) {
			err = fmt.Errorf("its entry %q is none", p)
		}
		if err == nil {
			base[p] = Item(*i)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read what is known of the project, in %s: %w", name, err)
	}
	if s.Seen == nil {
		s.Seen = map[string]seen{}
	}
	return base, s.Seen, nil
}

func saveState(name string, base Tree, known map[string]seen) error {
	s := state{Version: stateVersion, Base: make(map[string]*wireItem, len(base)), Seen: known}
	for p, i := range base {
		s.Base[p] = wire(i)
	}
	b, err := json.Marshal(s)
	if err == nil {
		err = private.WriteFile(name, b, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write down what both sides are: %w", err)
	}
	return nil
}
