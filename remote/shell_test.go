//go:build unix

package remote

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/crypto/ssh"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

// embeddedHost is a host of the sandbox.
func embeddedHost(t *testing.T) host {
	t.Helper()
	// Not t.TempDir, into which the hosts' user does not get.
	dir, err := os.MkdirTemp("", "remote-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	computer, err := sshhost.Prepare(t.Context(), dir, os.Environ())
	if err != nil {
		t.Skipf("no host can be had: %v", err)
	}
	// Far from those of other packages' tests: to find an address, port 8888 of
	// each is listened at for a moment.
	listener, err := sshhost.Listen(200)
	if err != nil {
		t.Fatal(err)
	}
	h := host{user: "ubuntu", signer: newSigner(t)}
	line := string(ssh.MarshalAuthorizedKey(h.signer.PublicKey()))
	embedded, err := computer.Start(t.Context(), sshhost.Spec{ID: "i-1", Listener: listener, AuthorizedKeys: []string{line}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := embedded.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h.addr, h.home = embedded.Addr().String(), embedded.Home()
	if h.key, err = ParseKey(embedded.HostKeys()[0]); err != nil {
		t.Fatal(err)
	}
	return h
}

// eachShellHost runs a test against the hosts that have terminals and files.
func eachShellHost(t *testing.T, f func(t *testing.T, h host)) {
	t.Run("sandbox", func(t *testing.T) { f(t, embeddedHost(t)) })
	t.Run("openssh", func(t *testing.T) { f(t, startOpenSSH(t)) })
}

// screen is what came out so far.
type screen struct {
	t  *testing.T
	mu sync.Mutex
	b  strings.Builder
	ch chan struct{}
}

func newScreen(t *testing.T) *screen { return &screen{t: t, ch: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p)
	select {
	case s.ch <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until waits for a text.
func (s *screen) until(text string) {
	s.t.Helper()
	limit := time.After(await.Wait)
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.ch:
		case <-limit:
			s.t.Fatalf("%q does not come; the screen: %q", text, s.String())
		}
	}
}

func TestShell(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		// A terminal of this computer's, as a person has.
		person, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = person.Close(), tty.Close() }()
		out, sizes := newScreen(t), make(chan [2]int)
		ended := make(chan error, 1)
		go func() {
			ended <- c.Shell(t.Context(), Terminal{In: tty, Out: out, Term: "vt100", Width: 100, Height: 30, Resized: sizes})
		}()
		say := func(line string) {
			t.Helper()
			if _, err := io.WriteString(person, line); err != nil {
				t.Fatal(err)
			}
		}
		say("stty size; echo term-$TERM-$((40+2))\n")
		out.until("term-vt100-42")
		out.until("30 100")
		sizes <- [2]int{132, 50}
		// What is typed may overtake the new size.
		say("until [ \"$(stty size)\" = '50 132' ]; do sleep .1; done; echo resized-$((40+2))\n")
		out.until("resized-42")
		say("exit 7\n")
		select {
		case err = <-ended:
		case <-t.Context().Done():
		}
		if err != nil {
			t.Errorf("a shell that ends with 7: %v", err)
		}
		// What is typed afterwards is for others.
		say("mine\n")
		buf := make([]byte, 10)
		if n, err := tty.Read(buf); string(buf[:n]) != "mine\n" {
			t.Errorf("after the shell %q was typed, %v", buf[:n], err)
		}
	})
}

func TestShellEnds(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		begin := func(ctx context.Context, c *Client) (*screen, chan error) {
			in, typed, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = in.Close(), typed.Close() })
			out, ended := newScreen(t), make(chan error, 1)
			go func() { ended <- c.Shell(ctx, Terminal{In: in, Out: out}) }()
			if _, err := io.WriteString(typed, "stty size; echo $TERM-$((40+2))\n"); err != nil {
				t.Fatal(err)
			}
			out.until("xterm-256color-42")
			out.until("24 80")
			return out, ended
		}
		t.Run("cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			_, ended := begin(ctx, h.client(t))
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
		t.Run("lost", func(t *testing.T) {
			c := h.client(t)
			_, ended := begin(t.Context(), c)
			_ = c.wire.Close()
			if got := reasonOf(t, <-ended); got != Closed {
				t.Errorf("reason %q", got)
			}
		})
		t.Run("silent", func(t *testing.T) {
			r := newRelay(t, h.addr)
			direct := h
			direct.addr = r.addr
			ctx, cancel := context.WithCancel(t.Context())
			_, ended := begin(ctx, direct.client(t))
			r.swallow()
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	})
}

func TestNoTerminal(t *testing.T) {
	h := startOpenSSH(t, func(conf string) string { return conf + "PermitTTY no\n" })
	err := h.client(t).Shell(t.Context(), Terminal{In: strings.NewReader(""), Out: io.Discard})
	if got := reasonOf(t, err); got != NoTerminal {
		t.Errorf("reason %q: %v", got, err)
	}
}

// Our own watching is told from a person's by its word in the process list.
func TestLabel(t *testing.T) {
	eachShellHost(t, func(t *testing.T, h host) {
		out := newScreen(t)
		cmd := Command{Script: `printf '%s\n' "$0"; ps -axo pid,ppid,tty,args | grep "^ *$$ "; printf '%s\n' "$SSH_CONNECTION"`, Label: WatchLabel, Stdout: out}
		if err := h.client(t).Run(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSpace(out.String()), "\n")
		if got[0] != WatchLabel {
			t.Errorf("$0 is %q", got[0])
		}
		if !strings.Contains(strings.Join(got[1:], "\n"), " "+WatchLabel) {
			t.Errorf("the process list has %q", got[1:])
		}
		if f := strings.Fields(got[len(got)-1]); len(f) != 4 || f[0] != "127.0.0.1" {
			t.Errorf("SSH_CONNECTION is %q", got[len(got)-1])
		}
	})
}
