package stepstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Link is a connection made by hand.
type Link struct {
	ID string // of the setup it leads to
	// Is is how the machine is, unless Unwell is why nobody knows. Hang has who
	// asks wait until they give up.
	Is     steps.Health
	Unwell error
	Hang   bool
	// Lines are the logs' lines; Partial is one that is not finished. Ended logs
	// have no more to come. Followed is called when all that is there was told.
	Lines    map[steps.LogKind][]string
	Partial  string
	Ended    bool
	Followed func()
	// Held holds copies until it is closed; CutOff is called when a held copy is
	// cut off, before it returns.
	Held   chan struct{}
	CutOff func()
	// OnShell is the shell; Exit how a script ends.
	OnShell func(context.Context, steps.Terminal) error
	Exit    int
	Folders map[string][]string
	Size    int64 // of what is copied; 0 means 6 MB
	Err     error // of logs, copies and scripts
	// OnState is how the link is; nil means Up.
	OnState func() string

	engine *Engine
	mu     sync.Mutex
	asked  int
	ran    string
	closed int
	open   map[steps.LogKind]int
}

// Change changes the link while a task may still read it.
func (l *Link) Change(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// Asked is how often Health was asked.
func (l *Link) Asked() (n int) {
	l.Change(func() { n = l.asked })
	return n
}

// Following is how many follow a log now.
func (l *Link) Following() (n int) {
	l.Change(func() {
		for _, open := range l.open {
			n += open
		}
	})
	return n
}

// told is how many lines those are told who follow a log now.
func (l *Link) told() (n int) {
	l.Change(func() {
		for log, open := range l.open {
			n += open * len(l.lines(log))
		}
	})
	return n
}

func (l *Link) lines(log steps.LogKind) []string {
	if l.Lines == nil {
		return []string{fmt.Sprintf("[I 09:30:21 ServerApp] %s log of %s", log, l.ID)}
	}
	return l.Lines[log]
}

// Ran is the script that was run last.
func (l *Link) Ran() (script string) {
	l.Change(func() { script = l.ran })
	return script
}

// Closed is how often the link was closed.
func (l *Link) Closed() (n int) {
	l.Change(func() { n = l.closed })
	return n
}

// IsClosed reports whether the link was closed.
func (l *Link) IsClosed() bool { return l.Closed() > 0 }

// Health answers Is.
func (l *Link) Health(ctx context.Context) (steps.Health, error) {
	if l.Hang {
		<-ctx.Done()
		return steps.Health{}, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.Is, l.Unwell
}

// Follow tells a log's lines, and ends with ctx unless the log has ended.
func (l *Link) Follow(ctx context.Context, log steps.LogKind, _ int, out func(string, bool)) error {
	l.Change(func() {
		if l.open == nil {
			l.open = map[steps.LogKind]int{}
		}
		l.open[log]++
	})
	defer l.Change(func() { l.open[log]-- })
	for _, line := range l.lines(log) {
		out(line, false)
	}
	if l.Partial != "" {
		out(l.Partial, true)
	}
	if l.Followed != nil {
		l.Followed()
	}
	if l.Ended {
		return l.Err
	}
	<-ctx.Done()
	return ctx.Err()
}

// Tail answers the last of Lines.
func (l *Link) Tail(_ context.Context, log steps.LogKind, n int) ([]string, error) {
	lines := l.Lines[log]
	return lines[max(len(lines)-n, 0):], l.Err
}

// Extend puts the stop off.
func (l *Link) Extend(ctx context.Context, by time.Duration) (steps.Health, error) {
	err := l.engine.act(ctx, "extend", l.ID, by.String())
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.Is.StopAt = l.Is.At.Add(by)
	}
	return l.Is, err
}

// Shell is OnShell.
func (l *Link) Shell(ctx context.Context, t steps.Terminal) error {
	if l.OnShell == nil {
		return errors.New("no shell")
	}
	return l.OnShell(ctx, t)
}

// Run prints what it is given, and what a terminal must not be shown.
func (l *Link) Run(_ context.Context, script string, in io.Reader, stdout, stderr io.Writer) (int, error) {
	l.Change(func() { l.ran = script })
	_, _ = io.Copy(stdout, in)
	_, _ = io.WriteString(stdout, "\x1b]0;evil\ahello\nno end")
	_, _ = io.WriteString(stderr, "warned\n")
	return l.Exit, l.Err
}

func (l *Link) copied(ctx context.Context, verb string, from []string, to string, o steps.CopyOptions) (steps.Copied, error) {
	size := cmp.Or(l.Size, 6_000_000)
	o.Progress(steps.CopyProgress{File: from[0], Bytes: size / 4, Of: size, OfAll: len(from)})
	if l.Held != nil {
		select {
		case <-l.Held:
		case <-ctx.Done():
			if l.CutOff != nil {
				l.CutOff()
			}
			return steps.Copied{}, ctx.Err()
		}
	}
	how := ""
	if o.Recursive {
		how = "-r"
	}
	if err := l.engine.act(ctx, verb, l.ID, append(append([]string{how}, from...), to)...); err != nil {
		return steps.Copied{}, err
	}
	return steps.Copied{Files: len(from), Bytes: int64(len(from)) * size}, l.Err
}

// Put is written down.
func (l *Link) Put(ctx context.Context, from []string, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copied(ctx, "put", from, to, o)
}

// Get is written down.
func (l *Link) Get(ctx context.Context, from []string, to string, o steps.CopyOptions) (steps.Copied, error) {
	return l.copied(ctx, "get", from, to, o)
}

// List names what Folders has.
func (l *Link) List(_ context.Context, folder string) ([]string, error) {
	names, ok := l.Folders[folder]
	if !ok {
		return nil, errors.New("there is no " + folder)
	}
	return names, nil
}

// State answers OnState.
func (l *Link) State() string {
	if l.OnState == nil {
		return steps.Up
	}
	return l.OnState()
}

// Close is counted.
func (l *Link) Close() error {
	l.Change(func() { l.closed++ })
	return nil
}

// Tunnel is a tunnel that leads nowhere.
type Tunnel struct {
	ID     string // of the setup it leads to
	Port   int
	mu     sync.Mutex
	closed int
}

// LocalPort is Port.
func (t *Tunnel) LocalPort() int { return t.Port }

// State is always Up.
func (t *Tunnel) State() string { return steps.Up }

// Close is counted.
func (t *Tunnel) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed++
	return nil
}

// Closed is how often the tunnel was closed.
func (t *Tunnel) Closed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// Notebook is a Jupyter of this computer.
type Notebook struct {
	once   sync.Once
	done   chan struct{}
	closed atomic.Bool
}

// NewNotebook starts one.
func NewNotebook() *Notebook { return &Notebook{done: make(chan struct{})} }

// URL is where nothing answers.
func (n *Notebook) URL() string { return "http://localhost:8890/lab?token=77aa" }

// Done is closed when it has ended.
func (n *Notebook) Done() <-chan struct{} { return n.done }

// Close ends it.
func (n *Notebook) Close() error {
	n.closed.Store(true)
	n.End()
	return nil
}

// Closed reports whether it was closed.
func (n *Notebook) Closed() bool { return n.closed.Load() }

// End ends it as if it had ended on its own.
func (n *Notebook) End() { n.once.Do(func() { close(n.done) }) }
