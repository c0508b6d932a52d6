package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// These tests go through the whole guide in the sandbox, as another process
// and with a real install: what is believed at the end is said by the server,
// and not by the program. They take a minute, most of it the package index.

// home is a person's home with a sandbox of its own.
type home struct {
	t   *testing.T
	env []string
}

func newHome(t *testing.T) *home {
	t.Helper()
	if testing.Short() {
		t.Skip("installs Jupyter")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("the sandbox needs python3")
	}
	dir := t.TempDir()
	h := &home{t: t, env: append(
		os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"JUPYTER_EC2_SANDBOX_SPEED=20", "GORACE=atexit_sleep_ms=0", "NO_COLOR=1",
		"UV_CACHE_DIR="+sharedCache(t, "uv"), "PIP_CACHE_DIR="+sharedCache(t, "pip"),
	)}
	t.Cleanup(func() { h.run(0, "sandbox", "stop") })
	return h
}

// sharedCache keeps downloads from one run to the next. The sandbox's shells
// may run as another user, so everybody may write there.
func sharedCache(t *testing.T, tool string) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "jupyter-ec2-test-cache", tool)
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
		// Another user's folder is fine as it is.
		_ = os.Chmod(d, 0o777|os.ModeSticky)
	}
	return dir
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
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
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
	Proof                        string
}

// up starts the program and hands each event to until, which ends the waiting
// by answering true. The program is left running.
func (h *home) up(until func(event) bool, args ...string) *exec.Cmd {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	h.t.Cleanup(cancel)
	cmd := h.command(ctx, append([]string{"up", "--sandbox", "--yes", "--json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	var log strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		log.Write(append(lines.Bytes(), '\n'))
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			h.t.Fatalf("not JSON: %s", lines.Text())
		}
		if until(e) {
			return cmd
		}
	}
	h.t.Fatalf("up ended too early: %v\n%s", cmd.Wait(), log.String())
	return nil
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
		Timeout: 10 * time.Second,
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

func (h *home) setups() []jsonSetup {
	h.t.Helper()
	var all []jsonSetup
	for l := range strings.Lines(h.run(0, "ls", "--json")) {
		var s jsonSetup
		if err := json.Unmarshal([]byte(l), &s); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func TestSandboxModes(t *testing.T) {
	h := newHome(t)
	for _, mode := range []string{"ssh", "http", "gateway"} {
		t.Run(mode, func(t *testing.T) {
			var got event
			cmd := h.up(ready(&got), "--mode", mode, "--name", mode)
			u := got.URL
			if mode != "gateway" {
				u = strings.Replace(u, "/?", "/api/status?", 1)
			}
			if code := status(t, u, true); code != http.StatusOK {
				t.Errorf("with the token: %d", code)
			}
			if code := status(t, u, false); code != http.StatusForbidden && code != http.StatusUnauthorized {
				t.Errorf("without the token: %d", code)
			}
			if !strings.Contains(got.Proof, "42") {
				t.Errorf("proof %q", got.Proof)
			}
			if mode == "ssh" && runtime.GOOS != "windows" {
				// Ending the held tunnel is no failure.
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("up: %v", err)
			}
			h.run(0, "rm", mode, "--yes")
		})
	}
	if all := h.setups(); len(all) != 0 {
		t.Errorf("left over: %v", all)
	}
	if out := h.run(0, "sandbox", "status"); strings.Contains(out, "i-") {
		t.Errorf("left over:\n%s", out)
	}
}

// The guide's own installer does the same.
func TestSandboxPip(t *testing.T) {
	h := newHome(t)
	var got event
	if err := h.up(ready(&got), "--installer", "pip", "--no-tunnel").Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	h.run(0, "rm", defaultName, "--yes")
}

// After kill -9 at any step, the same command goes on with the same machine.
func TestSandboxKilled(t *testing.T) {
	h := newHome(t)
	for _, at := range []func(event) bool{
		func(e event) bool { return e.Step == "launch" && strings.Contains(e.Text, "i-") },
		func(e event) bool { return e.Step == "install" && e.Kind == "output" },
	} {
		cmd := h.up(at, "--no-tunnel")
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	var got event
	if err := h.up(ready(&got), "--no-tunnel").Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	if all := h.setups(); len(all) != 1 || all[0].InstanceID != got.InstanceID || all[0].State != "running" {
		t.Errorf("ls: %+v, want one running %s", all, got.InstanceID)
	}
	if out := h.run(0, "sandbox", "status"); strings.Count(out, "i-") != 1 || !strings.Contains(out, got.InstanceID) {
		t.Errorf("not one instance:\n%s", out)
	}
	h.run(0, "rm", defaultName, "--yes")
}
