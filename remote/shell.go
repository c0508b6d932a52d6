package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/muesli/cancelreader"
	"golang.org/x/crypto/ssh"
)

// Shell runs the user's login shell on the person's terminal until the shell
// ends, whatever its exit status, or ctx does, or the connection is lost,
// which is an *Error.
//
// Out is not written to any more once Shell returned. In is not read any more
// either when it is a terminal or a pipe (an *os.File), or has SetReadDeadline
// as a net.Conn has. Of any other reader one Read may be pending; what it
// brings is dropped.
func (c *Client) Shell(ctx context.Context, t Terminal) error {
	s, err := c.session(ctx)
	if err != nil {
		return err
	}
	defer c.hangUp(s)
	out := &closableWriter{to: t.Out}
	defer out.close()
	s.Stdout, s.Stderr = out, out
	in, err := s.StdinPipe()
	if err != nil {
		return fmt.Errorf("run a shell on the host: %w", c.ended(err))
	}
	begun := make(chan error, 1)
	go func() { begun <- c.beginShell(s, t) }()
	select {
	case err = <-begun:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("run a shell on the host: %w", err)
	}
	keys := newKeyboard(t.In)
	go keys.copy(in)
	defer keys.stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	for {
		select {
		case size, ok := <-t.Resized:
			if !ok {
				t.Resized = nil
				continue
			}
			_ = s.WindowChange(size[1], size[0]) // a host that left shows at the session's end
		case err := <-ended:
			return c.shellEnd(err)
		case <-ctx.Done():
			return fmt.Errorf("run a shell on the host: %w", ctx.Err())
		}
	}
}

// beginShell asks for a terminal and for the shell on it.
func (c *Client) beginShell(s *ssh.Session, t Terminal) error {
	// IUTF8 lets the host's line editing delete whole characters.
	modes := ssh.TerminalModes{ssh.ECHO: 1, ssh.IUTF8: 1}
	reason := NoTerminal
	err := s.RequestPty(cmp.Or(t.Term, "xterm-256color"), cmp.Or(t.Height, 24), cmp.Or(t.Width, 80), modes)
	if err == nil {
		reason = NoSession
		err = s.Shell()
	}
	if err == nil {
		return nil
	}
	if err := c.ended(err); reached(err) {
		return err
	}
	// The library's words say no more than that it was refused.
	return &Error{Reason: reason, Addr: c.to.Addr, User: c.to.User}
}

// shellEnd is what a session's end means for a shell.
func (c *Client) shellEnd(err error) error {
	var status *ssh.ExitError
	var none *ssh.ExitMissingError
	switch {
	case err == nil, errors.As(err, &status):
		return nil
	case errors.As(err, &none):
		return c.ended(io.EOF)
	}
	return fmt.Errorf("run a shell on the host: %w", c.ended(err))
}

// reached reports whether an error is the connection's own.
func reached(err error) bool {
	var e *Error
	return errors.As(err, &e)
}

// keyboard is what a person types, until it is stopped.
type keyboard struct {
	in      io.Reader
	cut     func() // ends a Read that is under way
	restore func() // makes in readable again for others
	stopped atomic.Bool
	done    chan struct{}
}

// deadlined is a reader whose Read can be ended from outside.
type deadlined interface{ SetReadDeadline(time.Time) error }

func newKeyboard(in io.Reader) *keyboard {
	k := &keyboard{in: in, cut: func() {}, restore: func() {}, done: make(chan struct{})}
	if d, ok := in.(deadlined); ok && d.SetReadDeadline(time.Time{}) == nil {
		k.cut = func() { _ = d.SetReadDeadline(time.Now()) } // it just worked
		k.restore = func() { _ = d.SetReadDeadline(time.Time{}) }
		return k
	}
	if _, ok := in.(cancelreader.File); !ok {
		return k
	}
	// A terminal of the program's own has no deadlines.
	if r, err := cancelreader.NewReader(in); err == nil {
		k.in = r
		k.cut = func() { r.Cancel() }
		k.restore = func() { _ = r.Close() } // in itself stays open
	}
	return k
}

// copy passes on what is typed, and the end of the input.
func (k *keyboard) copy(to io.WriteCloser) {
	defer close(k.done)
	defer func() { _ = to.Close() }() // a host that left shows at the session's end
	buf := make([]byte, 4<<10)
	for !k.stopped.Load() {
		n, err := k.in.Read(buf)
		if n > 0 && !k.stopped.Load() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// stop ends the reading. It waits a moment for that, no longer: the copy may
// hang on a dead connection, or in a Read that cannot be ended; it will not
// read again.
func (k *keyboard) stop() {
	k.stopped.Store(true)
	k.cut()
	select {
	case <-k.done:
		k.restore()
	case <-time.After(200 * time.Millisecond):
		go func() { <-k.done; k.restore() }()
	}
}
