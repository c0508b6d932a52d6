package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Why no browser was started is told in words, and one that nobody could see is
// not started at all.
func TestABrowserThatCannotBeStarted(t *testing.T) {
	for name, c := range map[string]struct{ starter, display, want string }{
		"none":        {"", ":0", "there is no browser on this computer"},
		"finds none":  {"exit 3", ":0", "xdg-open found no browser"},
		"fails":       {"exit 4", ":0", "the program that starts browsers failed"},
		"no display":  {`: >"$STARTED"`, "", "this session has no display"},
		"starts well": {"exit 0", ":0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			started := filepath.Join(bin, "started")
			if c.starter != "" {
				if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\n"+c.starter+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			t.Setenv("STARTED", started)
			t.Setenv("DISPLAY", c.display)
			for _, other := range []string{"WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"} {
				t.Setenv(other, "")
			}
			_, err := openBrowser("http://localhost:8888/?token=secret")
			said := ""
			if err != nil {
				said = err.Error()
			}
			if (err != nil) != (c.want != "") || !strings.Contains(said, c.want) || strings.Contains(said, "exec:") || strings.Contains(said, "secret") {
				t.Errorf("%q, want %q", said, c.want)
			}
			if _, err := os.Stat(started); err == nil {
				t.Error("it was started where nobody could see it")
			}
		})
	}
}
