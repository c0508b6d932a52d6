package main

import (
	"bytes"
	"debug/macho"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkMac holds a binary for macOS to its wheel's tag, by which pip chooses
// it: what it asks of the system (LC_BUILD_VERSION) is written by Go's linker,
// and a newer Go asks for more.
func checkMac(t *testing.T, binary []byte, target target) {
	t.Helper()
	f, err := macho.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	const buildVersion, macOS = 0x32, 1
	for _, l := range f.Loads {
		raw := l.Raw()
		if len(raw) < 16 || f.ByteOrder.Uint32(raw) != buildVersion {
			continue
		}
		platform, oldest := f.ByteOrder.Uint32(raw[8:]), f.ByteOrder.Uint32(raw[12:])
		want := fmt.Sprintf("macosx_%d_%d_", oldest>>16, oldest>>8&0xff)
		if platform != macOS || !strings.HasPrefix(platforms[target], want) {
			t.Errorf("the binary is for platform %d, %s, and the tag is %s", platform, want, platforms[target])
		}
		return
	}
	t.Error("the binary does not say which macOS it needs")
}

// The tags are those of this Go, before there is a wheel.
func TestMacTagsAreGos(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for other systems")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := writeFile(source, []byte("package main\n\nfunc main() {}\n")); err != nil {
		t.Fatal(err)
	}
	for target := range platforms {
		if target.system != "darwin" {
			continue
		}
		name := filepath.Join(dir, target.arch)
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", name, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+target.system, "GOARCH="+target.arch)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		checkMac(t, read(t, dir, target.arch), target)
	}
}
