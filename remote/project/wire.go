package project

import (
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds of paths, on both sides and of targets: bytes, as systems have them, and
// folders that one is in. The host's part has the same.
const (
	maxPath  = 4096
	maxDepth = 256
)

// goodPath reports whether a path is one in the project.
func goodPath(p string) bool {
	return p != "." && fs.ValidPath(p) && !strings.ContainsRune(p, 0) && len(p) <= maxPath && strings.Count(p, "/") < maxDepth
}

// unknown is the kind, between the sides alone, of what stays as it is. The item's
// target says why; of what is left out, Holds says that it is a folder.
const unknown Kind = "unknown"

// verb is what an operation is to the host's part.
func (d Do) verb() string {
	return [...]string{MoveAside: "aside", Replace: "remove", MakeFolder: "folder", PutFile: "file", PutLink: "link", SetMode: "mode", Delete: "remove"}[d]
}

// wireOp is an operation as it is sent.
type wireOp struct {
	Do     string    `json:"do"`
	Path   string    `json:"p"`
	Was    *wireItem `json:"was"`
	Item   *wireItem `json:"i"`
	Aside  string    `json:"aside,omitempty"`
	Staged string    `json:"staged,omitempty"`
}

// wireItem is an item as the host's part says it: kind, mode, size, time in
// nanoseconds, hash, target, holds.
type wireItem Item

func wire(i Item) *wireItem {
	if !i.there() {
		return nil
	}
	return (*wireItem)(&i)
}

// MarshalJSON writes it as a list.
func (i *wireItem) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{i.Kind, uint32(i.Mode), i.Size, nanoseconds(i.Time), i.Hash, i.Target, i.Holds})
}

// nanoseconds are those since 1970, of the years that they can tell.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// UnmarshalJSON reads it as a list.
func (i *wireItem) UnmarshalJSON(b []byte) error {
	var mode uint32
	var changed int64
	all := []any{&i.Kind, &mode, &i.Size, &changed, &i.Hash, &i.Target, &i.Holds}
	err := json.Unmarshal(b, &all)
	if err == nil && len(all) != 7 {
		err = errWords
	}
	i.Mode, i.Time = fs.FileMode(mode).Perm(), time.Unix(0, changed)
	return err
}

// good reports whether it is one that can be at a path.
func (i *wireItem) good(p string) bool {
	switch i.Kind {
	case File:
		return i.Size >= 0 && len(i.Hash) == 64 && strings.Trim(i.Hash, "0123456789abcdef") == ""
	case Folder:
		return i.Hash == "" && i.Target == ""
	case Link:
		return i.Hash == "" && len(i.Target) <= maxPath && !strings.ContainsRune(i.Target, 0) && inside(p, i.Target)
	case unknown:
		return i.Hash == "" && slices.Contains(reasons(), i.Target)
	}
	return false
}
