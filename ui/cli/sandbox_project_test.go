//go:build linux || darwin

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// A folder comes along, is kept alike while one works, and is whole when the machine
// is gone.
func TestSandboxProject(t *testing.T) {
	h := newHome(t)
	dir := filepath.Join(h.dir, "work", "proj")
	put := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // as an editor does
			t.Fatal(err)
		}
	}
	comes := func(path, text string) {
		t.Helper()
		await.Until(t, path, func() bool { b, err := os.ReadFile(path); return err == nil && string(b) == text })
	}
	put(filepath.Join(dir, "a.py"), "print(1)\n")
	put(filepath.Join(dir, ".venv", "lib"), "left out")
	h.run(0, "up", "--sandbox", "--yes", "--json", "--no-tunnel", "--name", "lab", "--project", dir)
	there := filepath.Join(h.disk(h.machine("lab")), "proj")
	comes(filepath.Join(there, "a.py"), "print(1)\n")
	if _, err := os.Lstat(filepath.Join(there, ".venv")); err == nil {
		t.Error("what is left out was brought")
	}

	// As up and open do while they hold the tunnel.
	opened := h.starts("open", "lab", "--json")
	opened.ready()
	put(filepath.Join(dir, "new", "here"), "H")
	comes(filepath.Join(there, "new", "here"), "H")
	h.run(0, "ssh", "lab", "--", "printf T >proj/there")
	comes(filepath.Join(dir, "there"), "T")
	if out := h.run(0, "ls"); !strings.Contains(out, "in sync\n") {
		t.Errorf("ls says\n%s", out)
	}
	h.run(0, "sync", "lab") // which the other program lets do it
	h.run(0, "ssh", "lab", "--", "printf L >proj/last")
	h.run(0, "stop", "lab")
	comes(filepath.Join(dir, "last"), "L")
	opened.interrupted()
	h.run(0, "rm", "lab", "--yes")
	for name, want := range map[string]string{"a.py": "print(1)\n", "new/here": "H", "there": "T", "last": "L", ".venv/lib": "left out"} {
		comes(filepath.Join(dir, name), want)
	}
	h.empty()
}
