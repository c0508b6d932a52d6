//go:build linux || darwin

package cli

import (
	"context"
	"errors"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// wizardScreen is a terminal with the wizard in it, as a person sees it.
type wizardScreen struct {
	*tuitest.Terminal
	t   *testing.T
	cmd *exec.Cmd
}

// wizard starts the program in a terminal of that size.
func (h *home) wizard(cols, rows int) *wizardScreen {
	h.t.Helper()
	s := &wizardScreen{Terminal: tuitest.Open(h.t, cols, rows), t: h.t, cmd: h.command(context.Background(), "--sandbox")}
	s.cmd.Env = append(s.cmd.Env, "TERM=xterm-256color")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.TTY, s.TTY, s.TTY
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // no matter when it has ended
	return s
}

// leaves waits for the program's end, and sees that it gave the terminal back.
func (s *wizardScreen) leaves(code int) {
	s.t.Helper()
	err := s.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != code) || err == nil && code != 0 {
		s.t.Fatalf("it ended with %v, want %d\n%s", err, code, s.Shown())
	}
	s.GivenBack()
}

// Enter through the defaults, and L, ends at a URL that works; Ctrl-C in the middle of
// the install loses nothing; removing by typing the name leaves nothing.
func TestWizard(t *testing.T) {
	h := newHome(t)

	s := h.wizard(80, 24)
	s.See(`Account and region(?s:.*)us-east-1`)
	s.Press(tuitest.Enter)
	s.See(`▸ t2\.micro(?s:.*)0\.0116`)
	s.Press(tuitest.Enter)
	s.See(`▸ ◉ New ed25519 key`)
	s.Press(tuitest.Enter)
	s.See(`▸ ◉ SSH tunnel`)
	s.Press(tuitest.Enter)
	s.See(`Will be created(?s:.*)t2\.micro`)
	s.Press("L")
	s.Arrive(`8 of 10`)
	s.Press(tuitest.CtrlC)
	s.See(`Leave\?`)
	s.Press(tuitest.CtrlC)
	s.leaves(exitInterrupted)
	if all := h.setups(); len(all) != 1 || all[0].InstanceID == "" {
		t.Fatalf("after Ctrl-C: %+v, want one setup with its instance", all)
	}

	s = h.wizard(80, 24)
	s.See(`Your setups(?s:.*)jupyter`)
	s.Press(tuitest.Enter)
	s.Arrive(`(9|10) of 10|token=`) // a step at a time: each has its own patience
	s.Arrive(`10 of 10|token=`)
	url := regexp.MustCompile(`http://localhost:\d+/lab\?token=[0-9a-f]{44}`).FindString(s.Arrive(`token=[0-9a-f]{44}`))
	if code := status(t, at(t, url, "/api/status"), true); code != http.StatusOK {
		t.Errorf("%s: %d", url, code)
	}
	s.Resize(140, 40)
	s.See(`✓ Open(?s:.*)By hand|By hand(?s:.*)✓ Open`)
	s.Resize(40, 10)
	s.See(`(?i)too small`)
	s.Resize(80, 24)
	s.See(regexp.QuoteMeta(url))
	s.Press("x")
	s.See(`Remove jupyter\?`)
	s.Press("jupyter" + tuitest.Enter)
	s.See(`✓ Removed`)
	s.Press("q")
	s.leaves(0)
	if all := h.setups(); len(all) != 0 {
		t.Errorf("left over: %+v", all)
	}
	if out := h.run(0, "sandbox", "status"); strings.Contains(out, "i-") {
		t.Errorf("left over:\n%s", out)
	}
}
