//go:build linux || darwin

package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// ignoring runs the program as nohup, a background job of a script, and some
// continuous integration machines do: with signals ignored from its start.
func (h *home) ignoring(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `trap '' HUP INT QUIT PIPE; exec "$0" "$@"`, name}, args...)...)
	cmd.Env = h.env
	return cmd
}

// Started with signals ignored, the program comes to its URL, a hangup does not
// end it, Ctrl-C and its like do, and the shells of the sandbox that it starts
// have the signals as a person's have them.
func TestSignalsIgnoredAtTheStart(t *testing.T) {
	h := newHome(t)
	p := h.startsCommand(h.ignoring(t.Context(), "up", "--sandbox", "--yes", "--json", "--name", "lab"))
	got := p.ready()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code := status(t, at(t, got.URL, "/api/status"), true); code != http.StatusOK {
		t.Errorf("after a hangup: %d", code)
	}
	const catches = `for s in HUP INT QUIT PIPE; do trap "echo $s" $s; kill -$s $$; done`
	if out := strings.Join(strings.Fields(h.run(0, "ssh", "lab", "--", catches)), " "); out != "HUP INT QUIT PIPE" {
		t.Errorf("a shell of the sandbox catches only %q", out)
	}
	p.interrupted()
	closed(t, got.URL)

	// A reader that leaves early is no failure that is told.
	short := exec.CommandContext(t.Context(), "sh", "-c", `trap '' HUP INT QUIT PIPE; "$0" ls | true`, name)
	short.Env = h.env
	if out, err := short.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ls to nobody: %v\n%s", err, out)
	}
	h.run(0, "rm", "lab", "--yes")
}

// A wizard whose terminal is gone ends, also where the hangup is ignored.
func TestTheTerminalGoesWithHangupsIgnored(t *testing.T) {
	h := &home{t: t, env: append(os.Environ(), append(labHome(t), "TERM=xterm-256color")...)}
	t.Cleanup(func() { h.run(0, "sandbox", "stop") })
	person, program := terminal(t)
	if err := pty.Setsize(person, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	cmd := h.ignoring(t.Context(), "--sandbox")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, person, "laboratory")
	if _, err := exec.LookPath("python3"); err == nil {
		// The screen asks the sandbox, which that starts. One that has only just
		// been started when its starter ends would be stopped by nobody.
		await.Until(t, "a sandbox that runs", func() bool {
			return strings.Contains(h.run(0, "sandbox", "status", "--json"), `"running":true`)
		})
	}
	if err := errors.Join(program.Close(), person.Close()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	_ = await.Receive(t, "the end of a wizard without a terminal", ended) // with whatever code: nobody reads it
}
