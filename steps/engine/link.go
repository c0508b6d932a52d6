package engine

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// link is the Link of a Guide. What runs over it makes the connection again
// when it is lost; nothing does while nobody asks.
type link struct {
	t       *target       // to dial with; used by who holds its token
	dialing chan struct{} // holds a token while a connection is made

	mu     sync.Mutex
	conn   *remote.Client
	facts  *jupyter.Facts
	state  string
	closed bool
}

var errLinkClosed = errors.New("the link is closed")

// client returns the connection there is, or makes one.
func (l *link) client(ctx context.Context) (*remote.Client, error) {
	select {
	case l.dialing <- struct{}{}:
		defer func() { <-l.dialing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c, err := l.alive(); c != nil || err != nil {
		return c, err
	}
	c, err := l.t.redial(ctx)
	if err != nil {
		l.say(steps.Explain(err).Title)
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(errLinkClosed, c.Close())
	}
	l.conn, l.state = c, steps.Up
	return c, nil
}

func (l *link) alive() (*remote.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errLinkClosed
	}
	if l.conn == nil {
		return nil, nil
	}
	select {
	case <-l.conn.Done():
		l.conn, l.state = nil, steps.Explain(l.conn.Wait()).Title
		return nil, nil
	default:
		return l.conn, nil
	}
}

func (l *link) say(state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
}

// State is Up, or what was wrong at the last try.
func (l *link) State() string {
	_, _ = l.alive() // notices an end
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Close ends the connection and all that runs over it.
func (l *link) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn == nil {
		return nil
	}
	return l.conn.Close()
}

// known returns a connection and what the host is.
func (l *link) known(ctx context.Context) (*remote.Client, jupyter.Facts, error) {
	c, err := l.client(ctx)
	if err != nil {
		return nil, jupyter.Facts{}, err
	}
	l.mu.Lock()
	facts := l.facts
	l.mu.Unlock()
	if facts != nil {
		return c, *facts, nil
	}
	f, err := jupyter.Probe(ctx, c)
	if err != nil {
		return nil, f, err
	}
	l.mu.Lock()
	l.facts = &f
	l.mu.Unlock()
	return c, f, nil
}

// Health asks the machine how it is.
func (l *link) Health(ctx context.Context) (steps.Health, error) {
	c, err := l.client(ctx)
	if err != nil {
		return steps.Health{}, err
	}
	return jupyter.ReadHealth(ctx, c)
}

// Extend puts the stop off.
func (l *link) Extend(ctx context.Context, by time.Duration) (steps.Health, error) {
	c, err := l.client(ctx)
	if err != nil {
		return steps.Health{}, err
	}
	return jupyter.Extend(ctx, c, by)
}

// Tail returns the last lines of a log.
func (l *link) Tail(ctx context.Context, log steps.LogKind, lines int) ([]string, error) {
	c, f, err := l.known(ctx)
	if err != nil {
		return nil, err
	}
	if log == steps.LogInstall {
		return jupyter.InstallLog(ctx, c, f, lines)
	}
	return jupyter.ServerLog(ctx, c, f, lines)
}

// Follow hands on the end of a log and what is added to it.
func (l *link) Follow(ctx context.Context, log steps.LogKind, lines int, out func(text string, partial bool)) error {
	if log == steps.LogInstall {
		past, err := l.Tail(ctx, log, lines)
		for _, text := range past {
			out(text, false)
		}
		return err
	}
	past, err := l.Tail(ctx, log, rereadKept)
	if err != nil {
		return err
	}
	seen := &rereadLog{out: out}
	seen.remember(past, lines)
	for wait := time.Second; ; wait = min(2*wait, followAgain) {
		began := time.Now()
		err := l.follow(ctx, seen)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !again(err) {
			return err
		}
		if time.Since(began) > followAgain { // it went well for a while
			wait = time.Second
		}
		if remote.Pause(ctx, wait) != nil {
			return nil
		}
	}
}

// followAgain is how long a log that cannot be followed is left alone at most:
// the machine may be stopped for hours.
const followAgain = 15 * time.Second

func (l *link) follow(ctx context.Context, seen *rereadLog) error {
	c, f, err := l.known(ctx)
	if err != nil {
		return err
	}
	seen.begin()
	defer seen.end()
	return jupyter.FollowServerLog(ctx, c, f, 2*rereadKept, seen.add)
}

// again reports whether a link that failed so may be had again on its own: the
// machine starts, or the network comes back.
func again(err error) bool {
	var e *remote.Error
	if errors.As(err, &e) {
		return e.Again()
	}
	return !errors.Is(err, errLinkClosed) && steps.Explain(err).Kind == problem.Unreachable
}

// Shell runs a login shell on the person's terminal.
func (l *link) Shell(ctx context.Context, t steps.Terminal) error {
	c, err := l.client(ctx)
	if err != nil {
		return err
	}
	return c.Shell(ctx, remote.Terminal(t))
}

// Run runs a script there. A person's command is activity: the watcher counts it.
func (l *link) Run(ctx context.Context, script string, stdin io.Reader, stdout, stderr io.Writer) (exit int, err error) {
	c, err := l.client(ctx)
	if err != nil {
		return 0, err
	}
	err = c.Run(ctx, remote.Command{Script: script, Stdin: stdin, Stdout: stdout, Stderr: stderr, Person: true})
	var ended *remote.ExitError
	if errors.As(err, &ended) {
		return ended.Code, nil
	}
	return 0, err
}

// Put copies to the machine.
func (l *link) Put(ctx context.Context, locals []string, path string, o steps.CopyOptions) (steps.Copied, error) {
	c, err := l.client(ctx)
	if err != nil {
		return steps.Copied{}, err
	}
	copied, err := c.Put(ctx, locals, path, copyOptions(o))
	return steps.Copied(copied), err
}

// Get copies from the machine.
func (l *link) Get(ctx context.Context, paths []string, local string, o steps.CopyOptions) (steps.Copied, error) {
	c, err := l.client(ctx)
	if err != nil {
		return steps.Copied{}, err
	}
	copied, err := c.Get(ctx, paths, local, copyOptions(o))
	return steps.Copied(copied), err
}

func copyOptions(o steps.CopyOptions) remote.CopyOptions {
	r := remote.CopyOptions{Recursive: o.Recursive}
	if o.Progress != nil {
		r.Progress = func(p remote.CopyProgress) { o.Progress(steps.CopyProgress(p)) }
	}
	return r
}

// List names what is in a folder on the machine.
func (l *link) List(ctx context.Context, folder string) ([]string, error) {
	c, err := l.client(ctx)
	if err != nil {
		return nil, err
	}
	return c.List(ctx, folder)
}
