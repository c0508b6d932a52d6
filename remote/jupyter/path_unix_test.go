//go:build unix

package jupyter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// pip, jupyter and python are on the PATH of every login after an install,
// behind what the user put there and before the system's; the user's files
// stay as they are but for that, and only once.
func TestLoginsFindJupyter(t *testing.T) {
	t.Parallel()
	h, _ := installedHost(t, "127.0.0.74")
	const own = "# mine\nPATH=\"$HOME/bin:$PATH\"\numask 027" // without a line end
	for name, content := range map[string]string{".profile": own, ".bash_login": own, ".zshrc": "# mine\n"} {
		upload(t, h, name, content)
	}
	if err := h.Upload(t.Context(), "bin/ipython", 0o700, strings.NewReader("#!/bin/sh\n")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if exit, log := runInstall(t.Context(), h, UV); exit != 0 {
			t.Fatalf("exit %d\n%s", exit, log)
		}
	}
	venv := filepath.Join(h.home, ".jupyter-ec2/venv/bin")
	want := strings.Join([]string{venv + "/pip", venv + "/jupyter", venv + "/python", h.home + "/bin/ipython", "/bin/ls", ""}, "\n")
	for _, shell := range []string{"/bin/sh", "/bin/bash", "/bin/zsh"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		path := "PATH=/bin:/usr/bin " + shell + " -lc 'for p in pip jupyter python ipython ls; do command -v $p; done'"
		out, err := output(t.Context(), h, path)
		if strings.HasSuffix(shell, "zsh") { // whose own file has no ~/bin
			out = strings.Replace(out, venv+"/ipython", h.home+"/bin/ipython", 1)
		}
		if err != nil || strings.Replace(out, "/usr/bin/ls", "/bin/ls", 1) != want {
			t.Errorf("%s -l finds, %v:\n%s", shell, err, out)
		}
	}
	for name, before := range map[string]string{".profile": own, ".bash_login": own} {
		b, err := os.ReadFile(filepath.Join(h.home, name))
		if err != nil || !strings.HasPrefix(string(b), before+"\n# jupyter-ec2") || strings.Count(string(b), "# jupyter-ec2") != 1 {
			t.Errorf("%s, %v:\n%s", name, err, b)
		}
		if info, err := os.Stat(filepath.Join(h.home, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
	// Nothing can be written: the install is whole all the same.
	locked := newHost(t, "127.0.0.74")
	fresh := "mkdir -p .jupyter-ec2/bin && ln -s " + quote(filepath.Join(sharedHome, ".jupyter-ec2/venv")) + " .jupyter-ec2/venv && : >.jupyter-ec2/install.lock && chmod 500 ."
	if err := locked.Run(t.Context(), remote.Command{Script: fresh}); err != nil {
		t.Fatal(err)
	}
	if exit, log := runInstall(t.Context(), locked, UV); exit != 0 || !strings.Contains(log, "could not be changed") {
		t.Errorf("exit %d\n%s", exit, log)
	}
}
