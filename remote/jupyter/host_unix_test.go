//go:build unix

package jupyter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// localHost runs scripts on this computer, with a home folder of its own and
// an environment without secrets; as nobody where the tests run as root, whom
// Jupyter refuses.
type localHost struct {
	home     string
	loopback string
	path     string   // PATH; empty for the usual one
	env      []string // more of it
}

func (h *localHost) Run(ctx context.Context, c remote.Command) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-s")
	cmd.Env = h.environment(c.Env)
	cmd.Dir = h.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: nobody()}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Script), c.Stdout, &stderr
	if c.Stdin != nil {
		cmd.Args, cmd.Stdin = []string{"/bin/sh", "-c", c.Script}, c.Stdin
	}
	if c.Stderr != nil {
		cmd.Stderr = io.MultiWriter(&stderr, c.Stderr)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			return &remote.ExitError{Code: -1, Signal: status.Signal().String(), Stderr: stderr.String()}
		}
		return &remote.ExitError{Code: exit.ExitCode(), Stderr: stderr.String()}
	}
	return err
}

func (h *localHost) environment(more map[string]string) []string {
	env := []string{"HOME=" + h.home, "LANG=C.UTF-8", "JUPYTER_EC2_LOOPBACK=" + h.loopback}
	if h.path == "" {
		h.path = sharedHome + "/tools:/usr/bin:/bin:/usr/sbin:/sbin"
	}
	env = append(env, "PATH="+h.path)
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		for _, keep := range []string{"PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} {
			if strings.HasPrefix(name, keep) || strings.HasSuffix(strings.ToLower(name), "_proxy") {
				env = append(env, kv)
				break
			}
		}
	}
	for k, v := range more {
		env = append(env, k+"="+v)
	}
	return append(env, h.env...)
}

func (h *localHost) Upload(ctx context.Context, name string, mode fs.FileMode, content io.Reader) error {
	if !path.IsAbs(name) {
		name = path.Join(h.home, name)
	}
	return h.Run(ctx, remote.Command{
		Script: fmt.Sprintf(`umask 077; mkdir -p %s && cat >%[2]s.new && chmod %[3]o %[2]s.new && mv -f %[2]s.new %[2]s`,
			quote(path.Dir(name)), quote(name), mode),
		Stdin: content,
	})
}

func (h *localHost) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// nobody is who scripts run as when the tests run as root.
func nobody() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}
}

// newHost is a host with an empty home and a loopback address of its own.
func newHost(t testing.TB, loopback string) *localHost {
	t.Helper()
	return &localHost{home: newHome(t), loopback: loopback}
}

// newHome is an empty folder that the host's user owns and can reach.
func newHome(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "jupyter-ec2-home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if who := nobody(); who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var sharedHome string // made and removed by TestMain

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "jupyter-ec2-shared-")
	if err != nil {
		panic(err)
	}
	sharedHome = dir
	if err := withoutNode(filepath.Join(dir, "tools")); err != nil {
		panic(err)
	}
	if who := nobody(); who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// withoutNode makes a folder of commands in front of this computer's: every
// Jupyter asks npm, where there is one, which takes half a second, and a new
// machine has none.
func withoutNode(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil { // #nosec G301 -- for the hosts' user
		return err
	}
	return os.WriteFile(filepath.Join(dir, "npm"), []byte("#!/bin/sh\necho /nonexistent\n"), 0o755) // #nosec G306 -- likewise
}

// sharedInstall installs once for all tests, and answers the log.
var sharedInstall = sync.OnceValues(func() (string, error) {
	h := &localHost{home: sharedHome, loopback: "127.0.0.1"}
	exit, log := runInstall(context.Background(), h, UV)
	if err := ExplainInstall(exit, strings.Split(log, "\n")); err != nil {
		return "", fmt.Errorf("%w\n%s", err, log)
	}
	return log, nil
})

// needInstall waits for the test's turn and for the shared install.
func needInstall(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs Jupyter from the package index")
	}
	await.Turn(t)
	await.Allow(t, await.Long, "runs Jupyter, whose every start takes many seconds on a busy computer")
	await.Shared(t, "the shared install", sharedInstall)
}

// installedHost is a new host whose venv is the shared one.
func installedHost(t testing.TB, loopback string) (*localHost, Facts) {
	t.Helper()
	needInstall(t)
	return besideIt(t, loopback)
}

// besideIt is installedHost for a test that has its turn.
func besideIt(t testing.TB, loopback string) (*localHost, Facts) {
	t.Helper()
	h := newHost(t, loopback)
	link := "mkdir -p .jupyter-ec2 && ln -s " + quote(filepath.Join(sharedHome, ".jupyter-ec2/venv")) + " .jupyter-ec2/venv"
	if err := h.Run(t.Context(), remote.Command{Script: link}); err != nil {
		t.Fatal(err)
	}
	f, err := Probe(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := StopServer(context.Background(), h, f); err != nil {
			t.Errorf("stopping the server: %v", err)
		}
	})
	return h, f
}

// runInstall runs an install job to its end.
func runInstall(ctx context.Context, h Host, i Installer) (exit int, log string) {
	var out bytes.Buffer
	err := h.Run(ctx, remote.Command{Script: "exec 2>&1\n" + InstallJob(Facts{}, i).Script, Stdout: &out})
	var e *remote.ExitError
	switch {
	case err == nil:
	case errors.As(err, &e):
		exit = e.Code
	default:
		exit = -1
		out.WriteString(err.Error())
	}
	return exit, out.String()
}

func currentUser(t testing.TB) string {
	t.Helper()
	if who := nobody(); who != nil {
		u, err := user.LookupId(strconv.Itoa(int(who.Uid)))
		if err != nil {
			t.Fatal(err)
		}
		return u.Username
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// watchWriter calls found when want was written.
type watchWriter struct {
	want  string
	found func()
	out   *strings.Builder
}

func (w *watchWriter) Write(p []byte) (int, error) {
	w.out.Write(p)
	if strings.Contains(w.out.String(), w.want) {
		w.found()
	}
	return len(p), nil
}

// newKernel starts a kernel and opens it.
func newKernel(t *testing.T, c *client) (id string, k *kernel) {
	t.Helper()
	id, err := c.startKernel(t.Context(), "python3")
	if err != nil {
		t.Fatal(err)
	}
	if k, err = c.openKernel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.close)
	return id, k
}
