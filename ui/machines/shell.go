package machines

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/muesli/cancelreader"
	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tty"
)

// shell gives the terminal to a login shell on the machine until it ends. The
// screen comes back afterwards.
func (s *Page) shell(u *Member) tea.Cmd {
	link, id := u.conn.link, u.ID
	if link == nil {
		return s.onceConnected(u, s.shell)
	}
	name := ""
	for _, e := range slices.Backward(s.Env) {
		if v, ok := strings.CutPrefix(e, "TERM="); ok {
			name = v
			break
		}
	}
	return s.HandOver(tea.Exec(&shellCommand{ctx: s.Program, link: link, term: name, name: u.Name()}, func(err error) tea.Msg {
		return shellEnded{id, err}
	}))
}

func (s *Page) shellEnded(msg shellEnded) tea.Cmd {
	u := s.members[msg.setupID]
	if u == nil {
		return nil
	}
	if msg.err != nil {
		u.trouble = &trouble{"the shell", steps.Explain(msg.err)}
		s.fill()
	}
	return s.askHealth(u)
}

// shellCommand runs a machine's shell while the program's screen is away. It
// is no Cmd of its own: tea.Exec has given it the terminal.
type shellCommand struct {
	ctx  context.Context // Run takes none
	link steps.Link
	term string
	name string
	in   io.Reader
	out  io.Writer
}

func (c *shellCommand) SetStdin(r io.Reader)  { c.in = r }
func (c *shellCommand) SetStdout(w io.Writer) { c.out = w }
func (c *shellCommand) SetStderr(io.Writer)   {} // the shell's errors come with its output

// Run puts the terminal into raw mode, hands it to the shell, and puts it back.
func (c *shellCommand) Run() (err error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	t := steps.Terminal{In: c.in, Out: c.out, Term: c.term}
	if _, err := fmt.Fprintf(c.out, "\r\nA shell on %s. Leave it with exit.\r\n", c.name); err != nil {
		return fmt.Errorf("writing to the terminal: %w", err)
	}
	if fd, ok := descriptor(c.in); ok && term.IsTerminal(fd) {
		before, err := term.MakeRaw(fd)
		if err != nil {
			return fmt.Errorf("putting the terminal into raw mode: %w", err)
		}
		defer func() { _ = term.Restore(fd, before) }() // the screen program sets its own mode next
		defer tty.UTF8()()
	}
	if fd, ok := descriptor(c.out); ok {
		if w, h, err := term.GetSize(fd); err == nil {
			t.Width, t.Height = w, h
		}
		t.Resized = tty.Sizes(ctx, fd)
	}
	// What is typed after the shell's end is for the screen: a reader that
	// still waits would take the first key of it.
	if in, err := cancelreader.NewReader(c.in); err == nil {
		keys := &keyboard{in: in}
		t.In = keys
		defer keys.stop()
	}
	return c.link.Shell(ctx, t)
}

// keyboard is what is typed until it is stopped.
type keyboard struct {
	in cancelreader.CancelReader
	mu sync.Mutex // held while a read waits
}

func (k *keyboard) Read(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.in.Read(b)
}

// stop ends reading. A read that waits has to come back before the reader is
// closed: closing takes the signal away that wakes it, and it would continue to
// take the next key.
func (k *keyboard) stop() {
	if k.in.Cancel() {
		k.mu.Lock()
		defer k.mu.Unlock()
	}
	_ = k.in.Close() // the terminal itself stays open
}

// descriptor is the file descriptor of a terminal, if it is one of the
// system's.
func descriptor(f any) (int, bool) {
	file, ok := f.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	if std, ok := f.(*os.File); ok && std == nil {
		return 0, false
	}
	return int(file.Fd()), true
}
