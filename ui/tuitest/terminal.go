//go:build linux || darwin

package tuitest

import (
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// Keys as a terminal sends them.
const (
	Enter = "\r"
	CtrlC = "\x03"
)

// Terminal is one terminal with one program in it.
type Terminal struct {
	// TTY is the program's side. The test, or the terminal's end, closes it.
	TTY *os.File

	t      testing.TB
	person *os.File    // the other side: the keyboard and the wire to the screen
	before *term.State // how the terminal was when it was opened

	mu     sync.Mutex // over what follows; vt.SafeEmulator leaves some of it unguarded
	screen *vt.Emulator
	modes  map[ansi.Mode]bool
	hidden bool // the cursor is
	// changed has a value when something was drawn since it was last read.
	changed chan struct{}
	ended   chan struct{}
}

// Open opens a terminal of that size, which the test's end closes.
func Open(t testing.TB, cols, rows int) *Terminal {
	t.Helper()
	person, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := &Terminal{
		TTY: tty, t: t, person: person, screen: vt.NewEmulator(cols, rows), modes: map[ansi.Mode]bool{},
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if s.before, err = term.GetState(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(person, size(cols, rows)); err != nil {
		t.Fatal(err)
	}
	s.screen.SetCallbacks(vt.Callbacks{ // called by Write, under mu
		CursorVisibility: func(visible bool) { s.hidden = !visible },
		EnableMode:       func(m ansi.Mode) { s.modes[m] = true },
		DisableMode:      func(m ansi.Mode) { s.modes[m] = false },
	})
	var answers sync.WaitGroup
	answers.Go(func() { _, _ = io.Copy(person, s.screen) }) // what the terminal answers to queries
	go s.draw()
	t.Cleanup(func() {
		_ = tty.Close() // may be closed already
		<-s.ended
		if pipe, ok := s.screen.InputPipe().(io.Closer); ok {
			_ = pipe.Close() // ends the answers; Close itself is not safe beside Read
		}
		answers.Wait()
		_ = person.Close()
	})
	return s
}

func size(cols, rows int) *pty.Winsize { return &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)} }

// draw puts on the screen what the program writes, until nobody has the TTY.
func (s *Terminal) draw() {
	defer close(s.ended)
	buf := make([]byte, 32<<10)
	for {
		n, err := s.person.Read(buf)
		s.mu.Lock()
		_, _ = s.screen.Write(buf[:n])
		s.mu.Unlock()
		select {
		case s.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Shown is the screen's text, without trailing spaces.
func (s *Terminal) Shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text()
}

// text is Shown, with mu held.
func (s *Terminal) text() string {
	lines := strings.Split(s.screen.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \r")
	}
	return strings.Join(lines, "\n") + "\n"
}

// look is the screen's text, and whether the program is in the middle of drawing
// that screen.
func (s *Terminal) look() (shown string, half bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text(), s.modes[ansi.ModeSynchronizedOutput]
}

// See waits until the screen shows a text (a regular expression).
func (s *Terminal) See(text string) string {
	s.t.Helper()
	return s.see(text, await.Wait)
}

// Arrive is [Terminal.See] for the end of something that is made of many, such
// as an install: it waits for [await.Long].
func (s *Terminal) Arrive(text string) string {
	s.t.Helper()
	return s.see(text, await.Long)
}

func (s *Terminal) see(text string, patience time.Duration) string {
	s.t.Helper()
	shown, ok := s.within(patience, regexp.MustCompile(text).MatchString)
	if !ok {
		s.t.Fatalf("%q was not shown:\n%s", text, shown)
	}
	return shown
}

// Until waits until the screen is as wanted, at most [await.Wait] and at most
// until the program has ended. It answers the last screen it saw. A screen
// that is half drawn does not count.
func (s *Terminal) Until(wanted func(shown string) bool) (string, bool) {
	return s.within(await.Wait, wanted)
}

func (s *Terminal) within(patience time.Duration, wanted func(shown string) bool) (string, bool) {
	hopeless := time.After(patience)
	for {
		shown, half := s.look()
		if !half && wanted(shown) {
			return shown, true
		}
		select {
		case <-s.changed:
		case <-s.ended:
			shown = s.Shown()
			return shown, wanted(shown)
		case <-hopeless:
			return shown, false
		}
	}
}

// Press sends keys.
func (s *Terminal) Press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.person, keys); err != nil {
		s.t.Fatal(err)
	}
}

// Resize gives the terminal another size. A program in this very process is
// told too: the system tells only those whose controlling terminal it is.
func (s *Terminal) Resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.screen.Resize(cols, rows)
	s.mu.Unlock()
	if err := pty.Setsize(s.person, size(cols, rows)); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		s.t.Fatal(err)
	}
}

// GivenBack closes the TTY of a full-screen program that has ended, and sees
// that the program left the terminal as it found it.
func (s *Terminal) GivenBack() {
	s.t.Helper()
	after, err := term.GetState(int(s.TTY.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	if *after != *s.before {
		s.t.Errorf("the terminal's settings are %+v, and were %+v", *after, *s.before)
	}
	if err := s.TTY.Close(); err != nil {
		s.t.Fatal(err)
	}
	<-s.ended // all of what it wrote is on the screen
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, mode := range []ansi.Mode{ansi.ModeAltScreenSaveCursor, ansi.ModeBracketedPaste} {
		if _, ok := s.modes[mode]; !ok {
			s.t.Errorf("the program never set mode %d: there was nothing to give back", mode.Mode())
		}
	}
	if s.screen.IsAltScreen() {
		s.t.Error("the terminal was left in the alternate screen")
	}
	if s.hidden {
		s.t.Error("the cursor was left hidden")
	}
	for mode, on := range s.modes {
		if on && !usual[mode] {
			s.t.Errorf("the terminal's mode %d was left on", mode.Mode())
		}
	}
}

// usual are the modes that a terminal has on before any program runs.
var usual = map[ansi.Mode]bool{ansi.ModeAutoWrap: true, ansi.ModeTextCursorEnable: true}
