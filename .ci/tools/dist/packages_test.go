package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// Who removes a package is told what stays; who replaces it has lost nothing.
func TestRemovedSaysWhatStays(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	for args, says := range map[string]bool{
		"remove": true, "0": true, "0.1.0_rc1-r1": true, "": true,
		"upgrade 0.2.0": false, "failed-upgrade 0.2.0": false, "purge": false, "abort-install": false, "1": false, "2": false,
	} {
		script := fmt.Sprintf(removed, leftBehind)
		out, err := exec.CommandContext(t.Context(), "sh", append([]string{"-c", script, "removed"}, strings.Fields(args)...)...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "~/.local/state") != says {
			t.Errorf("%q: %v, %q", args, err, out)
		}
	}
}
