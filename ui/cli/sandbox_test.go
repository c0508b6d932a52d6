package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// These tests go through the whole guide in the sandbox, as another process
// and with a real install: what is believed at the end is said by the server,
// and not by the program. They take a minute, most of it the package index.

// home is a person's home with a sandbox of its own.
type home struct {
	t   *testing.T
	dir string
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	if testing.Short() {
		t.Skip("installs Jupyter")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the sandbox needs a POSIX shell")
	}
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("the sandbox needs python3")
	}
	await.Turn(t)
	await.Allow(t, 2*await.Long, "goes through whole guides, with real installs")
	dir := t.TempDir()
	h := &home{t: t, dir: dir, env: append(
		os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"JUPYTER_EC2_SANDBOX_SPEED=20", "GORACE=atexit_sleep_ms=0 log_path="+filepath.Join(dir, "race"), "NO_COLOR=1",
	)}
	t.Cleanup(h.races)
	t.Cleanup(func() { h.run(0, "sandbox", "stop") })
	return h
}

// races shows the data races that any of the programs has found: on a terminal
// a report is cut, and nobody sees the sandbox's own.
func (h *home) races() {
	reports, err := filepath.Glob(filepath.Join(h.dir, "race.*"))
	if err != nil {
		h.t.Error(err)
	}
	for _, path := range reports {
		report, err := os.ReadFile(path)
		h.t.Errorf("%s: %s %v", path, report, err)
	}
}

// command runs the program; testscript.Main has put it on the PATH.
func (h *home) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = h.env
	return cmd
}

// run runs it to its end and answers what it printed.
func (h *home) run(code int, args ...string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), await.Long)
	defer cancel()
	cmd := h.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		h.t.Fatalf("%s: %v, want exit code %d\n%s%s", strings.Join(args, " "), err, code, out.String(), errs.String())
	}
	return out.String()
}

// event is a line of up --json.
type event struct {
	Kind, Step, Text, URL, Title string
	InstanceID                   string `json:"instance_id"`
	PlainURL                     string `json:"plain_url"`
	Proof, Certificate           string
}

// up starts the program and hands each event to until, which ends the waiting
// by answering true. The program is left running.
func (h *home) up(until func(event) bool, args ...string) *exec.Cmd {
	h.t.Helper()
	cmd := h.command(h.t.Context(), append([]string{"up", "--sandbox", "--yes", "--json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	lines := linesOf(out)
	var log strings.Builder
	for {
		var line string
		select {
		case line = <-lines:
		case <-time.After(await.Long): // a step, an install say, may be silent for its whole length
			h.t.Fatalf("no other line of up came after\n%s", log.String())
		}
		if line == "" {
			h.t.Fatalf("up ended too early: %v\n%s", cmd.Wait(), log.String())
		}
		log.WriteString(line + "\n")
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			h.t.Fatalf("not JSON: %s", line)
		}
		if until(e) {
			return cmd
		}
	}
}

// linesOf are the lines of a program that prints no empty ones, without the
// newline. The channel is closed at the output's end.
func linesOf(out io.Reader) <-chan string {
	lines := make(chan string, 10000)
	go func() {
		defer close(lines)
		for all := bufio.NewScanner(out); all.Scan(); {
			lines <- all.Text()
		}
	}()
	return lines
}

func ready(got *event) func(event) bool {
	return func(e event) bool {
		*got = e
		return e.Kind == "ready"
	}
}

// status asks the server itself, with or without the token.
func status(t *testing.T, address string, token bool) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if !token {
		u.RawQuery = ""
	}
	client := &http.Client{
		Timeout: await.Wait,
		// The certificate is the server's own; what is asked here is the status.
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// at is another path at a server's URL, with its token.
func at(t *testing.T, address, path string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = path
	return u.String()
}

func (h *home) setups() []jsonMachine {
	h.t.Helper()
	var all []jsonMachine
	for l := range strings.Lines(h.run(0, "ls", "--json")) {
		var m jsonMachine
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			h.t.Fatal(err)
		}
		if m.Kind == "machine" {
			all = append(all, m)
		}
	}
	return all
}

// The same command is killed twice, then continues with the same machine to its
// end; the machine then serves in the other modes too, and leaves nothing.
func TestSandboxGuide(t *testing.T) {
	h := newHome(t)
	trace := h.traced()
	for _, at := range []func(event) bool{
		func(e event) bool { return e.Step == "launch" && strings.Contains(e.Text, "i-") },
		func(e event) bool { return e.Step == "install" && e.Kind == "output" },
	} {
		cmd := h.up(at)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	for _, mode := range []string{"ssh", "http", "gateway"} {
		trace.learn(h.serves(mode))
	}
	h.run(0, "rm", steps.DefaultName, "--yes")
	if all := h.setups(); len(all) != 0 {
		t.Errorf("left over: %v", all)
	}
	if out := h.run(0, "sandbox", "status"); strings.Contains(out, "i-") {
		t.Errorf("left over:\n%s", out)
	}
	trace.check()
}

// serves runs up in a mode, asks the server itself, and sees that there is
// one machine.
func (h *home) serves(mode string) (got event) {
	t := h.t
	t.Helper()
	cmd := h.up(ready(&got), "--mode", mode)
	u := got.URL
	if mode != "gateway" {
		u = at(t, u, "/api/status")
	}
	if code := status(t, u, true); code != http.StatusOK {
		t.Errorf("%s: with the token: %d", mode, code)
	}
	if code := status(t, u, false); code != http.StatusForbidden && code != http.StatusUnauthorized {
		t.Errorf("%s: without the token: %d", mode, code)
	}
	if !strings.Contains(got.Proof, "42") {
		t.Errorf("%s: proof %q", mode, got.Proof)
	}
	if out := h.client(got); out != "42\n" {
		t.Errorf("%s: another client ran print(6*7) and got %q", mode, out)
	}
	if mode == "ssh" {
		// Ending the held tunnel is no failure.
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: up: %v", mode, err)
	}
	if all := h.setups(); len(all) != 1 || all[0].InstanceID != got.InstanceID || all[0].State != "running" {
		t.Errorf("%s: ls: %+v, want one running %s", mode, all, got.InstanceID)
	}
	if out := h.run(0, "sandbox", "status"); strings.Count(out, "i-") != 1 || !strings.Contains(out, got.InstanceID) {
		t.Errorf("%s: not one instance:\n%s", mode, out)
	}
	return got
}

// client runs a cell with the Python clients that came with Jupyter.
func (h *home) client(got event) string {
	h.t.Helper()
	u, err := url.Parse(got.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	python := filepath.Join(h.dir, "state", name, "sandbox", "cloud", "hosts", got.InstanceID, "home", ".jupyter-ec2", "venv", "bin", "python")
	args := []string{"testdata/client.py", u.Scheme + "://" + u.Host, u.Query().Get("token")}
	if got.Certificate != "" {
		args = append(args, got.Certificate)
	}
	out, err := exec.CommandContext(h.t.Context(), python, args...).CombinedOutput()
	if err != nil {
		h.t.Errorf("another client: %v\n%s", err, out)
	}
	return string(out)
}

// The guide's own installer does the same.
func TestSandboxPip(t *testing.T) {
	h := newHome(t)
	var got event
	if err := h.up(ready(&got), "--installer", "pip", "--no-tunnel").Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	h.run(0, "rm", steps.DefaultName, "--yes")
}
