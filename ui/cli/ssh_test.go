package cli

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestSSHCommand(t *testing.T) {
	e := labs()
	e.Shared.Exit = 7
	r := run{engine: e, in: "in\n"}
	if code := r.do(t.Context(), "ssh", "small", "--", "sh", "-c", "'a b'", "--json"); code != 7 || e.Shared.Ran() != "sh -c 'a b' --json" {
		t.Errorf("exit code %d, ran %q", code, e.Shared.Ran())
	}
	// A pipe gets every byte as it is.
	if r.out.String() != "in\n\x1b]0;evil\ahello\nno end" || r.err.String() != "warned\n" {
		t.Errorf("printed %q and %q", r.out.String(), r.err.String())
	}
	// A terminal gets safe lines, and is no input.
	r = run{engine: e, in: "typed\n", terminal: true}
	if code := r.do(t.Context(), "ssh", "small", "ls"); code != 7 || r.out.String() != "hello\nno end\n" {
		t.Errorf("exit code %d, printed %q", code, r.out.String())
	}
	r = run{engine: e}
	if code := r.do(t.Context(), "ssh", "--json", "small", "ls"); code != 7 {
		t.Errorf("exit code %d", code)
	}
	all := lines(t, r.out.String())
	if len(all) != 4 || all[0]["text"] != "hello" || all[1]["stream"] != "stderr" && all[1]["text"] != "no end" || all[3]["exit"] != 7.0 {
		t.Errorf("lines %v", all)
	}
	e.Shared.Err = broken(problem.Unreachable)
	r = run{engine: e}
	if code := r.do(t.Context(), "ssh", "small", "ls"); code != exitUnreachable || e.Shared.Closed() != 4 {
		t.Errorf("exit code %d, closed %d", code, e.Shared.Closed())
	}
}

func TestSSHShell(t *testing.T) {
	for name, c := range map[string]struct {
		shell func(context.Context, steps.Terminal) error
		want  int
	}{
		"ends":  {func(_ context.Context, c steps.Terminal) error { _, err := io.WriteString(c.Out, "hello"); return err }, 0},
		"fails": {func(context.Context, steps.Terminal) error { return broken(problem.Unreachable) }, exitUnreachable},
	} {
		e, restored := labs(), 0
		e.Shared.OnShell = c.shell
		r := run{engine: e, terminal: true}
		r.console = func(context.Context) (steps.Terminal, func() error, error) {
			return steps.Terminal{Out: &r.out}, func() error { restored++; return nil }, nil
		}
		if code := r.do(t.Context(), "ssh", "small"); code != c.want || restored != 1 || e.Shared.Closed() != 1 {
			t.Errorf("%s: exit code %d, restored %d, closed %d", name, code, restored, e.Shared.Closed())
		}
	}
}

// A signal puts the terminal back before the connection has ended.
func TestSSHShellSignal(t *testing.T) {
	restored := make(chan struct{})
	r := &request{Program: &Program{Console: func(context.Context) (steps.Terminal, func() error, error) {
		return steps.Terminal{}, sync.OnceValue(func() error { close(restored); return nil }), nil
	}}}
	ctx, cancel := context.WithCancel(t.Context())
	err := r.shell(ctx, &stepstest.Link{OnShell: func(ctx context.Context, _ steps.Terminal) error {
		cancel()
		<-restored
		return ctx.Err()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// The terminal is put back also when the program breaks.
func TestSSHShellPanics(t *testing.T) {
	restored := false
	r := &request{Program: &Program{Console: func(context.Context) (steps.Terminal, func() error, error) {
		return steps.Terminal{}, func() error { restored = true; return nil }, nil
	}}}
	defer func() {
		if recover() == nil || !restored {
			t.Errorf("restored: %v", restored)
		}
	}()
	_ = r.shell(t.Context(), &stepstest.Link{OnShell: func(context.Context, steps.Terminal) error { panic("broken") }})
}

func TestSSHNeedsATerminal(t *testing.T) {
	r := run{engine: labs()}
	r.engine.Has.Setups[0].Resources.KeyPath = "lab.pem"
	if code := r.do(t.Context(), "ssh", "small"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "stderr", r.err.String(), "jupyter-ec2 ssh small -- COMMAND", "ssh -i ", "lab.pem", "ubuntu@ec2.example.org")
	r = run{engine: labs()}
	if code := r.do(t.Context(), "ssh", "small", "--json"); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	has(t, "JSON", r.out.String(), "--json needs a command")
}
