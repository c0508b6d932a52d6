package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestDebugLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &run{engine: made(stepstest.Has{}), env: map[string]string{traceVariable: path}}
	if code := r.do(t.Context(), "stop", "nothing-of-that-name", "--json"); code != exitUsage {
		t.Fatalf("exit code %d, %s", code, r.err.String())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", `msg=start pid=`, `command="jupyter-ec2 stop" flags=[json]`, `msg=failed`, `problem=answers`, `msg=end`, `exit=2`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "nothing-of-that-name") {
		t.Errorf("a word of the command line is in it:\n%s", b)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if r.err.String() != "" {
		t.Errorf("on the terminal: %q", r.err.String())
	}
}

func TestDebugFlagNamesItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	r := &run{engine: made(stepstest.Has{}), env: map[string]string{traceVariable: path}}
	if code := r.do(t.Context(), "ls", "--debug"); code != exitDone || !strings.Contains(r.err.String(), "Debug log: "+path) {
		t.Errorf("exit code %d, %q", code, r.err.String())
	}
}

func TestDebugLogIsRefused(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(there, link); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{dir, link, filepath.Join(dir, "none", "trace")} {
		r := &run{engine: made(stepstest.Has{}), env: map[string]string{traceVariable: path}}
		if code := r.do(t.Context(), "ls"); code != exitUsage || !strings.Contains(r.err.String(), "The debug log cannot be written") {
			t.Errorf("%s: exit code %d, %q", path, code, r.err.String())
		}
	}
}

// Two processes may write to one debug log, and both keep to its bound.
func TestDebugLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace")
	first, err := openTrace(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	second, err := openTrace(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 99) + "\n"
	for i := range 105 {
		if _, err := []*traceFile{first, second}[i%2].Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []*traceFile{first, second} {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]int{path: 500, path + ".1": 1000} {
		b, err := os.ReadFile(name)
		if err != nil || len(b) != want || strings.Trim(string(b), "x\n") != "" {
			t.Errorf("%s has %d bytes, want %d, %v", name, len(b), want, err)
		}
	}
	if all, _ := filepath.Glob(path + "*"); len(all) != 2 {
		t.Errorf("%q", all)
	}
}

func TestSecretsAreTakenOutOfTheTrace(t *testing.T) {
	var b strings.Builder
	newTrace(&b).Warn("odd", "url", "http://user:hunter2@host/?token=0123456789abcdef", "err", os.ErrInvalid, "text", "a\x1b[31mb\nc")
	for _, no := range []string{"hunter2", "0123456789abcdef", "\x1b", "\nc"} {
		if strings.Contains(b.String(), no) {
			t.Errorf("%q is in %q", no, b.String())
		}
	}
	if !strings.Contains(b.String(), "err=\"invalid argument\"") {
		t.Errorf("%q", b.String())
	}
}
