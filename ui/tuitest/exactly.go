package tuitest

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
)

// Exactly fails unless a view has that many lines, each of that many cells.
func Exactly(t *testing.T, view string, width, height int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != max(height, 1) {
		t.Fatalf("%d lines, want %d", len(lines), height)
	}
	for i, line := range lines {
		if w := lipgloss.Width(line); w != width && height > 0 {
			t.Fatalf("line %d is %d cells wide, want %d: %q", i, w, width, line)
		}
	}
}
