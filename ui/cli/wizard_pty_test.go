//go:build linux || darwin

package cli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// wizardScreen is a terminal with the wizard in it, as a person sees it.
type wizardScreen struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex // over term; vt.SafeEmulator leaves some of it unguarded
	term *vt.Emulator
	// changed has a value when something was drawn since it was last read.
	changed chan struct{}
	ended   chan struct{}
}

// wizard starts the program in a terminal of that size.
func (h *home) wizard(cols, rows int) *wizardScreen {
	h.t.Helper()
	cmd := h.command(context.Background(), "--sandbox")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)})
	if err != nil {
		h.t.Fatal(err)
	}
	s := &wizardScreen{
		t: h.t, cmd: cmd, tty: tty, term: vt.NewEmulator(cols, rows),
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	var answers sync.WaitGroup
	answers.Go(func() { _, _ = io.Copy(tty, s.term) }) // what the terminal answers to queries
	go func() {
		defer close(s.ended)
		buf := make([]byte, 32<<10)
		for {
			n, err := tty.Read(buf)
			s.mu.Lock()
			_, _ = s.term.Write(buf[:n])
			s.mu.Unlock()
			select {
			case s.changed <- struct{}{}:
			default:
			}
			if err != nil {
				return // the program has ended, and its terminal with it
			}
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill() // no matter when it has ended
		<-s.ended
		if pipe, ok := s.term.InputPipe().(io.Closer); ok {
			_ = pipe.Close() // ends the answers; Close itself is not safe beside Read
		}
		answers.Wait()
		_ = tty.Close()
	})
	return s
}

func (s *wizardScreen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term.String()
}

// see waits until the screen shows a text (a regular expression).
func (s *wizardScreen) see(text string) string {
	s.t.Helper()
	want := regexp.MustCompile(text)
	deadline := time.After(time.Minute)
	for {
		shown := s.shown()
		if want.MatchString(shown) {
			return shown
		}
		select {
		case <-s.changed:
		case <-s.ended:
			if shown = s.shown(); want.MatchString(shown) {
				return shown
			}
			s.t.Fatalf("the program ended without showing %q:\n%s", text, shown)
		case <-deadline:
			s.t.Fatalf("%q was not shown:\n%s", text, shown)
		}
	}
}

func (s *wizardScreen) press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.tty, keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *wizardScreen) resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.term.Resize(cols, rows)
	s.mu.Unlock()
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// leaves waits for the program's end, and sees that it gave the terminal back.
func (s *wizardScreen) leaves(code int) {
	s.t.Helper()
	err := s.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != code) || err == nil && code != 0 {
		s.t.Fatalf("it ended with %v, want %d\n%s", err, code, s.shown())
	}
	<-s.ended
	if s.term.IsAltScreen() {
		s.t.Error("the terminal was left in the alternate screen")
	}
}

const (
	enter = "\r"
	ctrlC = "\x03"
)

// Enter through the defaults ends at a URL that works; Ctrl-C in the middle of
// the install loses nothing; removing by typing the name leaves nothing.
func TestWizard(t *testing.T) {
	h := newHome(t)

	s := h.wizard(80, 24)
	s.see(`Account and region(?s:.*)us-east-1`)
	s.press(enter)
	s.see(`▸ t2\.micro(?s:.*)0\.0116`)
	s.press(enter)
	s.see(`▸ ◉ New ed25519 key`)
	s.press(enter)
	s.see(`▸ ◉ SSH tunnel`)
	s.press(enter)
	s.see(`Will be created(?s:.*)t2\.micro`)
	s.press(enter)
	s.see(`8 of 10`)
	s.press(ctrlC)
	s.see(`Leave\?`)
	s.press(ctrlC)
	s.leaves(exitInterrupted)
	if all := h.setups(); len(all) != 1 || all[0].InstanceID == "" {
		t.Fatalf("after Ctrl-C: %+v, want one setup with its instance", all)
	}

	s = h.wizard(80, 24)
	s.see(`Your setups(?s:.*)jupyter`)
	s.press(enter)
	url := regexp.MustCompile(`http://localhost:\d+/\?token=[0-9a-f]{48}`).FindString(s.see(`token=[0-9a-f]{48}`))
	if code := status(t, strings.Replace(url, "/?", "/api/status?", 1), true); code != http.StatusOK {
		t.Errorf("%s: %d", url, code)
	}
	s.resize(140, 40)
	s.see(`✓ Open(?s:.*)By hand|By hand(?s:.*)✓ Open`)
	s.resize(40, 10)
	s.see(`(?i)too small`)
	s.resize(80, 24)
	s.see(regexp.QuoteMeta(url))
	s.press("x")
	s.see(`Remove jupyter\?`)
	s.press("jupyter" + enter)
	s.see(`✓ Removed`)
	s.press("q")
	s.leaves(0)
	if all := h.setups(); len(all) != 0 {
		t.Errorf("left over: %+v", all)
	}
	if out := h.run(0, "sandbox", "status"); strings.Contains(out, "i-") {
		t.Errorf("left over:\n%s", out)
	}
}
