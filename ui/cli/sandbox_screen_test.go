//go:build linux || darwin

package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// screens lives with the two machines in the list, and leaves with
// both stopped.
func (h *home) screens() {
	h.becomes("lab", "well", well)
	h.becomes("gate", "well", well)
	s := h.wizard(140, 40)
	s.See(`1 +lab +● running(?s:.*)2 +gate +● running`)
	h.looks(s)
	h.logsIn(s)
	h.uploads(s)
	h.checksUp(s)
	h.changes(s)
	h.leavesStopped(s)
}

// looks switches between the machines; what is shown follows.
func (h *home) looks(s *wizardScreen) {
	s.See(`│ lab +● running(?s:.*)SSH tunnel(?s:.*)Load(?s:.*)Kernels(?s:.*)Server log of lab following`)
	s.Press(down)
	s.See(`│ gate +● running(?s:.*)gateway(?s:.*)Load(?s:.*)Server log of gate following ─+ [1-9]\d* lines`)
	s.Press("1")
	s.See(`│ lab +● running(?s:.*)Server log of lab following ─+ [1-9]\d* lines`)

	opened := h.starts("open", "lab", "--json") // another program's tunnel
	got := opened.ready()
	if code := status(h.t, at(h.t, got.URL, "/api/contents/seen-on-the-screen"), true); code != http.StatusNotFound {
		h.t.Errorf("a file that is not there: %d", code)
	}
	s.See(`Server log of lab following(?s:.*)seen-on-the-screen`)
	opened.interrupted()
}

// logsIn opens a shell in the same terminal, and comes back.
func (h *home) logsIn(s *wizardScreen) {
	s.Press("e")
	s.See(`A shell on lab\. Leave it with exit\.(?s:.*)\$`)
	s.Press("echo hi-$((6*7))" + tuitest.Enter)
	s.See(`(?m)^hi-42`)
	s.Press("exit" + tuitest.Enter)
	s.See(`Your setups(?s:.*)│ lab +● running`)
}

// uploads copies a file there, and puts the stop off.
func (h *home) uploads(s *wizardScreen) {
	file := filepath.Join(h.t.TempDir(), "up")
	write(h.t, file, strings.Repeat("x", 4321))
	s.Press("u")
	s.See(`Upload to lab`)
	s.Press(file + tuitest.Enter)
	s.See(`lab: uploaded 1 file, 4\.2 KiB`)
	if info, err := os.Stat(filepath.Join(h.disk(h.machine("lab")), "up")); err != nil || info.Size() != 4321 {
		h.t.Errorf("on the machine: %v, %v", info, err)
	}
	s.Press("2")
	gate := h.becomes("gate", "well and idle", func(m jsonMachine) bool { return well(m) && !m.Health.Idle.IsZero() })
	left := int(gate.Health.StopAt.Sub(gate.Health.At).Minutes())
	s.See(fmt.Sprintf(`│ gate +● running(?s:.*)Stops +in (%d|%d) min`, left, left-1))
	s.Press("+")
	s.See(`│ gate +● running(?s:.*)Stops +in (59 min|1 h)`)
}

// checksUp runs the doctor.
func (h *home) checksUp(s *wizardScreen) {
	s.Press("D")
	s.See(`Doctor: gate(?s:.*)Nothing is wrong`)
	s.Press(esc)
	if shown, ok := s.Until(func(shown string) bool { return !strings.Contains(shown, "Doctor:") }); !ok {
		h.t.Fatalf("the doctor stays:\n%s", shown)
	}
}

// changes stops and starts one machine and changes the other's mode, at the
// same time.
func (h *home) changes(s *wizardScreen) {
	s.Press("1s")
	s.See(`Stop lab\?`)
	s.Press(tuitest.Enter)
	s.See(`lab +○ stopped`)
	s.Press("S")
	s.See(`lab +starting`)
	s.Press("2m")
	s.See(`How do you want to reach gate\?`)
	s.Press(up + up + up + up + tuitest.Enter)
	s.Arrive(`1 +lab +● running(?s:.*)2 +gate +● running`)
	shown := s.Arrive(`│ gate +● running(?s:.*)SSH tunnel(?s:.*)✓ tunnel up`)
	url := regexp.MustCompile(`http://localhost:\d+/`).FindString(shown)
	if code := status(h.t, url+"api/status", false); code != http.StatusForbidden {
		h.t.Errorf("%s without the token: %d", url, code)
	}
	for _, called := range []string{"lab", "gate"} {
		if m := h.becomes(called, "well", well); m.Mode != "ssh" {
			h.t.Errorf("%s: %+v", called, m)
		}
	}
}

// leavesStopped is asked what becomes of the machines.
func (h *home) leavesStopped(s *wizardScreen) {
	s.Press("q")
	s.See(`Leave\?(?s:.*)2 machines keep running when you leave(?s:.*)▸ +Leave all 2 running(?s:.*)Stop all 2`)
	s.Press(down + tuitest.Enter)
	s.leaves(0)
	for _, called := range []string{"lab", "gate"} {
		if want := "The machine of " + called + " is stopped."; !strings.Contains(s.Shown(), want) {
			h.t.Errorf("%q is not said at the end:\n%s", want, s.Shown())
		}
		if m := h.machine(called); m.State != "stopped" {
			h.t.Errorf("%s is %s", called, m.State)
		}
	}
}

// Keys as a terminal sends them.
const (
	up   = "\x1b[A"
	down = "\x1b[B"
	esc  = "\x1b"
)
