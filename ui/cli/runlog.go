package cli

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// logsKept is how many logs of one setup stay.
const logsKept = 10

// runLog is the whole log of a run, in a file that its owner alone can read.
// No token is in it.
type runLog struct {
	plainPrinter
	file   *os.File
	err    error // the file cannot be made or written
	closed bool
}

// openLog makes the log of a run. Without a place for it the run continues, and
// says so.
func (p *Program) openLog(setup string, sandbox bool) *runLog {
	l := &runLog{plainPrinter: plainPrinter{now: p.Now, sandbox: sandbox}}
	l.w = io.Discard
	part := "aws"
	if sandbox {
		part = "sandbox"
	}
	dir := filepath.Join(stateDir(part), "logs")
	if l.err = private.MkdirAll(dir); l.err != nil {
		return l
	}
	prune(dir, setup)
	path := filepath.Join(dir, setup+p.Now().Format(logStamp))
	// A second run in the same second does not write into the first one's.
	if l.file, l.err = private.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); l.err == nil {
		l.w = l
	}
	return l
}

// logStamp is how the name of a setup's log ends.
const logStamp = "-20060102-150405.log"

// prune removes a setup's oldest logs, so that the next one has its place.
func prune(dir, setup string) {
	old, _ := filepath.Glob(filepath.Join(dir, setup+"-*.log")) // the pattern is right
	old = slices.DeleteFunc(old, func(path string) bool { return len(filepath.Base(path)) != len(setup+logStamp) })
	slices.Sort(old)
	for len(old) >= logsKept {
		_ = os.Remove(old[0]) // it is in nobody's way
		old = old[1:]
	}
}

// Write writes lines without the secrets in them.
func (l *runLog) Write(b []byte) (int, error) {
	if _, err := l.file.Write([]byte(safe.Scrub(string(b)))); err != nil && l.err == nil {
		l.err = err
	}
	return len(b), nil
}

// ready writes the end, and closes the log. The lines about the URL have the
// token in several forms, and stay away.
func (l *runLog) ready(o *steps.Opened) {
	l.times()
	l.line("Ready at %s", withoutToken(o))
	l.close(true)
}

// close closes the log, and removes it where nothing was done. It reports
// whether there is something to say about it that was not said yet.
func (l *runLog) close(worked bool) bool {
	if l.closed {
		return false
	}
	l.closed = true
	if worked {
		l.times()
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil && l.err == nil {
			l.err = err
		}
		if !worked {
			_ = os.Remove(l.file.Name()) // a review alone is no log
		}
	}
	return worked
}

func withoutToken(o *steps.Opened) string {
	if o.Plain != "" {
		return o.Plain
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return ""
	}
	u.RawQuery = ""
	return u.String()
}

// where says where the log is.
func (l *runLog) where() string {
	switch {
	case l.file == nil:
		return fmt.Sprintf("There is no log of it: %v.", l.err)
	case l.err != nil:
		return fmt.Sprintf("Its log is not whole (%v): %s", l.err, l.file.Name())
	default:
		return "The whole log: " + l.file.Name()
	}
}
