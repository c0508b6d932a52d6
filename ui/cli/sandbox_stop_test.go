//go:build linux || darwin

package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// The end of the sandbox says what stays; --purge removes it, of all that the
// program knows of the sandbox, when the person agrees.
func TestSandboxStopNamesItsDisks(t *testing.T) {
	env := append(ownEnv(t), "GORACE=atexit_sleep_ms=0")
	state := filepath.Join(strings.TrimPrefix(env[len(env)-5], "XDG_STATE_HOME="), name)
	disk := filepath.Join(state, "sandbox", "cloud", "hosts", "i-0123456789abcdef0", "home", "notebook.ipynb")
	record := filepath.Join(state, "sandbox", "setups", "abcdefghij.json")
	other := filepath.Join(state, "aws", "setups", "klmnopqrst.json")
	for _, path := range []string{disk, record, other} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, strings.Repeat("x", 3<<20))
	}
	there := func(path string) bool {
		_, err := os.Stat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return err == nil
	}
	do := func(code int, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, append([]string{"sandbox", "stop"}, args...)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if said := do(0); !strings.Contains(said, "the disks of 1 machine, 3.0 MiB") || !strings.Contains(said, "--purge") || !there(disk) {
		t.Errorf("it said %s", said)
	}
	status := exec.CommandContext(t.Context(), name, "sandbox", "status")
	status.Env = env
	if said, err := status.CombinedOutput(); err != nil || !strings.Contains(string(said), "the disks of 1 machine, 3.0 MiB") {
		t.Errorf("status said %s, %v", said, err)
	}
	asJSON := exec.CommandContext(t.Context(), name, "sandbox", "status", "--json")
	asJSON.Env = env
	said, err := asJSON.Output()
	if all := lines(t, string(said)); err != nil || len(all) != 1 || all[0]["kind"] != "sandbox" || all[0]["running"] != false || all[0]["disks"] != 1.0 {
		t.Errorf("status with --json said %s, %v", said, err)
	}
	if said := do(exitUsage, "--purge"); !strings.Contains(said, "--yes") || !there(disk) {
		t.Errorf("without a terminal it said %s", said)
	}

	s := tuitest.Open(t, 80, 24)
	cmd := exec.CommandContext(t.Context(), name, "sandbox", "stop", "--purge")
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, s.TTY, s.TTY, s.TTY
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.See(`3\.0 MiB, with all files(?s:.*)\[y/N\]`)
	s.Press("n" + tuitest.Enter)
	s.See("Nothing was removed")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted || !there(disk) || !there(record) {
		t.Errorf("%v; the disk is there: %v", err, there(disk))
	}

	if said := do(0, "--purge", "--yes"); !strings.Contains(said, "3.0 MiB") || there(disk) || there(record) || !there(other) {
		t.Errorf("it said %s; the disk is there: %v, the record: %v, what is on AWS: %v", said, there(disk), there(record), there(other))
	}
	if said := do(0); strings.Contains(said, "kept") {
		t.Errorf("with nothing there it said %s", said)
	}
}

// Nothing is ended or removed in a folder where somebody else could have put a
// link to it.
func TestTheSandboxIsLeftAloneWhereOthersCanWrite(t *testing.T) {
	for _, exposed := range []string{"", "sandbox", "sandbox/cloud"} {
		for _, args := range []string{"stop", "stop --purge --yes"} {
			state := t.TempDir()
			t.Setenv("XDG_STATE_HOME", state)
			xdg.Reload()
			t.Cleanup(xdg.Reload) // after the variable is as it was
			precious := filepath.Join(state, "precious", "file")
			hosts := filepath.Join(state, name, "sandbox", "cloud", "hosts")
			for _, path := range []string{precious, hosts} {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write(t, precious, "x")
			if err := os.Symlink(filepath.Dir(precious), hosts); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(state, name, exposed), 0o777); err != nil {
				t.Fatal(err)
			}
			r := run{}
			code := r.do(t.Context(), append([]string{"sandbox"}, strings.Fields(args)...)...)
			if _, err := os.Stat(precious); code != 1 || err != nil {
				t.Errorf("%s, %q: exit code %d, %v", args, exposed, code, err)
			}
			has(t, args, r.err.String(), "Others can write to the program's folder", "chmod go-w")
		}
	}
}
