package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestSSHCommand(t *testing.T) {
	e := labs()
	e.link.exit = 7
	r := run{engine: e, in: "in\n"}
	if code := r.do(t.Context(), "ssh", "small", "--", "sh", "-c", "'a b'", "--json"); code != 7 || e.link.ran != "sh -c 'a b' --json" {
		t.Errorf("exit code %d, ran %q", code, e.link.ran)
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
	e.link.err = problem(steps.ProblemUnreachable)
	r = run{engine: e}
	if code := r.do(t.Context(), "ssh", "small", "ls"); code != exitUnreachable || e.link.closed != 4 {
		t.Errorf("exit code %d, closed %d", code, e.link.closed)
	}
}

func TestSSHShell(t *testing.T) {
	for name, c := range map[string]struct {
		shell func(context.Context, steps.Terminal) error
		want  int
	}{
		"ends":  {func(_ context.Context, c steps.Terminal) error { _, err := io.WriteString(c.Out, "hello"); return err }, 0},
		"fails": {func(context.Context, steps.Terminal) error { return problem(steps.ProblemUnreachable) }, exitUnreachable},
	} {
		e, restored := labs(), 0
		e.link.shell = c.shell
		r := run{engine: e, terminal: true}
		r.console = func(context.Context) (steps.Terminal, func() error, error) {
			return steps.Terminal{Out: &r.out}, func() error { restored++; return nil }, nil
		}
		if code := r.do(t.Context(), "ssh", "small"); code != c.want || restored != 1 || e.link.closed != 1 {
			t.Errorf("%s: exit code %d, restored %d, closed %d", name, code, restored, e.link.closed)
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
	err := r.shell(ctx, &link{shell: func(ctx context.Context, _ steps.Terminal) error {
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
	_ = r.shell(t.Context(), &link{shell: func(context.Context, steps.Terminal) error { panic("broken") }})
}

func TestSSHNeedsATerminal(t *testing.T) {
	r := run{engine: labs()}
	r.engine.setups[0].Resources.KeyPath = "lab.pem"
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

func TestParseCopy(t *testing.T) {
	for _, c := range []struct {
		args, system string
		want         string
		wrong        string
	}{
		{"a b lab:", "linux", "lab up [a b] ", ""},
		{"lab:a lab:b .", "linux", "lab down [a b] .", ""},
		{"./a:b lab:x:y", "linux", "lab up [./a:b] x:y", ""},
		{`C:\a lab:b`, "windows", `lab up [C:\a] b`, ""},
		{"c:a lab:b", "windows", "lab up [c:a] b", ""},
		{"c:a d", "linux", "c down [a] d", ""},
		{"a b", "linux", "", "neither"},
		{"x:a y:b", "linux", "", "both"},
		{"x:a y:b .", "linux", "", "two machines"},
		{"x:a b .", "linux", "", "neither"},
		{":a b", "linux", "", "neither"},
	} {
		got, err := parseCopy(strings.Fields(c.args), c.system)
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		way := map[bool]string{true: "up", false: "down"}[got.up]
		if text := got.setup + " " + way + " [" + strings.Join(got.from, " ") + "] " + got.to; err == nil && text != c.want {
			t.Errorf("%s: %s, want %s", c.args, text, c.want)
		}
	}
}

func TestCp(t *testing.T) {
	e := labs()
	r := run{engine: e, terminal: true}
	if code := r.do(t.Context(), "cp", "-r", "a", "b", "small:work/"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	if got := strings.Join(e.link.copies, "; "); got != "put a work/ true; put b work/ true" {
		t.Errorf("copied %s", got)
	}
	has(t, "stdout", r.out.String(), "Copied 2 files, 4.0 KiB.\n")
	has(t, "stderr", r.err.String(), "25 %, 0.5 of 2.0 KiB  a")

	e = labs()
	r = run{engine: e}
	if code := r.do(t.Context(), "cp", "small:a", ".", "--json"); code != 0 || e.link.copies[0] != "get a . false" {
		t.Errorf("exit code %d, copied %v", code, e.link.copies)
	}
	all := lines(t, r.out.String())
	if len(all) != 2 || all[0]["kind"] != "progress" || all[0]["bytes"] != 512.0 || all[1]["kind"] != "done" || r.err.String() != "" {
		t.Errorf("lines %v", all)
	}
	e.link.err = errors.New("the disk is full")
	r = run{engine: e}
	if code := r.do(t.Context(), "cp", "a", "small:"); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	has(t, "stderr", r.err.String(), "the disk is full")
}

// Whatever is copied where: one machine, and nothing lost of what was typed.
func FuzzParseCopy(f *testing.F) {
	f.Add("data.csv\x00jupyter:", false)
	f.Add("jupyter:results\x00jupyter:a:b\x00.", false)
	f.Add("c:\\x\x00c:", true)
	f.Add("a\x00b", false)
	f.Add(":\x00::\x00/:\x1b", false)
	f.Fuzz(func(t *testing.T, typed string, windows bool) {
		args, system := strings.Split(typed, "\x00"), "linux"
		if windows {
			system = "windows"
		}
		if len(args) < 2 {
			return
		}
		c, err := parseCopy(args, system)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q", err)
			}
			return
		}
		var again []string
		for _, from := range c.from {
			if !c.up {
				from = c.setup + ":" + from
			}
			again = append(again, from)
		}
		to := c.to
		if c.up {
			to = c.setup + ":" + to
		}
		if again = append(again, to); !slices.Equal(again, args) || c.setup == "" || strings.ContainsAny(c.setup, `/\:`) {
			t.Errorf("%q is read as %+v", args, c)
		}
	})
}
