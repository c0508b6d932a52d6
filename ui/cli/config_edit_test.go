package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The editor gets a file that says what can be set; what it leaves is checked.
func TestConfigEdit(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the editor of this test is a shell script")
	}
	editor := filepath.Join(t.TempDir(), "an editor") // a path with a space
	write(t, editor, "#!/bin/sh\ncp \"$1\" \"$(dirname \"$1\")/shown\"\ncat \"$(dirname \"$1\")/typed\" >\"$1\"\n")
	if err := os.Chmod(editor, 0o700); err != nil {
		t.Fatal(err)
	}
	r := (&run{terminal: true, env: map[string]string{"EDITOR": editor}}).set(t, "", "")
	typed, shown := filepath.Join(r.places.Home, "typed"), filepath.Join(r.places.Home, "shown")
	write(t, typed, "disk = 4\n")
	if code := r.do(t.Context(), "config", "edit"); code != exitUsage || !strings.Contains(r.err.String(), "disk of 4 GB") {
		t.Errorf("exit %d: %s", code, r.err.String())
	}
	if text, err := os.ReadFile(shown); err != nil || !strings.Contains(string(text), "\n# disk = 8\n") {
		t.Errorf("the editor was shown %q, %v", text, err)
	}
	write(t, typed, "disk = 40\n")
	if code := r.do(t.Context(), "config", "edit"); code != exitDone {
		t.Errorf("put right: exit %d: %s", code, r.err.String())
	}
	if text, err := os.ReadFile(shown); err != nil || string(text) != "disk = 4\n" {
		t.Errorf("the file was not shown as it was: %q, %v", text, err)
	}
	r.env["VISUAL"] = "'" + editor + `s' -a ''` // the shell reads it
	write(t, editor+"s", "#!/bin/sh\necho \"$#:$1:$2:\" >\"$(dirname \"$3\")/shown\"\n")
	if err := os.Chmod(editor+"s", 0o700); err != nil {
		t.Fatal(err)
	}
	if code := r.do(t.Context(), "config", "edit"); code != exitDone {
		t.Errorf("with quotes: exit %d: %s", code, r.err.String())
	}
	if text, err := os.ReadFile(shown); err != nil || string(text) != "3:-a::\n" {
		t.Errorf("the editor was given %q, %v", text, err)
	}
	r.env["VISUAL"] = editor + "-that-is-not-there --wait"
	if code := r.do(t.Context(), "config", "edit"); code != exitUsage || !strings.Contains(r.err.String(), "config set KEY VALUE") {
		t.Errorf("no editor: exit %d: %s", code, r.err.String())
	}
}
