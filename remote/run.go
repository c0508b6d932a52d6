package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Command is something to run on a host.
type Command struct {
	Script string            // for a POSIX sh
	Env    map[string]string // reaches the script only, never a process list
	Stdin  io.Reader         // nil is empty
	Stdout io.Writer         // nil drops it
	Stderr io.Writer         // nil drops it
	// Label is $0 of the script's shell, and so a word in the host's list of
	// processes; empty leaves it to the shell.
	Label string
	// Person says that a person typed it: it finds the programs of the PATH in
	// the order that the person's own files give it, and the machine's Jupyter
	// and pip as in a login.
	Person bool
}

// WatchLabel is the Label of what the program runs only to watch a host. It
// tells such commands from a person's when the host decides whether it is idle.
const WatchLabel = "jupyter-ec2-watch"

// ExitError is a command that ended with another status than 0.
type ExitError struct {
	Code   int    // 128 or more when it was ended by a signal
	Signal string // "KILL", or empty
	Stderr string // the last 2 KiB it printed there, its lines safe for a terminal
}

func (e *ExitError) Error() string {
	text := e.Problem().Text
	return text
}

// Problem returns the error in plain words.
func (e *ExitError) Problem() problem.Problem {
	text := fmt.Sprintf("The command ended with status %d", e.Code)
	if e.Signal != "" {
		text = "The command was ended by the signal " + safe.Clean(e.Signal)
	}
	if e.Code == 137 {
		text += ", which happens when the machine runs out of memory"
	}
	return problem.Problem{
		Kind: problem.Server, Title: "A command failed on the host", Text: quoted(text, safe.Clean(e.Stderr)),
		Next: problem.Say("Read what the host said, fix it, and ").Do(problem.Retry).Say(": nothing is done twice."),
	}
}

const maxOutput = 4 << 20

// Run runs a command and waits for it. When ctx ends it is sent SIGTERM and
// left. Stdout gets what the script prints, and nothing of the login shell's own;
// it and Stderr are not written to any more once Run returns. Its errors are
// *ExitError, *Error (of [NoCommand] or [Exhausted] where the login shell ends
// before the script begins, so that nothing can be concluded from its silence) and
// ctx's own.
func (c *Client) Run(ctx context.Context, cmd Command) error {
	program, err := cmd.program()
	if err != nil {
		return err
	}
	defer timing.Wait(ctx, timing.Machine)()
	s, err := c.session(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // ended already, or given up
	head, tail := &edge{max: 512}, &edge{max: 2 << 10, last: true}
	script := &afterMark{w: orDiscard(cmd.Stdout), mark: beginMark}
	stdout := &closableWriter{to: io.MultiWriter(head, script)}
	stderr := &closableWriter{to: io.MultiWriter(tail, orDiscard(cmd.Stderr))}
	defer stdout.close()
	defer stderr.close()
	s.Stdout, s.Stderr = stdout, stderr
	in, err := s.StdinPipe()
	if err != nil {
		return fmt.Errorf("run on the host: %w", c.ended(err))
	}
	if err := s.Start(cmd.bootstrap(len(program))); err != nil {
		return fmt.Errorf("run on the host: %w", c.ended(err))
	}
	// Not waited for: a command may end without reading all of its input.
	go func() {
		if _, err := io.WriteString(in, program); err == nil && cmd.Stdin != nil {
			_, _ = io.Copy(in, cmd.Stdin)
		}
		_ = in.Close()
	}()
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		c.leave(s)
		return fmt.Errorf("run on the host: %w", ctx.Err())
	}
	return c.exit(err, script.seen, head.String(), tail.String())
}

// leave ends a command that nobody waits for any more.
func (c *Client) leave(s *ssh.Session) { briefly(func() { _ = s.Signal(ssh.SIGTERM) }) }

// hangUp closes a session that nobody waits for any more.
func (c *Client) hangUp(s *ssh.Session) { briefly(func() { _ = s.Close() }) }

