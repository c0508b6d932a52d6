package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestRun(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		for _, cse := range []struct {
			name        string
			cmd         Command
			out, stderr string
			code        int
		}{
			{"both outputs", Command{Script: "echo out; echo err >&2"}, "out\n", "err\n", 0},
			{"status", Command{Script: "echo bad >&2\nexit 7"}, "", "bad\n", 7},
			{"set -e holds", Command{Script: "set -e\nfalse\necho not here"}, "", "", 1},
			{"no input", Command{Script: "cat; echo end"}, "end\n", "", 0},
			{"input", Command{Script: "read -r a; echo \"<$a>\"; cat", Stdin: strings.NewReader("first\nrest ünd\n")}, "<first>\nrest ünd\n", "", 0},
			{"input not read", Command{Script: "echo done", Stdin: strings.NewReader(strings.Repeat("x", 1<<20))}, "done\n", "", 0},
			{"environment", Command{Script: `printf %s "$A"`, Env: map[string]string{"A": "it's $HOME\n`x` \"ü\""}}, "it's $HOME\n`x` \"ü\"", "", 0},
			{"environment and input", Command{Script: `printf %s "$A"; cat`, Env: map[string]string{"A": "ü\n"}, Stdin: strings.NewReader("in")}, "ü\nin", "", 0},
			{"comment at the end", Command{Script: "echo a # note"}, "a\n", "", 0},
		} {
			t.Run(cse.name, func(t *testing.T) {
				var out, stderr bytes.Buffer
				cse.cmd.Stdout, cse.cmd.Stderr = &out, &stderr
				err := c.Run(t.Context(), cse.cmd)
				var exit *ExitError
				if cse.code == 0 && err != nil || cse.code != 0 && (!errors.As(err, &exit) || exit.Code != cse.code) {
					t.Fatalf("got %v, want status %d", err, cse.code)
				}
				if out.String() != cse.out || stderr.String() != cse.stderr {
					t.Errorf("printed %q and %q, want %q and %q", out.String(), stderr.String(), cse.out, cse.stderr)
				}
			})
		}
	})
}

func TestRunKeepsSecretsOffTheProcessList(t *testing.T) {
	h := startHost(t, nil)
	out, err := h.client(t).Output(t.Context(), "x=secret-in-script; tr '\\0' ' ' </proc/$$/cmdline")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	if !strings.Contains(out, "sh -c") || strings.Contains(out, "secret-in-script") {
		t.Errorf("the process list shows %q", out)
	}
}

