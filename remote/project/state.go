package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// remembered is what is known between runs: what both sides were when they were
// last alike, of which folders that is, the contents of files here by their identity,
// and the files of rules that the host has changed.
type remembered struct {
	base    Tree
	folders folders
	seen    map[string]seen
	foreign map[string]foreign
}

// folders are the names that two folders have in their stages. Another folder in
// the place of one has another name, or none.
type folders struct {
	Here  string `json:"here"`
	There string `json:"there"`
}

// nothing is remembered before the first run.
func nothing() remembered {
	return remembered{base: Tree{}, seen: map[string]seen{}, foreign: map[string]foreign{}}
}

// state is the file that it is in.
type state struct {
	Version int                  `json:"version"`
	Folders folders              `json:"folders"`
	Base    map[string]*wireItem `json:"base"`
	Seen    map[string]seen      `json:"seen"`
	Foreign map[string]foreign   `json:"foreign,omitempty"`
}

const stateVersion = 1

// loadState reads the file; one that is not there is empty. One that cannot be
// used is an error: as nothing is known then, nothing could be deleted, and each
// difference would be a conflict.
func loadState(name string) (remembered, error) {
	k := nothing()
	b, err := os.ReadFile(name) // #nosec G304 -- the program's own file
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	var s state
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err == nil && s.Version != stateVersion {
		err = fmt.Errorf("it is of version %d, and this program reads %d", s.Version, stateVersion)
	}
	for p, i := range s.Base {
		if err == nil && (i == nil || i.Kind == unknown || !goodPath(p) || !i.good(p)) {
			err = fmt.Errorf("its entry %q is none", p)
		}
		if err == nil {
			k.base[p] = Item(*i)
		}
	}
	if err != nil {
		return remembered{}, fmt.Errorf("read what is known of the project, in %s: %w", name, err)
	}
	k.folders = s.Folders
	maps.Copy(k.seen, s.Seen)
	maps.Copy(k.foreign, s.Foreign)
	return k, nil
}

func saveState(name string, k remembered) error {
	s := state{Version: stateVersion, Folders: k.folders, Base: make(map[string]*wireItem, len(k.base)), Seen: k.seen, Foreign: k.foreign}
	for p, i := range k.base {
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
