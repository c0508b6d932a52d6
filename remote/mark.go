package remote

import (
	"bytes"
	"io"
)

// LogMark comes before a log that a script prints: what a login shell prints
// of its own is no part of the log, and must not be counted.
const LogMark = "jupyter-ec2: the log follows\n"

// beginMark is printed right before a script of [Client.Run] begins: what came
// before is the login shell's own, and one that ends first prints no mark.
const beginMark = "jupyter-ec2: the script begins\n"

// AfterMark returns a writer that passes on to w what comes after the first
// [LogMark].
func AfterMark(w io.Writer) io.Writer { return &afterMark{w: w, mark: LogMark} }

type afterMark struct {
	w    io.Writer
	mark string
	seen bool
	tail []byte // what may be the mark's beginning
}

func (a *afterMark) Write(p []byte) (int, error) {
	if a.seen {
		return a.w.Write(p)
	}
	a.tail = append(a.tail, p...)
	_, rest, found := bytes.Cut(a.tail, []byte(a.mark))
	if !found {
		a.tail = bytes.Clone(a.tail[max(0, len(a.tail)-len(a.mark)):])
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
