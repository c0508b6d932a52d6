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
	return offer(runtime.GOOS, path, filepath.EvalSymlinks, func() bool {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return exec.CommandContext(ctx, "/usr/bin/xcode-select", "-p").Run() == nil
	})
}

// offer has links say where a path leads to, and tools whether the developer
// tools are there, which have the Python that runs then.
func offer(system, path string, links func(string) (string, error), tools func() bool) bool {
	if system != "darwin" {
		return false
	}
	if real, err := links(path); err == nil {
		path = real
	}
	return path == "/usr/bin/python3" && !tools()
}
