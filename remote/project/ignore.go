package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// maxRules is how long a file of rules may be.
const maxRules = 256 << 10

// foreign is a file of rules that the host has changed. What this computer left
// out before stays left out, or whoever is on the host could have it sent.
type foreign struct {
	Ours   string   `json:"ours"`   // the lines before
	Hashes []string `json:"hashes"` // of what has come, or may have; empty for none
}

// rules reads those of a folder's files. Without one that cannot be read, what it
// leaves out would come along.
func (s *scanner) rules(folder string, entries []fs.DirEntry) error {
	for _, name := range ignoreFiles() {
		var lines, hash string
		for _, e := range entries {
			if s.h.rules.compared(e.Name()) == s.h.rules.compared(name) && !e.IsDir() {
				var err error
				if lines, hash, err = s.ruleFile(path.Join(folder, e.Name()), e); err != nil {
					return err
				}
			}
		}
		p := path.Join(folder, name)
		s.h.lines[p] = lines
		came, ok := s.h.foreign[p]
		switch {
		case ok && slices.Contains(came.Hashes, hash):
			s.h.rules.addOurs(folder, lines, came.Ours)
			continue
		case ok: // somebody has changed it here
			delete(s.h.foreign, p)
			s.h.unsaved = true
		}
		s.h.rules.addOurs(folder, lines, lines)
	}
	return nil
}

// ruleFile reads a file of rules. Where a link leads is no matter: git does not
// follow one here either.
func (s *scanner) ruleFile(p string, e fs.DirEntry) (lines, hash string, err error) {
	info, err := e.Info()
	switch {
	case err != nil:
		return "", "", err
	case !info.Mode().IsRegular():
		return "", "", fmt.Errorf("%s: it is no file", p)
	case info.Size() > maxRules:
		return "", "", fmt.Errorf("%s: it has more than %d bytes", p, maxRules)
	}
	b, err := s.h.root.ReadFile(p)
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), err
}

// comes notes, before the host changes what is at a path here, whether that holds
// rules.
func (h *here) comes(op Op) {
	for _, name := range ignoreFiles() {
		if h.rules.compared(path.Base(op.Path)) != h.rules.compared(name) {
			continue
		}
		p := path.Join(path.Dir(op.Path), name)
		f, ok := h.foreign[p]
		if !ok {
			f.Ours = h.lines[p]
		}
		if !slices.Contains(f.Hashes, op.Item.Hash) {
			f.Hashes = append(slices.Clip(f.Hashes), op.Item.Hash)
			h.foreign[p], h.unsaved = f, true
		}
	}
}
