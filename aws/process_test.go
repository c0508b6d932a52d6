//go:build unix

package aws

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// program writes a shell script and a profile that gets its credentials from it.
func program(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "creds")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncd "+dir+"\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	awsHome(t, "[profile p]\ncredential_process = "+path+"\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = p\n[profile own]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_process = "+path+"\n", "")
	t.Setenv("AWS_ENDPOINT_URL_STS", assumer(t).URL)
	return dir
}

const goodOutput = `echo '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s"}'` + "\n"

// What the program asks is told while it waits, also when it has not ended the
// line, and also when it is behind a role, another profile's or its own.
func TestCredentialProcessAsks(t *testing.T) {
	for _, profile := range []string{"p", "role", "own"} {
		t.Run(profile, func(t *testing.T) {
			// It continues only once its question has been told.
			dir := program(t, `printf '\033[1mTouch your key' >&2; until [ -e touched ]; do sleep 0.05; done; `+goodOutput)
			said := make(chan string, 10)
			a, err := Open(t.Context(), Options{Profile: profile, Tell: func(s string) {
				said <- s
				if err := os.WriteFile(filepath.Join(dir, "touched"), nil, 0o600); err != nil {
					t.Error(err)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Identity(t.Context())
			if got := <-said; got != "credential_process: Touch your key" {
				t.Errorf("said %q", got)
			}
			if profile != "p" {
				// This STS wants an MFA code for roles: the request was signed and sent.
				if codeOf(err) != codeMFAWrong {
					t.Error(err)
				}
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// children reads the process IDs that the program wrote.
func children(t *testing.T, dir string) []int {
	t.Helper()
	var ids []int
	for _, name := range []string{"parent", "child"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		id, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// hangs starts a child that holds the output open, and waits for ever. It says
// when both run.
const hangs = `echo run >>runs; echo $$ >parent; sleep 1000 & echo $! >child; echo waiting >&2; wait`

func gone(t *testing.T, ids []int) {
	t.Helper()
	for _, id := range ids {
		await.Until(t, fmt.Sprintf("the end of process %d", id), func() bool { return syscall.Kill(id, 0) != nil || zombie(id) })
	}
}

// zombie reports whether a process has ended and nobody has asked for it: the
// first process of some containers never does.
func zombie(id int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	return err == nil && strings.Contains(string(b), ") Z ")
}

func TestCredentialProcessIsStopped(t *testing.T) {
	dir := program(t, hangs)
	ctx, cancel := context.WithCancel(t.Context())
	a, err := Open(ctx, Options{Profile: "p", Tell: func(string) { cancel() }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Identity(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	gone(t, children(t, dir))
}

// withALimit does something with a program that hangs, and once more with a longer
// limit for as long as do reports that the program was ended before it hung: on a
// busy computer it may take long to start at all.
func withALimit(t *testing.T, do func(limit time.Duration) bool) {
	t.Helper()
	for limit := time.Second; !do(limit); limit *= 4 {
		if limit > time.Minute {
			t.Fatalf("within %v the program did not come to where it hangs", limit)
		}
	}
}

// A program that hangs is ended at its limit, and is not tried again.
func TestCredentialProcessHasALimit(t *testing.T) {
	withALimit(t, func(limit time.Duration) bool {
		dir := program(t, hangs)
		t.Setenv(ProcessLimitEnv, limit.String())
		var hung atomic.Bool
		a, err := Open(t.Context(), Options{Profile: "p", Tell: func(string) { hung.Store(true) }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Identity(t.Context())
		_, title, text, next := explained(t, err)
		if title != "The credential_process failed" || !strings.Contains(text, "line 2 of ~") || !strings.Contains(text, "within "+limit.String()) || !strings.Contains(next, ProcessLimitEnv) {
			t.Errorf("%q %q %q (%v)", title, text, next, err)
		}
		if !hung.Load() {
			return false
		}
		gone(t, children(t, dir))
		if runs, err := os.ReadFile(filepath.Join(dir, "runs")); err != nil || string(runs) != "run\n" {
			t.Errorf("it ran as %q, %v", runs, err)
		}
		return true
	})
}

func TestCredentialProcessLimitUnreadable(t *testing.T) {
	program(t, goodOutput)
	t.Setenv(ProcessLimitEnv, "soon")
	_, err := Open(t.Context(), Options{Profile: "p"})
	if _, _, text, next := explained(t, err); !strings.Contains(text, ProcessLimitEnv) || !strings.Contains(next, "Correct "+ProcessLimitEnv+" or remove it") {
		t.Errorf("%q (%v)", text, err)
	}
}

// fails notes its run, and gives no credentials.
const fails = "echo run >>runs; echo asking >&2; exit 3\n"

// ran is how often the program ran.
func ran(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "run\n")
}

// However many calls need credentials, at once and one after the other, a
// program that gives none is run once, hangs included, also behind a role. An
// account that is opened again runs it again: it may have been mended.
func TestCredentialProcessFailsOnce(t *testing.T) {
	for name, script := range map[string]string{
		"fails":   fails,
		"babbles": "echo run >>runs; echo rubbish\n",
		"hangs":   hangs,
	} {
		for _, profile := range []string{"p", "role", "own"} {
			if profile != "p" && name == "hangs" {
				continue // as the others, and slower
			}
			t.Run(name+"/"+profile, func(t *testing.T) {
				if name != "hangs" { // and takes as long as it takes
					failsOnce(t, script, profile, time.Minute)
					return
				}
				withALimit(t, func(limit time.Duration) bool { return failsOnce(t, script, profile, limit) })
			})
		}
	}
}

// failsOnce reports false where a program that hangs was ended before it hung.
func failsOnce(t *testing.T, script, profile string, limit time.Duration) bool {
	t.Helper()
	dir := program(t, script)
	t.Setenv("AWS_ENDPOINT_URL", os.Getenv("AWS_ENDPOINT_URL_STS"))
	t.Setenv(ProcessLimitEnv, limit.String())
	var hung atomic.Int32
	tooSoon := func(runs int32) bool { return script == hangs && hung.Load() < runs }
	o := Options{Profile: profile, Tell: func(string) { hung.Add(1) }}
	a, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if a.CredentialsFailed() {
		t.Error("failed before it ran")
	}
	calls := []func() error{
		func() error { _, err := a.Identity(t.Context()); return err },
		func() error { _, err := a.Regions(t.Context()); return err },
		func() error { _, err := a.In("eu-west-1").Ours(t.Context()); return err },
		func() error { _, err := a.In("eu-west-2").Ours(t.Context()); return err },
	}
	var all sync.WaitGroup
	for _, call := range calls {
		all.Go(func() {
			if err := call(); codeOf(err) != codeProcessFailed {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, call := range calls {
		if err := call(); codeOf(err) != codeProcessFailed {
			t.Error(err)
		}
	}
	if tooSoon(1) {
		return false
	}
	if n := ran(t, dir); n != 1 || !a.CredentialsFailed() {
		t.Errorf("it ran %d times (%v)", n, a.CredentialsFailed())
	}
	again, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Identity(t.Context()); codeOf(err) != codeProcessFailed {
		t.Error(err)
	}
	if tooSoon(2) {
		return false
	}
	if n := ran(t, dir); n != 2 {
		t.Errorf("opened again, it ran %d times in all", n)
	}
	return true
}
