//go:build unix

package jupyter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// collect gathers what Serve says.
func collect(lines *[]string) safe.Output {
	return func(text string, _ bool) { *lines = append(*lines, text) }
}

func newToken(t *testing.T) string {
	t.Helper()
	token, err := NewToken()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Each mode is served and proven over the path a user takes, and a second
// Serve restarts nothing.
func TestServeAndProve(t *testing.T) {
	t.Parallel()
	cert, key, fingerprint, err := SelfSigned([]string{"127.0.0.42", "127.0.0.43"}, 24*time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pin, err := ParsePin(fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		mode, ip  string
		ui        string
		cert, key []byte
		pin       []byte
	}{
		{mode: ModeSSH, ip: "127.0.0.41", ui: uiLab},
		{mode: ModeHTTP, ip: "127.0.0.42", ui: uiTree, cert: cert, key: key, pin: pin},
		{mode: ModeGateway, ip: "127.0.0.43", cert: cert, key: key, pin: pin},
		{mode: ModeGateway, ip: "127.0.0.44"},
	}
	for _, c := range cases {
		t.Run(c.mode+" "+c.ip, func(t *testing.T) {
			h, f := installedHost(t, c.ip)
			hostileConfig(t, h)
			spec := ServeSpec{SetupID: "s1", Mode: c.mode, Token: newToken(t), Facts: f, Cert: c.cert, Key: c.key}
			port := mustServe(t, h, spec)
			if port != 8888 {
				t.Errorf("served at port %d", port)
			}
			before := readPID(t, h)
			ep := Endpoint{URL: hostURL(c.ip, port), Token: spec.Token, UI: c.ui, PinSHA256: c.pin}
			if c.pin != nil {
				ep.URL = "https" + strings.TrimPrefix(ep.URL, "http")
			}
			proveIt(t, ep, f)
			checkTokens(t, ep)
			if again := mustServe(t, h, spec); again != port || readPID(t, h) != before {
				t.Errorf("serving the same again gave port %d and pid %s, before %d and %s", again, readPID(t, h), port, before)
			}
			checkSecrets(t, h, f, spec.Token)
		})
	}
}

// hostURL is the root of a server at a host's port.
func hostURL(ip string, port int) string { return fmt.Sprintf("http://%s:%d", ip, port) }

func mustServe(t *testing.T, h Host, spec ServeSpec) int {
	t.Helper()
	var said []string
	port, err := Serve(t.Context(), h, spec, collect(&said))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
	}
	if strings.Contains(strings.Join(said, "\n"), spec.Token) {
		t.Errorf("the token was said:\n%s", strings.Join(said, "\n"))
	}
	return port
}

func proveIt(t *testing.T, ep Endpoint, f Facts) {
	t.Helper()
	proof, err := Prove(t.Context(), ep, func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	if proof.Output != "42" || proof.Kernel != "python3" || proof.Language != "python" || proof.PythonVersion != f.PythonVersion || proof.UI != ep.UI || proof.Took <= 0 {
		t.Errorf("the proof is %+v", proof)
	}
	t.Logf("proven in %v", proof.Took)
	c, err := ep.client()
	if err != nil {
		t.Fatal(err)
	}
	left, err := c.do(t.Context(), http.MethodGet, "/api/kernels", nil)
	if err != nil || strings.TrimSpace(string(left)) != "[]" {
		t.Errorf("kernels left behind: %s, %v", left, err)
	}
}

// checkTokens: another token and another certificate are told apart, at once.
func checkTokens(t *testing.T, ep Endpoint) {
	t.Helper()
	wrong := ep
	wrong.Token = "0123456789abcdef"
	var e *Error
	if err := Ready(t.Context(), wrong); !errors.As(err, &e) || e.Title != "The server refuses the token" {
		t.Errorf("a wrong token: %v", err)
	}
	if ep.PinSHA256 != nil {
		wrong = ep
		wrong.PinSHA256 = make([]byte, 32)
		if err := Ready(t.Context(), wrong); !errors.As(err, &e) || e.Title != "The server shows another certificate" {
			t.Errorf("a wrong pin: %v", err)
		}
		wrong.URL, wrong.PinSHA256 = "http"+strings.TrimPrefix(ep.URL, "https"), nil
		// A while: it is asked again until then, and says the same each time.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := Ready(ctx, wrong); !errors.As(err, &e) {
			t.Errorf("http to an https port: %v", err)
		}
		wrong.URL = ep.URL
		if err := Ready(t.Context(), wrong); !errors.As(err, &e) || e.Title != "The server's certificate is not trusted" {
			t.Errorf("no pin: %v", err)
		}
	}
}

// checkSecrets: the token is in one file that only its owner reads, and in no
// command line or log.
func checkSecrets(t *testing.T, h *localHost, f Facts, token string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.home, serverDir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), token) && filepath.Base(name) != "token" {
			t.Errorf("the token is in %s", name)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Base(name) != "ended" && filepath.Base(name) != "pid" && filepath.Base(name) != "started" {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	ps, err := output(t.Context(), h, "ps -eo args")
	if err != nil || strings.Contains(ps, token) {
		t.Errorf("the token is in a command line, or: %v", err)
	}
	log, err := ServerLog(t.Context(), h, f, 1000)
	if err != nil || len(log) == 0 || strings.Contains(strings.Join(log, "\n"), token) {
		t.Errorf("the log is empty or has the token: %v", err)
	}
}

func readPID(t *testing.T, h *localHost) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(h.home, serverDir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// hostileConfig gives the host's user settings of their own that would open
// the server or move it.
func hostileConfig(t *testing.T, h *localHost) {
	t.Helper()
	const settings = "c.ServerApp.token = ''\nc.IdentityProvider.token = ''\nc.ServerApp.port = 1234\nc.ServerApp.ip = '127.0.0.1'\nc.ServerApp.password = ''\n"
	for _, name := range []string{"jupyter_server_config.py", "jupyter_notebook_config.py", "jupyter_config.py"} {
		if err := h.Upload(t.Context(), ".jupyter/"+name, fs.FileMode(0o600), strings.NewReader(settings)); err != nil {
			t.Fatal(err)
		}
	}
}

// Another spec replaces the server; a taken port is passed by in ssh mode and
// is an error otherwise; a server that was killed comes back on its own.
func TestServeReplacesAndHeals(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.45")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	mustServe(t, h, spec)
	first := readPID(t, h)

	spec.Token = newToken(t)
	if port := mustServe(t, h, spec); port != 8888 || readPID(t, h) == first {
		t.Errorf("another token: port %d, pid %s, before %s", port, readPID(t, h), first)
	}

	// Kill the server under its supervisor: it is started again.
	kill := `kill -KILL $(ps -o pid= --ppid $(cat .jupyter-ec2/server/pid))`
	if err := h.Run(t.Context(), remote.Command{Script: kill}); err != nil {
		t.Fatal(err)
	}
	ep := Endpoint{URL: "http://127.0.0.45:8888", Token: spec.Token}
	await.Until(t, "the end of the killed server", func() bool {
		data, err := os.ReadFile(filepath.Join(h.home, serverDir, "ended"))
		return err == nil && strings.TrimSpace(string(data)) == "137"
	})
	if err := Ready(await.Context(t), ep); err != nil {
		t.Errorf("after a kill: %v", err)
	}

	if err := StopServer(t.Context(), h, f); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", "127.0.0.45:8888"); err == nil {
		_ = conn.Close()
		t.Error("the stopped server still listens")
	}
}

func TestServePortTaken(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.46")
	l, err := net.Listen("tcp", "127.0.0.46:8888")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	spec := ServeSpec{SetupID: "s1", Mode: ModeHTTP, Token: newToken(t), Facts: f}
	var e *Error
	if _, err := Serve(t.Context(), h, spec, nil); !errors.As(err, &e) || !strings.Contains(e.Title, "8888 of the machine is taken") {
		t.Errorf("http mode with a taken port: %v", err)
	}
	spec.Mode = ModeSSH
	if port := mustServe(t, h, spec); port != 8889 {
		t.Errorf("ssh mode with a taken port took %d", port)
	}
	spec.Mode, spec.Bind, spec.Port = ModeHTTP, "198.51.100.1", 8890
	if _, err := Serve(t.Context(), h, spec, nil); !errors.As(err, &e) || e.Title != "The server cannot listen there" {
		t.Errorf("an address of somebody else: %v", err)
	}
}

// A server that ends at once is told with the reason in its log, and is not
// started over and over.
func TestServeFails(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.47")
	spec := ServeSpec{SetupID: "s1", Mode: ModeHTTP, Token: newToken(t), Facts: f, Cert: []byte("none"), Key: []byte("none")}
	if _, err := Serve(t.Context(), h, spec, nil); err == nil {
		t.Error("a bad certificate was served")
	}
	// A venv that lost a part.
	broken := "rm .jupyter-ec2/venv && mkdir -p .jupyter-ec2/venv/bin && ln -s /usr/bin/python3 .jupyter-ec2/venv/bin/python"
	if err := h.Run(t.Context(), remote.Command{Script: broken}); err != nil {
		t.Fatal(err)
	}
	if err := h.Upload(t.Context(), ".jupyter-ec2/venv/bin/jupyter", 0o755,
		strings.NewReader("#!/bin/sh\necho 'Jupyter command `jupyter-notebook` not found.'\nexit 1\n")); err != nil {
		t.Fatal(err)
	}
	spec.Cert, spec.Key = nil, nil
	var e *Error
	if _, err := Serve(t.Context(), h, spec, nil); !errors.As(err, &e) || e.Title != "Jupyter is not completely installed" {
		t.Errorf("a broken venv: %v", err)
	}
	s := &server{h: h, facts: f}
	if now, err := s.state(t.Context()); err != nil || now.alive {
		t.Errorf("the failed server goes on: %+v, %v", now, err)
	}
}

// A kernel that dies is told as such.
func TestProveKernelDies(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.48")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	port := mustServe(t, h, spec)
	ep := Endpoint{URL: "http://127.0.0.48:" + strconv.Itoa(port), Token: spec.Token}
	c, err := ep.client()
	if err != nil {
		t.Fatal(err)
	}
	_, k := newKernel(t, c)
	_, err = k.run(t.Context(), "import os; os.kill(os.getpid(), 9)")
	var died *kernelDied
	var e *Error
	if !errors.As(err, &died) || !errors.As(explainKernel(ep, err), &e) || e.Title != "The kernel died" {
		t.Errorf("a killed kernel: %v", err)
	}
	if _, err := c.startKernel(t.Context(), "no-such-kernel"); err == nil || !errors.As(explainKernel(ep, err), &e) || e.Title != "The kernel cannot be started" {
		t.Errorf("no such kernel: %v", err)
	}
}
