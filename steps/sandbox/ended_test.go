//go:build unix

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A process that died, also one in whose place another runs by now, is told from
// one that was told to end.
func TestEndedTellsHow(t *testing.T) {
	t.Parallel()
	o := options(t)
	is := func(what string, pid int, ended, died bool) {
		t.Helper()
		// A process takes a moment to end, and one that is just being started by
		// these tests may hold its lock until it runs.
		await.Until(t, fmt.Sprintf("%s: ended %t, died %t", what, ended, died), func() bool {
			e, d := Ended(o, pid)
			return e == ended && d == died
		})
	}
	first := ensure(t, o)
	is("running", first.PID, false, false)
	kill(t, first.PID, syscall.SIGKILL)
	is("killed", first.PID, true, true)
	second := ensure(t, o)
	is("replaced", first.PID, true, true)
	is("running again", second.PID, false, false)
	if err := Stop(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	is("stopped", second.PID, true, false)
}

// A folder of somebody else's is not taken for the sandbox's own.
func TestAStrangersFolderIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder to somebody else")
	}
	o := Options{Dir: filepath.Join(t.TempDir(), "sandbox")}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(o.Dir, 65534, -1); err != nil {
		t.Fatal(err)
	}
	_, err := Ensure(t.Context(), o)
	var p *problem.Error
	if !errors.As(err, &p) || p.Title != "The sandbox's folder is not yours" {
		t.Errorf("%v", err)
	}
}