// briefly waits for f, but a second at most: a dead connection must not hold up
// the caller.
func briefly(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// sessionPatience is how long a refused session is asked for again.
const sessionPatience = 5 * time.Second

// session opens one. A server that allows few at a time (MaxSessions) refuses
// it while the last one, over for us, is still ending there.
func (c *Client) session(ctx context.Context) (*ssh.Session, error) {
	var wait backoff
	for end := time.Now().Add(sessionPatience); ; {
		s, err := c.openSession(ctx)
		var no *ssh.OpenChannelError
		if !errors.As(err, &no) {
			if err == nil {
				c.wire.executes.Store(true)
			}
			return s, err
		}
		if time.Now().After(end) {
			return nil, &Error{Reason: NoSession, Addr: c.to.Addr, User: c.to.User, Text: safe.Clean(no.Message)}
		}
		if err := wait.pause(ctx); err != nil {
			return nil, fmt.Errorf("run on the host: %w", err)
		}
	}
}

func (c *Client) openSession(ctx context.Context) (*ssh.Session, error) {
	type opened struct {
		s   *ssh.Session
		err error
	}
	ch := make(chan opened)
	go func() {
		s, err := c.conn.NewSession()
		select {
		case ch <- opened{s, err}:
		case <-ctx.Done():
			if s != nil {
				_ = s.Close()
			}
		}
	}()
	select {
	case o := <-ch:
		if o.err != nil {
			return nil, fmt.Errorf("run on the host: %w", c.ended(o.err))
		}
		return o.s, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("run on the host: %w", ctx.Err())
	}
}

func (c *Client) exit(err error, begun bool, stdout, stderr string) error {
	var status *ssh.ExitError
	var none *ssh.ExitMissingError
	switch {
	case err == nil && begun:
		return nil
	case err == nil:
		return c.noCommand(stdout, stderr)
	case errors.As(err, &status):
		e := &ExitError{Code: status.ExitStatus(), Signal: status.Signal(), Stderr: cleanLines(stderr)}
		// An image's root is told so by a forced command, not by a refusal.
		if strings.Contains(stdout, wrongUserText) {
			return &Error{Reason: WrongUser, Addr: c.to.Addr, User: c.to.User, Text: firstLine(stdout), Err: e}
		}
		if notPermittedNow(stdout + stderr) {
			return &Error{Reason: Booting, Addr: c.to.Addr, User: c.to.User, Text: firstLine(stdout + stderr), Err: e}
		}
		// One that a signal ended, as when memory runs out, did not end on its own.
		if !begun && e.Signal == "" && (e.Code < 128 || e.Code == incomplete || exhausted.MatchString(stdout+"\n"+stderr)) {
			return c.noCommand(stdout, stderr)
		}
		return e
	case errors.As(err, &none):
		return c.ended(io.EOF)
	}
	return fmt.Errorf("run on the host: %w", c.ended(err))
}

// incomplete is the status of a program that did not arrive whole.
const incomplete = 255

// endMark shows that a program arrived whole: to a shell, a lost connection
// looks like the end of its input, and half a script must not run.
const endMark = "#end of script"

// note tells the host's watcher, where there is one, that a person's command
// ran, which may be over before it looks; or that this connection, which it
// finds in sshd's log, is the program's own.
func (cmd Command) note() string {
	file := "used"
	if cmd.Label == WatchLabel {
		file = "ours-${SSH_CONNECTION% * *}"
	}
	return `if [ -d "$HOME/.jupyter-ec2/watch" ]; then : >"$HOME/.jupyter-ec2/watch/` + file + "\"; fi 2>/dev/null\n"
}

// program is what goes in by stdin first: the mark that it begins, a note for
// the host's watcher, the environment, then the script.
func (cmd Command) program() (string, error) {
	env, err := exports(cmd.Env)
	path := ownPath
	if cmd.Person {
		path = personPath
	}
	return "printf '\\n%s' " + quote(beginMark) + "\n" + cmd.note() + path + env + cmd.Script + "\n" + endMark, err
}

// bootstrap is the only text of ours in the host's process list. It reads the
// program from stdin; where more input follows, byte by byte, because nothing
// but dd is sure not to read on. Both come from the system's own folders.
func (cmd Command) bootstrap(size int) string {
	read := "s=$(command -p cat || cat); exec </dev/null; "
	if cmd.Stdin != nil {
		read = fmt.Sprintf("s=$(command -p dd bs=1 count=%d 2>/dev/null); ", size)
	}
	line := "exec /bin/sh -c " + quote(fmt.Sprintf(`%scase $s in *"%s") eval "$s";; *) exit %d;; esac`, read, endMark, incomplete))
	if cmd.Label != "" {
		line += " " + quote(cmd.Label)
	}
	return line
}

// exports writes an environment as shell commands.
func exports(env map[string]string) (string, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !envName(name) || strings.ContainsRune(env[name], 0) {
			return "", fmt.Errorf("run on the host: the environment variable %q cannot be passed", name)
		}
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(env[name]))
	}
	return b.String(), nil
}

