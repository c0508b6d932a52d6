package remote

import (
	"bytes"
	"io"
)

// LogMark comes before a log that a script prints: what a login shell prints
// of its own is no part of the log, and must not be counted.
const LogMark = "jupyter-ec2: the log follows\n"

// AfterMark returns a writer that passes on to w what comes after the first
// [LogMark].
func AfterMark(w io.Writer) io.Writer { return &afterMark{w: w} }

type afterMark struct {
	w    io.Writer
	seen bool
	tail []byte // what may be the mark's beginning
}

func (a *afterMark) Write(p []byte) (int, error) {
	if a.seen {
		return a.w.Write(p)
	}
	a.tail = append(a.tail, p...)
	_, rest, found := bytes.Cut(a.tail, []byte(LogMark))
	if !found {
		a.tail = bytes.Clone(a.tail[max(0, len(a.tail)-len(LogMark)):])
		return len(p), nil
	}
	a.seen, a.tail = true, nil
	if len(rest) > 0 {
		if _, err := a.w.Write(rest); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
