//go:build unix

package jupyter

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
)

func explainedAs(t *testing.T, err error, title string, says ...string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Title != title || e.Next.Empty() {
		t.Fatalf("want %q, got %+v (%v)", title, e, err)
	}
	for _, s := range says {
		if !strings.Contains(e.Text+"\n"+e.Next.String(), s) {
			t.Errorf("%q is not in: %s\n%s", s, e.Text, e.Next)
		}
	}
	return e
}

func upload(t *testing.T, h Host, name, content string) {
	t.Helper()
	if err := h.Upload(t.Context(), name, 0o600, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

// A server that ends because of the user's own configuration: the file is
// named, and what is quoted is the server's, not our supervisor's.
func TestServeNamesTheUsersSettings(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.63")
	upload(t, h, ".jupyter/jupyter_config.py", "c.ServerApp.password_required = True\n")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	_, err := Serve(t.Context(), h, spec, nil)
	e := explainedAs(t, err, badSettings, "password_required", "~/.jupyter/jupyter_config.py")
	if strings.Contains(e.Raw, "jupyter-ec2: ") || !strings.Contains(e.Raw, "password") {
		t.Errorf("quoted: %q", e.Raw)
	}
	upload(t, h, ".jupyter/jupyter_config.py", "import os, sys\nsys.stderr.write('first words\\nlast words\\n')\nsys.stderr.flush()\nos._exit(4)\n")
	_, err = Serve(t.Context(), h, spec, nil)
	e = explainedAs(t, err, "The server ended right after its start", "first words / last words", "~/.jupyter/jupyter_config.py")
	if strings.Contains(e.Text, "ended with code") {
		t.Errorf("our own line is quoted: %s", e.Text)
	}
}

// A kernel that hangs at its start, and one that ends at its start, are told
// from a server that cannot be reached.
func TestProveTellsWhatTheKernelDoes(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.64")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	ep := Endpoint{URL: "http://127.0.0.64:" + strconv.Itoa(mustServe(t, h, spec)), Token: spec.Token}
	upload(t, h, ".ipython/profile_default/startup/00-wait.py", "import time\nwhile True:\n    time.sleep(1)\n")
	// The server's first kernel has to be started within that time.
	_, err := prove(t.Context(), ep, 30*time.Second, removeWithin, nil)
	_ = explainedAs(t, err, "The kernel does not get ready", "~/.ipython/profile_default/startup")

	upload(t, h, ".ipython/profile_default/startup/00-wait.py", "import os\nos._exit(1)\n")
	_, err = Prove(t.Context(), ep, nil)
	_ = explainedAs(t, err, "The kernel died", "install")
}

// A venv that lost ipykernel is not taken for a whole one.
func TestVersionsMissAKernel(t *testing.T) {
	t.Parallel()
	h := newHost(t, "127.0.0.65")
	const venv = `set -e
python3 -I -m venv --without-pip .jupyter-ec2/venv
cd .jupyter-ec2/venv/lib/python3*/site-packages
for package in notebook jupyter_kernel_gateway; do
	mkdir $package-1.0.dist-info
	printf 'Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n' $package >$package-1.0.dist-info/METADATA
done`
	if err := h.Run(t.Context(), remote.Command{Script: venv}); err != nil {
		t.Fatal(err)
	}
	v, err := CheckVersions(t.Context(), h)
	_ = explainedAs(t, err, "Jupyter is not completely installed", "ipykernel is missing in ~/.jupyter-ec2/venv.")
	if v.Notebook != "1.0" || v.Gateway != "1.0" {
		t.Errorf("%+v", v)
	}
	_, err = CheckVersions(t.Context(), newHost(t, "127.0.0.65"))
	_ = explainedAs(t, err, "Jupyter is not installed", "~/.jupyter-ec2/venv")
}

// An index that refuses pip is told from a package that does not exist.
func TestIndexRefusesPip(t *testing.T) {
	t.Parallel()
	needInstall(t)
	for _, status := range []int{401, 403, 404, 500} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			index := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			defer index.Close()
			h := newHost(t, "127.0.0.66")
			const secret = "s3cr3t0123"
			h.env = append(h.env, "PIP_INDEX_URL=http://"+secret+":@"+index.Listener.Addr().String()+"/simple",
				"PIP_FIND_LINKS=", "PIP_RETRIES=0", "no_proxy=127.0.0.1")
			// A venv as an install that was cut off left it, without its packages.
			venv := "set -e\npython3 -I -m venv --without-pip .jupyter-ec2/venv\ncd .jupyter-ec2/venv\n: >.complete\n" +
				"echo '#!/bin/sh' >bin/pip\necho 'exec " + sharedHome + "/.jupyter-ec2/venv/bin/python -I -m pip --python '\"$PWD\"'/bin/python \"$@\"' >>bin/pip\nchmod 700 bin/pip\n"
			if err := h.Run(t.Context(), remote.Command{Script: venv}); err != nil {
				t.Fatal(err)
			}
			exit, log := runInstall(t.Context(), h, Pip)
			err := ExplainInstall(exit, strings.Split(log, "\n"))
			title := "The package index refuses"
			if status == http.StatusUnauthorized {
				title = "The package index asks for a login"
			}
			e := explainedAs(t, err, title, "127.0.0.1")
			if !strings.Contains(e.Raw, strconv.Itoa(status)) || strings.Contains(e.Raw, secret) {
				t.Errorf("exit %d, quoted: %s\n%s", exit, e.Raw, log)
			}
		})
	}
}

// Nothing is concluded from the silence of a host that runs no commands.
func TestHostThatRunsNothing(t *testing.T) {
	t.Parallel()
	host, pair := startEmbedded(t, 67)
	key := filepath.Join(t.TempDir(), "key")
	if err := remote.WriteKeyFile(key, pair.Private); err != nil {
		t.Fatal(err)
	}
	signer, err := remote.LoadKey(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := remote.Dial(t.Context(), remote.Target{Addr: host.Addr().String(), User: sshhost.User, InstanceID: "i-0123456789abcdef0"},
		remote.Auth{Signers: []remote.Signer{signer}}, remote.HostKeyCheck{Expected: host.HostKeys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	f, err := Probe(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	upload(t, h, ".bashrc", "exit 0\n")
	for name, do := range map[string]func() error{
		"probe":       func() error { _, err := Probe(t.Context(), h); return err },
		"versions":    func() error { _, err := CheckVersions(t.Context(), h); return err },
		"server log":  func() error { _, err := ServerLog(t.Context(), h, f, 10); return err },
		"install log": func() error { _, err := InstallLog(t.Context(), h, f, 10); return err },
		"follow log":  func() error { return FollowServerLog(t.Context(), h, f, 10, nil) },
		"strays":      func() error { _, err := StrayServers(t.Context(), h, f); return err },
		"status":      func() error { _, err := ReadHealth(t.Context(), h); return err },
		"extend":      func() error { _, err := Extend(t.Context(), h, time.Hour); return err },
		"watch":       func() error { return Watch(t.Context(), h, WatchSpec{Facts: f}) },
		"clean": func() error {
			_, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", Key: ImageKey()})
			return err
		},
		"stop":    func() error { return StopServer(t.Context(), h, f) },
		"restart": func() error { return RestartServer(t.Context(), h, f, nil) },
		"serve": func() error {
			_, err := Serve(t.Context(), h, ServeSpec{Mode: ModeSSH, Token: newToken(t), Facts: f}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := do()
			var e *remote.Error
			if !errors.As(err, &e) || e.Problem().Title != "The machine runs no commands" {
				t.Errorf("got %v", err)
			}
		})
	}
}
