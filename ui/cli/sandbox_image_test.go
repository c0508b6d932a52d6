//go:build linux || darwin

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An image of a machine brings to another one what is installed and the user's
// files, and nothing secret: a credential in the home folder, and the server's
// token, are on the first machine alone. It has its own back afterwards.
func TestSandboxImage(t *testing.T) {
	const secret = "PLANTED-SECRET-ACCESS-KEY" // #nosec G101 -- nobody's
	h := newHome(t)
	first := h.goes("up", "--sandbox", "--yes", "--no-tunnel", "--name", "lab", "--idle-stop", "never")
	h.run(0, "ssh", "lab", "--", "umask 077; mkdir .aws work && printf '[default]\\naws_secret_access_key = "+secret+"\\n' >.aws/credentials && echo KEPT >work/notes.txt")
	h.leavesOut("/.aws")

	var made jsonImage
	if h.json(&made, "image", "image", "save", "lab", "--name", "team", "--yes"); made.Name != "team" || made.State != "available" {
		t.Errorf("the image is %+v", made)
	}
	if out := h.run(0, "ssh", "lab", "--", "cat .aws/credentials; stat -c %a .aws/credentials || stat -f %Lp .aws/credentials"); !strings.Contains(out, secret) || !strings.Contains(out, "600") {
		t.Errorf("on the first machine afterwards: %q", out)
	}
	lab := h.starts("open", "lab", "--json")
	again := lab.ready()
	if answers(t, again.URL); tokenOf(t, again.URL) == tokenOf(t, first.URL) {
		t.Error("the token is the one that may be left in the disk's free blocks")
	}
	lab.interrupted()

	second := h.fromImage("second", "team")
	if !strings.Contains(second.Proof, "42") || second.InstanceID == first.InstanceID {
		t.Errorf("the second machine: %+v", second)
	}
	if out := h.run(0, "ssh", "second", "--", "cat work/notes.txt; ls -a"); !strings.HasPrefix(out, "KEPT\n") || strings.Contains(out, ".aws") {
		t.Errorf("on the second machine: %q", out)
	}
	own := h.disk(h.machine("lab")) + string(filepath.Separator)
	kept := h.holding(secret)
	if len(kept) == 0 {
		t.Error("the first machine's secret is not found where it is")
	}
	for _, path := range kept {
		if !strings.HasPrefix(path, own) {
			t.Errorf("%s holds a secret of the first machine", path)
		}
	}
	for _, path := range h.holding(tokenOf(t, first.URL)) {
		t.Errorf("%s holds the token of before the image", path)
	}

	h.run(0, "image", "rm", "team", "--sandbox", "--yes")
	h.run(0, "rm", "lab", "--yes")
	h.run(0, "rm", "second", "--yes")
	h.empty()
	// Jupyter's own folders on this computer are its user's.
	for _, folder := range []string{".jupyter", ".local/share/jupyter", "Library/Jupyter", ".ipython"} {
		if _, err := os.Lstat(filepath.Join(h.dir, folder)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a folder %s here: %v", folder, err)
		}
	}
}

// leavesOut sees that an image of lab would not hold what is at such a path.
func (h *home) leavesOut(at string) {
	h.t.Helper()
	out := h.run(0, "image", "save", "lab", "--dry-run", "--json")
	for line := range strings.Lines(out) {
		var c jsonContent
		if json.Unmarshal([]byte(line), &c) == nil && strings.HasSuffix(c.Path, at) && !c.InImage && c.What == "credentials" {
			return
		}
	}
	h.t.Errorf("%s is not said to be left out:\n%s", at, out)
}

// fromImage launches a machine from an image, which installs nothing, and is not
// said to have been installed by hand.
func (h *home) fromImage(called, image string) (got jsonReady) {
	h.t.Helper()
	out := h.run(0, "up", "--sandbox", "--yes", "--json", "--no-tunnel", "--name", called, "--image", image, "--idle-stop", "never")
	versions := false
	for line := range strings.Lines(out) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			h.t.Fatalf("not JSON: %s", line)
		}
		switch {
		case e.Kind == "ready":
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				h.t.Fatal(err)
			}
		case e.Step != "install":
		case strings.Contains(e.Text, "pip install"), strings.Contains(e.Text, " downloaded"):
			h.t.Errorf("it installs what is in the image: %s", e.Text)
		case strings.Contains(e.Text, "jupyter notebook --version"):
			versions = true
		}
	}
	if !versions {
		h.t.Errorf("no version is asked for by hand:\n%s", out)
	}
	return got
}

// holding are the files of the program's, and of the sandbox's machines and
// images, that have a text in them.
func (h *home) holding(text string) (paths []string) {
	h.t.Helper()
	state := filepath.Join(h.dir, "state")
	// As root, the sandbox's hosts are elsewhere, and it has a link to there.
	for _, root := range []string{state, filepath.Join(state, name, "sandbox", "cloud", "hosts")} {
		root, err := filepath.EvalSymlinks(root)
		if err == nil {
			err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
				if errors.Is(err, fs.ErrNotExist) {
					return nil // a machine that runs makes and removes files and folders
				}
				if err != nil || !e.Type().IsRegular() {
					return err
				}
				b, err := os.ReadFile(path)
				if errors.Is(err, fs.ErrNotExist) {
					return nil // likewise
				}
				if bytes.Contains(b, []byte(text)) {
					paths = append(paths, path)
				}
				return err
			})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return paths
}
