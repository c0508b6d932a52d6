package steps

import "io"

// What a person does on a machine by hand. The types have the form of package
// remote's, which the engine turns them into.

// Terminal is the person's terminal for an interactive session. Who gives it
// has put it into raw mode and puts it back afterwards.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	// Term is the terminal's name, as in TERM; empty means xterm-256color.
	Term          string
	Width, Height int // in cells; 0 means 80 by 24
	// Resized tells new sizes, width first; may be nil.
	Resized <-chan [2]int
}

// CopyOptions say how files are copied.
type CopyOptions struct {
	Recursive bool
	// Progress is told how far the copy is, at most some 10 times a second
	// and once at the end; may be nil.
	Progress func(CopyProgress)
}

// CopyProgress is how far a copy is.
type CopyProgress struct {
	File         string // being copied, safe for a terminal
	Bytes, Of    int64  // over all files
	Files, OfAll int
}

// Copied is what a copy came to.
type Copied struct {
	Files int
	Bytes int64
	There int64 // of Bytes, those that an earlier copy had brought
	// Skipped names what was left out of a folder: links to folders, links
	// that lead nowhere, and what is neither file nor folder. Safe for a terminal.
	Skipped []string
	// Grown names the files that were longer in the end than when the copy began,
	// of which no more is copied than there was. Safe for a terminal.
	Grown []string
}
