//go:build unix

package jupyter

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

var (
	//go:embed testdata/properties/properties.py
	properties string
	//go:embed testdata/properties/requirements.txt
	propertiesNeed []byte
)

// Whatever lies in its files, and whatever a server, a process list or a GPU
// says, the watcher continues and its status can be read. JUPYTER_EC2_EXAMPLES is
// how often each is tried; above 1000 they are others each time.
func TestWatcherProperties(t *testing.T) {
	if testing.Short() {
		t.Skip("tries many examples")
	}
	t.Parallel()
	await.Allow(t, await.Long, "tries many examples")
	python, err := hypothesis()
	if err != nil {
		t.Fatal(err)
	}
	dir := watcherFolder(t, map[string]string{"properties.py": properties})
	cmd := exec.CommandContext(t.Context(), python, "properties.py", cmp.Or(os.Getenv("JUPYTER_EC2_EXAMPLES"), "50"))
	// Nothing of the user's: no state folder, no sandbox.
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// hypothesis is the Python that has it, which make deps puts into a folder
// of the user's cache with a copy of the requirements as its last file.
func hypothesis() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find hypothesis: %w", err)
	}
	version := regexp.MustCompile(`(?m)^hypothesis==(\S+)`).FindSubmatch(propertiesNeed)
	if version == nil {
		return "", fmt.Errorf("find hypothesis: no version of it in requirements.txt")
	}
	folder := filepath.Join(cache, "jupyter-ec2-tests", "hypothesis-"+string(version[1]))
	installed, err := os.ReadFile(filepath.Join(folder, "requirements.txt"))
	if err != nil || !bytes.Equal(installed, propertiesNeed) {
		return "", fmt.Errorf("hypothesis is not installed in %s: run make deps", folder)
	}
	return filepath.Join(folder, "bin", "python"), nil
}

// watcherFolder is a folder with the watcher in "watch", and other files.
func watcherFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "watch"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range watcher() {
		write("watch/"+name+".py", text)
	}
	for name, content := range files {
		write(name, content)
	}
	return dir
}
