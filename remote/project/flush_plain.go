//go:build !linux && !darwin

package project

import "os"

// flushing is how a file is opened for it.
const flushing = os.O_RDWR

func flushed(f *os.File) error { return f.Sync() }