func envName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// quote makes one word of a POSIX shell out of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Output runs a script and answers what it printed (at most 4 MiB), as it is:
// unsafe for a terminal.
func (c *Client) Output(ctx context.Context, script string) (string, error) {
	out := &edge{max: maxOutput}
	err := c.Run(ctx, Command{Script: script, Stdout: out})
	return out.String(), err
}

// upload moves the file into place only when all of it arrived: for the
// script, a lost connection looks like the end of its input.
const upload = `set -e
umask 077
if [ -d "$p" ]; then echo "$p is a folder" >&2; exit 1; fi
mkdir -p -- "$(dirname -- "$p")"
t=$(mktemp -- "$p.XXXXXX")
trap 'rm -f -- "$t"' EXIT HUP TERM
cat >"$t"
if [ "$(wc -c <"$t")" -ne "$n" ]; then echo "the file arrived incomplete" >&2; exit 1; fi
chmod "$m" -- "$t"
mv -f -- "$t" "$p"
trap - EXIT
`

// Upload writes a file on the host: complete or not at all, whatever happens.
// The content is held in memory. A relative path begins in the home folder;
// missing folders are made with mode 0700. Mode 0 means 0600.
func (c *Client) Upload(ctx context.Context, path string, mode fs.FileMode, content io.Reader) error {
	b, err := io.ReadAll(content)
	if err != nil {
		return fmt.Errorf("read what goes to the host's %s: %w", path, err)
	}
	if mode == 0 {
		mode = 0o600
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	script := fmt.Sprintf("p=%s n=%d m=%o\n%s", quote(path), len(b), mode.Perm(), upload)
	if err := c.Run(ctx, Command{Script: script, Stdin: bytes.NewReader(b)}); err != nil {
		return fmt.Errorf("write the host's %s: %w", path, err)
	}
	return nil
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// closableWriter hands nothing on once it is closed: the SSH library copies on
// for a while when a command was left.
type closableWriter struct {
	mu     sync.Mutex
	to     io.Writer
	closed bool
}

func (w *closableWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, io.ErrClosedPipe
	}
	return w.to.Write(p)
}

func (w *closableWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// edge keeps the first or the last bytes of what is written to it.
type edge struct {
	max  int
	last bool
	b    []byte
}

func (e *edge) Write(p []byte) (int, error) {
	switch {
	case e.last:
		e.b = append(e.b, p[max(0, len(p)-e.max):]...)
		e.b = e.b[max(0, len(e.b)-e.max):]
	default:
		e.b = append(e.b, p[:min(len(p), e.max-len(e.b))]...)
	}
	return len(p), nil
}

func (e *edge) String() string { return string(e.b) }

func cleanLines(s string) string {
	var lines []string
	l := safe.NewLines(func(text string, partial bool) {
		if !partial {
			lines = append(lines, text)
		}
	})
	_, _ = io.WriteString(l, s) // it never fails
	_ = l.Close()
	return strings.Join(lines, "\n")
}
