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

// latest is when the file was last changed or renamed, by the system's own clock
// where it tells: the content's time is what somebody says it is.
func (i identity) latest() time.Time { return time.Unix(0, cmp.Or(i.Changed, i.Time)) }

// age is how long ago that was.
func (i identity) age() time.Duration { return time.Since(i.latest()) }
