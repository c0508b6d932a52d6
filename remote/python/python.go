// Package python knows what this computer's python3 is before it is run.
package python

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// Offer reports whether a python3 is only the one that macOS has where there is
// no Python: running it opens a window that offers to install Apple's developer
// tools, and waits.
func Offer(ctx context.Context, path string) bool {
	return offer(runtime.GOOS, path, func() bool {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return exec.CommandContext(ctx, "/usr/bin/xcode-select", "-p").Run() == nil
	})
}

// offer has tools say whether the developer tools are there, which have the
// Python that runs then.
func offer(system, path string, tools func() bool) bool {
	if system != "darwin" {
		return false
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path == "/usr/bin/python3" && !tools()
}
