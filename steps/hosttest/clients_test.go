package hosttest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What is printed for pasting works as printed: OpenSSH takes the key file and
// the known_hosts entry that the program wrote, and its forward reaches the
// server at the printed URL.
func TestPrintedSSHCommands(t *testing.T) {
	w := newInstalledWorld(t, testhost.Spec{})
	o := w.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	login := steps.Manual(steps.StepConnect, o.Setup.Answers, &o.Setup)[0]
	out, err := shell(t.Context(), login+" hostname </dev/null").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) == "" {
		t.Fatalf("%s: %v\n%s", login, err, out)
	}
	if err := o.Close(); err != nil { // its port is the forward's now
		t.Fatal(err)
	}
	forward := shell(t.Context(), "exec "+o.Manual[0])
	forward.Stderr = os.Stderr
	start(t, forward)
	w.wait("the URL to answer", func() bool { return answersAt(t, o.URL) })
	if answersAt(t, o.Plain) {
		t.Errorf("%s answers without the token", o.Plain)
	}
	// VS Code is given a URL of this form, and asks for kernels with its token.
	if !answersAt(t, strings.Replace(o.VSCode, "/?", "/api/kernelspecs?", 1)) {
		t.Errorf("%s does not list kernels", o.VSCode)
	}
}

// A real Jupyter Notebook on this computer, started by the printed line, runs
// its cells on the gateway's machine.
func TestNotebookWithGateway(t *testing.T) {
	w := newInstalledWorld(t, testhost.Spec{})
	o := w.open(answers(steps.ModeGateway, steps.InstallerUV), nil)
	venv := await.Shared(t, "a notebook on this computer", localJupyter)
	port := await.Port(t)
	const token = "of-this-computer"
	notebook := shell(t.Context(), fmt.Sprintf("exec env %s --no-browser --allow-root --ServerApp.ip=127.0.0.1 --ServerApp.port=%d --ServerApp.port_retries=0", o.GatewayLine, port))
	home := t.TempDir()
	notebook.Dir = home
	notebook.Env = append(os.Environ(), "PATH="+filepath.Join(venv, "bin")+":"+os.Getenv("PATH"), "HOME="+home, "JUPYTER_TOKEN="+token)
	var log strings.Builder
	notebook.Stdout, notebook.Stderr = &log, &log
	start(t, notebook)
	ep := jupyter.Endpoint{URL: fmt.Sprintf("http://127.0.0.1:%d", port), Token: token}
	ctx := await.Context(t)
	if err := jupyter.Ready(ctx, ep); err != nil {
		t.Fatalf("%v", err)
	}
	specs, err := jupyter.Kernelspecs(ctx, ep)
	if err != nil || len(specs) == 0 {
		t.Fatalf("kernelspecs %v, %v", specs, err)
	}
	proof, err := jupyter.Prove(ctx, ep, nil)
	if err != nil || proof.Output != "42" {
		t.Fatalf("%+v, %v", proof, err)
	}
	// Nothing here has a kernel: what ran the cell is the machine's Python.
	if out, err := w.machine(o.Setup.Resources.InstanceID).Run(t.Context(), "su - ubuntu -c '~/.jupyter-ec2/venv/bin/python -V'"); err != nil || !strings.Contains(string(out), proof.PythonVersion) {
		t.Errorf("the cell ran in Python %s, the machine has %s (%v)", proof.PythonVersion, out, err)
	}
	if kernels, err := exec.Command(filepath.Join(venv, "bin", "jupyter"), "kernelspec", "list").CombinedOutput(); err != nil || strings.Contains(string(kernels), "python3 ") {
		t.Errorf("this computer has a kernel of its own (%v):\n%s", err, kernels)
	}
}

// localJupyter is a Jupyter Notebook on this computer, installed once from the
// package index, without a kernel.
var localJupyter = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*await.Long)
	defer cancel()
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	venv := filepath.Join(cache, "jupyter-ec2-tests", "notebook")
	script := `set -eu
exec 9>"$1.lock"
flock 9
[ ! -e "$1/done" ] || exit 0
rm -rf "$1"
python3 -m venv "$1"
"$1/bin/pip" install -q notebook
"$1/bin/pip" uninstall -q -y ipykernel
rm -rf "$1/share/jupyter/kernels"
touch "$1/done"`
	if err := os.MkdirAll(filepath.Dir(venv), 0o700); err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "sh", "-c", script, "sh", venv).CombinedOutput(); err != nil {
		return "", fmt.Errorf("installing a notebook here: %w\n%s", err, out)
	}
	return venv, nil
})

func shell(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = await.Wait
	return cmd
}

// start starts a command that the test's end ends.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // ended by the signal
	})
}

// answersAt reports whether a URL leads to a page, and not to a login.
func answersAt(t testing.TB, url string) bool {
	t.Helper()
	client := &http.Client{Timeout: await.Wait}
	res, err := client.Get(url)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode == http.StatusOK && !strings.Contains(res.Request.URL.Path, "login")
}
