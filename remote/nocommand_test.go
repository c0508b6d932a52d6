package remote

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A host whose login shell ends before our script begins, or whose start files
// swallow the script, is told from one on which the script fails: by everything
// that runs there, whatever status the shell ends with and whatever it says.
func TestHostThatRunsNothing(t *testing.T) {
	for name, cse := range map[string]struct{ starts, says string }{
		"exit 0":          {"exit 0", ""},
		"exit with words": {"echo; echo 'Authorized use only'; exit 3", "Authorized use only"},
		"exec":            {"exec true", ""},
		"no such shell":   {"echo 'This account is currently not available.' >&2; exit 1", "currently not available"},
		"input is read":   {"cat >/dev/null", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := startHostWith(t, cse.starts, nil).client(t)
			for what, do := range map[string]func() error{
				"command":           func() error { return c.Run(t.Context(), Command{Script: "echo hello", Stdout: &bytes.Buffer{}}) },
				"person's command":  func() error { return c.Run(t.Context(), Command{Script: "echo hello", Person: true}) },
				"command with more": func() error { return c.Run(t.Context(), Command{Script: "cat", Stdin: strings.NewReader("more")}) },
				"output":            func() error { _, err := c.Output(t.Context(), "echo hello"); return err },
				"upload":            func() error { return c.Upload(t.Context(), "sent", 0, strings.NewReader("whole")) },
				"job": func() error {
					_, err := c.Job(t.Context(), Job{ID: "own", Script: "true"}, func(string, bool) {})
					return err
				},
			} {
				err := do()
				var e *Error
				if !errors.As(err, &e) || e.Reason != NoCommand || e.Again() {
					t.Errorf("%s: %v", what, err)
					continue
				}
				p := e.Problem()
				if p.Kind != problem.Server || p.Title != "The machine runs no commands" || !strings.Contains(p.Text, ".bashrc") || !strings.Contains(p.Text, cse.says) || p.Next.Empty() {
					t.Errorf("%s: %+v", what, p)
				}
			}
		})
	}
}

// A host with no memory or processes left for our script is not told to have
// faulty start files, whichever shell says so and whatever it ends with.
func TestHostThatCannotFork(t *testing.T) {
	for name, cse := range map[string]struct{ starts, says string }{
		"dash":        {"echo Welcome; echo 'sh: 0: Cannot fork' >&2; exit 2", "Cannot fork"},
		"bash":        {"echo '-bash: fork: retry: Resource temporarily unavailable' >&2; echo '-bash: fork: Resource temporarily unavailable' >&2; exit 254", "fork: retry"},
		"zsh":         {"echo 'zsh:1: fork failed: resource temporarily unavailable' >&2; exit 1", "fork failed"},
		"memory":      {"echo 'bash: xrealloc: cannot allocate 64 bytes'; echo 'bash: cat: Cannot allocate memory' >&2; exit 2", "xrealloc: cannot allocate"},
		"its own end": {"echo 'bash: fork: Cannot allocate memory' >&2; exit 0", "fork: Cannot allocate"},
	} {
		t.Run(name, func(t *testing.T) {
			c := startHostWith(t, cse.starts, nil).client(t)
			_, err := c.Output(t.Context(), "echo hello")
			var e *Error
			if !errors.As(err, &e) || e.Reason != Exhausted || e.Again() {
				t.Fatalf("got %v", err)
			}
			p := e.Problem()
			if p.Kind != problem.Server || p.Title != "The machine has no memory or no processes left" || strings.Contains(p.Text, ".bashrc") || !strings.Contains(p.Text, cse.says) || p.Next.Empty() {
				t.Errorf("%+v", p)
			}
		})
	}
}

// Where the login shell starts the SFTP server, a copy tells it from a server
// that serves no files.
func TestCopyFromHostThatRunsNothing(t *testing.T) {
	force := regexp.MustCompile("(?m)^ForceCommand .*$")
	c := startOpenSSH(t, func(conf string) string { return force.ReplaceAllString(conf, "ForceCommand exit 0") }).client(t)
	_, err := c.Get(t.Context(), []string{"file"}, t.TempDir(), CopyOptions{})
	var e *Error
	if !errors.As(err, &e) || e.Reason != NoCommand {
		t.Errorf("got %v", err)
	}
}

// What start files print reaches nobody, and a script that began is no host
// that runs nothing, whatever it ends with.
func TestStartFilesThatPrint(t *testing.T) {
	c := startHostWith(t, "printf Welcome; printf 'to you' >&2", nil).client(t)
	if out, err := c.Output(t.Context(), "echo hello"); out != "hello\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	for _, end := range []string{"exit 3", "exit 255"} {
		var exit *ExitError
		if out, err := c.Output(t.Context(), "echo hello\n"+end); out != "hello\n" || !errors.As(err, &exit) {
			t.Errorf("%s: %q, %v", end, out, err)
		}
	}
}
