package project

import (
	"cmp"
	"time"
)

// identity is what tells a file from others, and from itself at other times.
type identity struct {
	Inode   uint64 `json:"ino,omitempty"`
	Size    int64  `json:"size"`
	Time    int64  `json:"time"`              // of the content's last change, in nanoseconds since 1970
	Changed int64  `json:"changed,omitempty"` // of the file's, its modes and names included
}

// lasting is what a rename, and another name, do not change.
func (i identity) lasting() identity {
	i.Changed = 0
	return i
}

// latest is when the file was last changed.
func (i identity) latest() time.Time { return time.Unix(0, max(i.Time, i.Changed)) }

// age is how long ago the file was last changed or renamed.
func (i identity) age() time.Duration { return time.Since(time.Unix(0, cmp.Or(i.Changed, i.Time))) }
