package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program in a folder with a space gets its words as the config file has them.
func TestShellCommandTakesQuotes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my tools")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "creds.cmd")
	if err := os.WriteFile(program, []byte("@echo off\r\necho [%~1][%~2]\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := shellCommand(t.Context(), `"`+program+`" "one two" three`).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "[one two][three]" {
		t.Errorf("it got %q, %v", got, err)
	}
}
