//go:build !linux && !darwin

package project

import "io/fs"

// noFollow is nothing that this system has.
const noFollow = 0

// identify returns what tells a file from itself at other times.
func identify(info fs.FileInfo) identity {
	return identity{Size: info.Size(), Time: info.ModTime().UnixNano()}
}

// links returns how many names a file has.
func links(fs.FileInfo) uint64 { return 1 }

// device returns the same for everything: this system does not tell.
func device(fs.FileInfo) uint64 { return 0 }
