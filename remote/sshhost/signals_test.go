//go:build unix

package sshhost

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// caught are the signals that may be ignored where a program is started.
const caught = "HUP INT QUIT PIPE ALRM TERM USR1 USR2 TSTP TTIN TTOU"

// A shell cannot catch what was ignored at its start: what it catches was not.
const catches = `for s in ` + caught + `; do trap "echo $s" $s; kill -$s $$; done`

// A host's processes have the default signals, whatever is ignored by the
// program that the host is in.
func TestDefaultSignals(t *testing.T) {
	t.Parallel()
	if os.Getenv("JUPYTER_EC2_TEST_IGNORING") == "" {
		ignoring := exec.CommandContext(t.Context(), "sh", "-c", `trap '' `+caught+`; exec "$0" "$@"`, os.Args[0], "-test.run=^TestDefaultSignals$")
		ignoring.Env = append(os.Environ(), "JUPYTER_EC2_TEST_IGNORING=1")
		if out, err := ignoring.CombinedOutput(); err != nil {
			t.Errorf("where signals are ignored: %v\n%s", err, out)
		}
	}
	c := newWorld(t).client()
	if got := strings.Join(strings.Fields(output(t, c, catches)), " "); got != caught {
		t.Errorf("a command catches only %s", got)
	}
	s, _, out := terminalSession(t, c)
	if err := s.Start(catches + "; echo all"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(until(t, out, "all")), " "); got != caught+" all" {
		t.Errorf("on a terminal, a command catches only %s", got)
	}
}
