package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// traceVariable names the file of the debug log.
const traceVariable = "JUPYTER_EC2_LOG"

// maxTrace bounds a debug log. When it is full it becomes FILE.1, in the place
// of an older one.
const maxTrace = 8 << 20

// startTrace opens the debug log where one is asked for. The screen and the
// output know nothing of it: it goes into a file alone.
func (p *Program) startTrace(cmd *cobra.Command, o *rootOptions) error {
	path := p.Getenv(traceVariable)
	if path == "" && !o.debug {
		return nil
	}
	if path == "" {
		part := "aws"
		if o.sandbox {
			part = "sandbox"
		}
		path = filepath.Join(stateDir(part), "logs", "debug.log")
		if err := private.MkdirAll(filepath.Dir(path)); err != nil {
			return usage("", "the debug log cannot be written: %w", err)
		}
	}
	file, err := openTrace(path, maxTrace)
	if err != nil {
		return usage("", "the debug log cannot be written: %w", err)
	}
	if o.debug {
		p.note("Debug log: %s\n", path)
	}
	p.traced, p.trace = file, newTrace(file)
	var flags []string // their names alone: a value may be anything
	cmd.Flags().Visit(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	p.trace.Info(
		"start", "version", version(), "go", runtime.Version(), "system", runtime.GOOS+"/"+runtime.GOARCH,
		"command", cmd.CommandPath(), "flags", flags, "terminal", p.Terminal, "term", p.Getenv("TERM"),
	)
	return nil
}

// endTrace says in the debug log how the program ends, and on the terminal
// when the log is not whole.
func (p *Program) endTrace(code int) {
	if p.traced == nil {
		return
	}
	p.trace.Info("end", "exit", code)
	if err := p.traced.Close(); err != nil {
		p.note("The debug log is not whole: %v\n", err)
	}
}

// newTrace writes lines of log/slog. That no secret is in them is the duty of
// who writes them; what looks like one is taken out all the same.
func newTrace(w io.Writer) *slog.Logger {
	h := slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(safe.Scrub(safe.Clean(v)))
		case error:
			a.Value = slog.StringValue(safe.Scrub(safe.Clean(v.Error())))
		}
		return a
	}})
	return slog.New(h).With("pid", os.Getpid())
}

// traceFile is a file that only its owner can read, that grows up to a bound,
// and that several processes may write to.
type traceFile struct {
	path string
	most int64

	mu   sync.Mutex
	file *os.File // nil when it could not be opened again
	err  error    // the first failure
}

func openTrace(path string, most int64) (*traceFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &traceFile{path: path, most: most}
	f.file, err = openPrivate(path)
	return f, err
}

// Write appends a line.
func (f *traceFile) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.append(b)
	if err != nil && f.err == nil {
		f.err = err
	}
	return n, err
}

func (f *traceFile) append(b []byte) (int, error) {
	if f.file == nil {
		return 0, fs.ErrClosed
	}
	info, err := f.file.Stat()
	if err == nil && info.Size() > 0 && info.Size()+int64(len(b)) > f.most {
		err = f.turn(info)
	}
	if err != nil {
		return 0, err
	}
	return f.file.Write(b)
}

// turn puts the full file aside and begins another one. Another process may
// have done so already.
func (f *traceFile) turn(full fs.FileInfo) error {
	now, err := os.Lstat(f.path)
	mine := err == nil && os.SameFile(full, now)
	err = f.file.Close() // Windows renames no open file
	f.file = nil
	if err == nil && mine {
		// On Windows it stays where it is while another process writes to it.
		if err = os.Rename(f.path, f.path+".1"); private.InUse(err) {
			err = nil
		}
	}
	if err == nil {
		f.file, err = openPrivate(f.path)
	}
	return err
}

// Close ends the log; its error is the first of all.
func (f *traceFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		if err := f.file.Close(); f.err == nil {
			f.err = err
		}
		f.file = nil
	}
	return f.err
}

// openPrivate opens a file to append to, which nobody else can read. One that
// is not a file of its own, such as a link or a pipe, is refused.
func openPrivate(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := private.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = private.Narrow(f, info)
	}
	if now, lerr := os.Lstat(path); err == nil && (lerr != nil || !os.SameFile(info, now)) {
		err = fmt.Errorf("%s was replaced while it was opened", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
