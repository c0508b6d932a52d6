package project

import (
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// noFollow has a link not be followed by an open.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// identify returns what tells a file from others, and from itself at other times.
func identify(info fs.FileInfo) identity {
	id := identity{Size: info.Size(), Time: info.ModTime().UnixNano()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		id.Inode, id.Changed = s.Ino, time.Unix(s.Ctim.Unix()).UnixNano()
	}
	return id
}

// links returns how many names a file has.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}

// device returns the file system that something is on.
func device(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev)
	}
	return 0
}
