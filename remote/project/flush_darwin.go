package project

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushing is how a file is opened for it.
const flushing = os.O_RDONLY

// flushed has a file's content reach the disk, whose own memory the state's file
// has emptied: [os.File.Sync] would have each file do so.
func flushed(f *os.File) error { return unix.Fsync(int(f.Fd())) }
