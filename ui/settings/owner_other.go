//go:build !unix

package settings

import "io/fs"

// foreign says why a file may be somebody else's. The system does not tell that
// in a word; its folders are the person's own.
func foreign(fs.FileInfo) string { return "" }
