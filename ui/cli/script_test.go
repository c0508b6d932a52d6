package cli

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// liveWork is the name by which the tests' program is an "up" at work.
const liveWork = "live-work"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){name: func() { os.Exit(Main()) }, visitor: visit, liveWork: workLive})
}

// TestScripts runs the program as a person would, in a home of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               ownHome,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that has to end with an exit code: exits 2 program args...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args...]")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if args[0] != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// ownHome keeps a script away from the person's own files, accounts and sandbox.
func ownHome(env *testscript.Env) error {
	home := env.WorkDir + "/home"
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	for k, v := range map[string]string{
		"HOME": home, "USERPROFILE": home, "LOCALAPPDATA": home,
		"XDG_STATE_HOME": home + "/state", "XDG_CONFIG_HOME": home + "/config", "XDG_CACHE_HOME": home + "/cache",
		"AWS_CONFIG_FILE": home + "/aws/config", "AWS_SHARED_CREDENTIALS_FILE": home + "/aws/credentials",
		"AWS_EC2_METADATA_DISABLED": "true",
		"NO_COLOR":                  "1",
		// The race detector otherwise waits a second at the end of each process.
		"GORACE": "atexit_sleep_ms=0",
	} {
		env.Setenv(k, v)
	}
	return nil
}
