//go:build unix

package jupyter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestProbe(t *testing.T) {
	h := newHost(t, "127.0.0.31")
	f, err := Probe(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	if f.Home != h.home || f.User != currentUser(t) || f.Loopback != "127.0.0.31" || f.PrivateIP() != "127.0.0.31" {
		t.Errorf("home, user or addresses are wrong: %+v", f)
	}
	if f.OS == "" || f.Arch == "" || !strings.HasPrefix(f.PythonVersion, "3.") || !filepath.IsAbs(f.Python) {
		t.Errorf("system or python are missing: %+v", f)
	}
	if f.FreeDiskMB <= 0 || f.MemoryMB <= 0 {
		t.Errorf("disk or memory are missing: %+v", f)
	}
}

func TestInstallUV(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.32")
	log, err := sharedInstall() // by installedHost: it is there
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"SHA-256 matches the index", "$ ~/.jupyter-ec2/bin/uv venv", "$ . ~/.jupyter-ec2/venv/bin/activate",
		"uv pip install notebook jupyter_kernel_gateway ipykernel pip",
		"$ jupyter notebook --version", "$ jupyter kernelgateway --version", "Jupyter is installed.",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	v, err := CheckVersions(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	if v.Python != f.PythonVersion || v.Pip == "" || v.Server == "" || !strings.Contains(log, "\n"+v.Notebook+"\n") || !strings.Contains(log, "\n"+v.Gateway+"\n") {
		t.Errorf("versions %+v are not those of the log:\n%s", v, log)
	}
	// What only makes Jupyter's commands slower is left out, and missed by none.
	whole := `
		set -e
		cd ~/.jupyter-ec2/venv
		bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("rfc3987_syntax") is not None)'
		bin/pip check >&2
	`
	if err := h.Run(t.Context(), remote.Command{Script: whole}); err != nil {
		t.Errorf("the packages are not as they should be: %v", err)
	}
	// A second run, by either installer, finds everything there.
	for _, i := range []Installer{UV, Pip} {
		exit, log := runInstall(t.Context(), h, i)
		if exit != 0 || !strings.Contains(log, "Everything is installed already") || strings.Contains(log, "$ ") {
			t.Errorf("%s again: exit %d\n%s", i, exit, log)
		}
	}
}

// The guide's own installer, on a Python without ensurepip, as on a fresh
// Ubuntu, after an install that was killed.
func TestInstallPipRepairsAndBootstraps(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installs Jupyter from the package index")
	}
	await.Turn(t)
	await.Allow(t, 2*await.Long, "installs Jupyter with pip, which takes several times longer than uv")
	h := newHost(t, "127.0.0.33")
	noEnsurepip(t, h)
	for _, name := range []string{"bin/python", "lib/left-over"} {
		if err := h.Upload(t.Context(), ".jupyter-ec2/venv/"+name, 0o700, strings.NewReader("#!/bin/sh\nexit 1\n")); err != nil {
			t.Fatal(err)
		}
	}
	exit, log := runInstall(t.Context(), h, Pip)
	if exit != 0 {
		t.Fatalf("exit %d:\n%s", exit, log)
	}
	for _, want := range []string{
		"An earlier install was not finished", "Left out of the guide's commands", "sudo apt-get install -y python3-pip",
		"ensurepip", "SHA-256 matches the index", "$ pip install --upgrade pip", "$ pip install notebook",
		"$ pip install jupyter_kernel_gateway", "$ pip --version", "Jupyter is installed.",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if _, err := os.Stat(filepath.Join(h.home, ".jupyter-ec2/venv/lib/left-over")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the killed install's files are still there: %v", err)
	}
}

// noEnsurepip gives the host a python3 in front of its PATH that cannot
// import ensurepip.
func noEnsurepip(t *testing.T, h *localHost) {
	t.Helper()
	fake(t, h, "python3", `case $* in
*"sys.executable"*) echo "$0" ;;
*"import venv, ensurepip"*) exit 1 ;;
*) exec /usr/bin/env -i PATH=/usr/bin:/bin HOME="$HOME" python3 "$@" ;;
esac`)
}

func TestInstallFailures(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		broken func(t *testing.T, h *localHost)
		title  string
		says   string
	}{
		{"no such index", func(_ *testing.T, h *localHost) {
			h.env = append(h.env, "UV_DEFAULT_INDEX=https://index.invalid/simple")
		}, "The package index cannot be found", "index.invalid"},
		{"index down", func(_ *testing.T, h *localHost) {
			h.env = append(h.env, "UV_DEFAULT_INDEX=http://127.0.0.1:1/simple", "no_proxy=127.0.0.1")
		}, "The package index cannot be reached", "127.0.0.1"},
		{"no python3", func(t *testing.T, h *localHost) {
			h.path = toolsWithout(t, h)
		}, "There is no python3 on the machine", "python3"},
		{"old python", func(t *testing.T, h *localHost) {
			fake(t, h, "python3", `case $* in *version_info*) exit 1;; *executable*) echo /usr/bin/python3;; --version) echo "Python 3.6.9";; esac`)
		}, "The machine's Python is too old", "3.8"},
		{"disk full", func(t *testing.T, h *localHost) {
			fake(t, h, "df", `echo Filesystem; echo "/dev/root 8000000 7900000 100000 99% /"`)
		}, "The machine's disk is full", "600 MB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, "127.0.0.34")
			c.broken(t, h)
			exit, log := runInstall(t.Context(), h, UV)
			if exit == 0 {
				t.Fatalf("the install went through:\n%s", log)
			}
			err := ExplainInstall(exit, strings.Split(log, "\n"))
			var e *Error
			if !errors.As(err, &e) || e.Title != c.title || !strings.Contains(e.Text, c.says) || e.Next.Empty() || e.Kind != problem.Server {
				t.Errorf("exit %d is explained as %+v\n%s", exit, e, log)
			}
		})
	}
}

