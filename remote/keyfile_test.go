package remote

import (
	"os"
	"path/filepath"
	"testing"
)

// A program that was killed while it wrote leaves a part, never half a key
// under the key's name; the next one writes it whole.
func TestWriteKeyFileIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k.pem")
	if err := os.WriteFile(path+".part", []byte("half"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyFile(path, []byte("whole")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "whole" {
		t.Fatalf("got %q, %v", b, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
}
