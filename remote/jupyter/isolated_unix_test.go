//go:build unix

package jupyter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// ownModules are files with names of Python's own library, as people give them
// to what they try out, in the home, which is the notebooks' folder. Each says
// that it was run, and fails. The environment names the folder as well.
func ownModules(t *testing.T, h *localHost) (ran func() string) {
	t.Helper()
	mark := filepath.Join(h.home, "ran")
	body := "open(" + strconv.Quote(mark) + ", 'a').write(__name__ + '\\n')\nraise SystemError('a file of the user')\n"
	for _, name := range []string{"random", "platform", "socket", "json", "calendar", "subprocess", "hashlib", "zipfile", "html", "notebook", "sitecustomize"} {
		if err := h.Upload(t.Context(), name+".py", 0o600, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	h.env = append(h.env, "PYTHONPATH="+h.home)
	return func() string {
		b, err := os.ReadFile(mark)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(b)
	}
}

// Nothing of ours imports, or runs, what lies in the user's folder.
func TestUsersModulesAreNotImported(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.61")
	ran := ownModules(t, h)
	h.env = append(h.env, "XDG_RUNTIME_DIR="+h.home+"/.run")
	again, err := Probe(t.Context(), h)
	if err != nil || again.PythonVersion != f.PythonVersion {
		t.Errorf("the probe finds Python %q, %v", again.PythonVersion, err)
	}
	if _, err := CheckVersions(t.Context(), h); err != nil {
		t.Errorf("the versions: %v", err)
	}
	if exit, log := runInstall(t.Context(), h, UV); exit != 0 || !strings.Contains(log, "Everything is installed already") {
		t.Errorf("the install: exit %d\n%s", exit, log)
	}
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	port := mustServe(t, h, spec)
	proveIt(t, Endpoint{URL: "http://127.0.0.61:" + strconv.Itoa(port), Token: spec.Token}, f)
	t.Cleanup(func() {
		if err := stopWatch(context.Background(), h, f); err != nil {
			t.Error(err)
		}
	})
	if err := Watch(t.Context(), h, WatchSpec{Mode: ModeSSH, Facts: f}); err != nil {
		t.Errorf("the watcher: %v", err)
	}
	if health, err := ReadHealth(t.Context(), h); err != nil || !health.Watching {
		t.Errorf("the watcher does not watch: %+v, %v", health, err)
	}
	if ran() != "" {
		t.Errorf("files of the user were run:\n%s", ran())
	}
}

// An install from nothing, by either installer, does not either.
func TestUsersModulesAndTheInstall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installs Jupyter from the package index")
	}
	await.Turn(t)
	await.Allow(t, 2*await.Long, "installs Jupyter with uv and with pip, which takes several times longer")
	for _, i := range []Installer{UV, Pip} {
		t.Run(string(i), func(t *testing.T) {
			h := newHost(t, "127.0.0.62")
			ran := ownModules(t, h)
			exit, log := runInstall(t.Context(), h, i)
			if exit != 0 || !strings.Contains(log, "Jupyter is installed.") || ran() != "" {
				t.Errorf("exit %d, run: %q\n%s", exit, ran(), log)
			}
		})
	}
}