// An install that is stopped leaves nothing that stands in the next one's way,
// also in a home with a space, as the sandbox's are on some computers.
func TestInstallInterrupted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installs Jupyter from the package index")
	}
	await.Turn(t)
	await.Allow(t, await.Long, "installs Jupyter, and is interrupted and continues several times")
	h := newHost(t, "127.0.0.35")
	spaced := filepath.Join(h.home, "with space")
	if err := h.Run(t.Context(), remote.Command{Script: "mkdir " + quote(spaced)}); err != nil {
		t.Fatal(err)
	}
	h.home = spaced
	ctx, cancel := context.WithCancel(t.Context())
	var log strings.Builder
	stopAt := &watchWriter{want: "Resolved", found: cancel, out: &log}
	err := h.Run(ctx, remote.Command{Script: "exec 2>&1\n" + InstallJob(Facts{}, UV).Script, Stdout: stopAt})
	if err == nil || ctx.Err() == nil {
		t.Fatalf("it was not interrupted: %v\n%s", err, log.String())
	}
	exit, again := runInstall(t.Context(), h, UV)
	if exit != 0 || !strings.Contains(again, "An earlier install was not finished") || !strings.Contains(again, "Jupyter is installed.") {
		t.Fatalf("exit %d\n%s", exit, again)
	}
}

// toolsWithout is a PATH with what the scripts need, and no python3.
func toolsWithout(t *testing.T, h *localHost) string {
	t.Helper()
	dir := h.home + "/tools"
	link := "mkdir " + quote(dir)
	for _, tool := range []string{"sh", "cat", "mkdir", "chmod", "rm", "sed", "awk", "df", "grep", "tee"} {
		link += " && ln -s \"$(command -v " + tool + ")\" " + quote(dir)
	}
	if err := h.Run(t.Context(), remote.Command{Script: link}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fake puts a program of that name in front of the host's PATH.
func fake(t *testing.T, h *localHost, name, body string) {
	t.Helper()
	if err := h.Upload(t.Context(), "fake/"+name, 0o755, strings.NewReader("#!/bin/sh\n"+body+"\n")); err != nil {
		t.Fatal(err)
	}
	h.path = h.home + "/fake:/usr/bin:/bin:/usr/sbin:/sbin"
}