// What a person has in ~/bin, or in a folder that depends on where one is, does
// not stand in for the machine's own commands in scripts of ours, jobs too; a
// person's own command finds it first.
func TestRunTakesTheMachinesOwnCommands(t *testing.T) {
	h := startHost(t, nil)
	for _, dir := range []string{"bin", "."} {
		for _, name := range []string{"grep", "sh", "cat"} {
			path := filepath.Join(h.home, dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("#!/bin/sh\necho mine\n"), 0o700); err != nil { //nolint:gosec // a program
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PATH", ".:"+filepath.Join(h.home, "bin")+"::"+os.Getenv("PATH"))
	c := h.client(t)
	const script = "echo theirs | grep theirs"
	for person, want := range map[bool]string{false: "theirs\n", true: "mine\n"} {
		var out bytes.Buffer
		if err := c.Run(t.Context(), Command{Script: script, Stdout: &out, Person: person}); err != nil || out.String() != want {
			t.Errorf("a person's command %v: printed %q, %v", person, out.String(), err)
		}
	}
	var log []string
	exit, err := c.Job(t.Context(), Job{ID: "own", Script: script}, func(line string, _ bool) { log = append(log, line) })
	if err != nil || exit != 0 || strings.Join(log, "|") != "theirs" {
		t.Errorf("a job printed %q: %d, %v", log, exit, err)
	}
	if err := c.Upload(t.Context(), "sent", 0, strings.NewReader("whole")); err != nil {
		t.Error(err)
	}
}

// A command that a person typed finds the machine's pip as a login does: after
// what the person's own folders have, and before the system's. Scripts of ours
// do not.
func TestRunFindsTheMachinesJupyter(t *testing.T) {
	h := startHost(t, nil)
	system := t.TempDir()
	for path, program := range map[string]string{
		filepath.Join(h.home, ".jupyter-ec2/venv/bin/pip"):     "venv",
		filepath.Join(h.home, ".jupyter-ec2/venv/bin/ipython"): "venv",
		filepath.Join(h.home, "bin/ipython"):                   "mine",
		filepath.Join(system, "pip"):                           "system",
		filepath.Join(system, "ipython"):                       "system",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho "+program+"\n"), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(h.home, "bin")+":"+system+":"+os.Getenv("PATH"))
	c := h.client(t)
	for person, want := range map[bool]string{false: "system system\n", true: "venv mine\n"} {
		var out bytes.Buffer
		if err := c.Run(t.Context(), Command{Script: "echo $(pip) $(ipython)", Stdout: &out, Person: person}); err != nil || out.String() != want {
			t.Errorf("a person's command %v: printed %q, want %q, %v", person, out.String(), want, err)
		}
	}
}

func TestRunErrors(t *testing.T) {
	h := startHost(t, nil)
	c := h.client(t)
	err := c.Run(t.Context(), Command{Script: "printf '\\033[31mdisk\\n full' >&2; exit 3"})
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Stderr != "disk\n full" {
		t.Errorf("got %#v", err)
	}
	if p := exit.Problem(); p.Kind != problem.Server || p.Title == "" || !strings.Contains(p.Text, "status 3: disk  full") || p.Next.Empty() {
		t.Errorf("explained as %+v", p)
	}
	if err := c.Run(t.Context(), Command{Script: "kill -KILL $$"}); !errors.As(err, &exit) || exit.Code != 137 && exit.Signal != "KILL" {
		t.Errorf("killed: %#v", err)
	}
	err = c.Run(t.Context(), Command{Script: `echo 'Please login as the user "ubuntu" rather than the user "root".'; exit 142`})
	if got := reasonOf(t, err); got != WrongUser {
		t.Errorf("reason %q", got)
	}
	if err := c.Run(t.Context(), Command{Script: "true", Env: map[string]string{"A;B": "x"}}); err == nil {
		t.Error("a wrong variable name was passed on")
	}
	// Nobody ends what runs without a terminal: it goes with the host's home.
	const long = ": >alive; echo here; while [ -e alive ]; do sleep 1; done"
	ctx, cancel := context.WithCancel(t.Context())
	started := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	if err := c.Run(ctx, Command{Script: long, Stdout: started}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	cut := writerFunc(func(p []byte) (int, error) { _ = c.Close(); return len(p), nil })
	if got := reasonOf(t, c.Run(t.Context(), Command{Script: long, Stdout: cut})); got != Closed {
		t.Errorf("connection closed meanwhile: %q", got)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestUpload(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		binary := make([]byte, 300<<10)
		for i := range binary {
			binary[i] = byte(i * 7)
		}
		for _, path := range []string{"a b/it's/file", "-n", filepath.Join(h.home, "abs")} {
			if err := c.Upload(t.Context(), path, 0, bytes.NewReader(binary)); err != nil {
				t.Fatal(err)
			}
			if !filepath.IsAbs(path) {
				path = filepath.Join(h.home, path)
			}
			got, err := os.ReadFile(path)
			info, _ := os.Stat(path)
			if err != nil || !bytes.Equal(got, binary) || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %d bytes, mode %v, %v", path, len(got), info.Mode(), err)
			}
		}
		if err := c.Upload(t.Context(), "abs", 0o755, strings.NewReader("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(h.home, "abs"))
		if err != nil || info.Mode().Perm() != 0o755 || info.Size() != 3 {
			t.Errorf("replaced: %v, %v", info, err)
		}
		if err := c.Upload(t.Context(), "a b", 0, strings.NewReader("x")); err == nil {
			t.Error("a folder was replaced")
		}
		if err := c.Upload(t.Context(), "x", 0, iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("unreadable content: %v", err)
		}
		left, err := filepath.Glob(filepath.Join(h.home, "*.*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	})
}

func TestDialContext(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		c := h.client(t)
		socket := echoSocket(t)
		tcp := serve(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
		for network, addr := range map[string]string{"tcp": tcp, "unix": socket} {
			conn, err := c.DialContext(t.Context(), network, addr)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, "ping"); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4)
			if _, err := io.ReadFull(conn, buf); err != nil || string(buf) != "ping" {
				t.Errorf("%s: %q, %v", network, buf, err)
			}
			_ = conn.Close()
		}
		if _, err := c.DialContext(t.Context(), "unix", socket+"none"); err == nil {
			t.Error("connected to nothing")
		}
	})
}

// What a host prints reaches nobody with its secrets: a job's log, and the
// errors of a job and of a command.
func TestHostsSecretsStayThere(t *testing.T) {
	const secret, script = "s3cr3t0123", "echo Looking in indexes: http://s3cr3t0123:****@index.example/simple >&2; exit 3"
	c := startHost(t, nil).client(t)
	var log []string
	exit, err := c.Job(t.Context(), Job{ID: "install-pip", Script: script}, func(line string, _ bool) { log = append(log, line) })
	if err != nil || exit != 3 || !strings.Contains(strings.Join(log, "\n"), "http://[secret]@index.example/simple") || strings.Contains(strings.Join(log, "\n"), secret) {
		t.Errorf("a job: %d, %v, %q", exit, err, log)
	}
	var e *ExitError
	if err := c.Run(t.Context(), Command{Script: script}); !errors.As(err, &e) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "index.example") {
		t.Errorf("a command: %v", err)
	}
}
