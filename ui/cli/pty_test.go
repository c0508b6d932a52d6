//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// terminal opens a terminal: what the person types into and reads from, and
// the program's end of it.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, program, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { _ = person.Close(); _ = program.Close() }) // the test is over
	return person, program
}

// until reads the terminal up to a text, and answers all that came.
func until(t *testing.T, person *os.File, text string) string {
	t.Helper()
	if err := person.SetReadDeadline(time.Now().Add(await.Wait)); err != nil {
		t.Logf("no deadline: %v", err) // then the test's own has to do
	}
	var all bytes.Buffer
	buf := make([]byte, 1024)
	for !strings.Contains(all.String(), text) {
		n, err := person.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			t.Fatalf("%q did not come: %v\n%s", text, err, all.String())
		}
	}
	return all.String()
}

func TestSecretIsNotShown(t *testing.T) {
	person, program := terminal(t)
	got := make(chan string, 1)
	go func() {
		secret, err := readSecret(t.Context(), program)
		if err != nil {
			t.Error(err)
		}
		got <- string(secret)
	}()
	awaitEcho(t, program, false)
	if _, err := io.WriteString(person, "open sesame\n"); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "open sesame" {
		t.Errorf("%q", s)
	}
	if _, err := io.WriteString(program, "end"); err != nil {
		t.Fatal(err)
	}
	if out := until(t, person, "end"); strings.Contains(out, "sesame") {
		t.Errorf("shown: %q", out)
	}
}

func TestSecretGivenUp(t *testing.T) {
	_, program := terminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := readSecret(ctx, program)
		done <- err
	}()
	awaitEcho(t, program, false)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	awaitEcho(t, program, true)
}

// awaitEcho waits until the terminal shows what is typed, or not.
func awaitEcho(t *testing.T, f *os.File, want bool) {
	t.Helper()
	await.Until(t, fmt.Sprintf("the terminal's echo to be %v", want), func() bool { return echoes(t, f) == want })
}

func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// On a terminal the program asks, and "no" leaves everything as it is.
func TestRmAsksOnATerminal(t *testing.T) {
	home := t.TempDir()
	setups := filepath.Join(home, "jupyter-ec2", "sandbox", "setups")
	if err := os.MkdirAll(setups, 0o700); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(setups, "abcdefghij.json")
	write(t, record, `{"id":"abcdefghij","sandbox":true,"answers":{"name":"lab"},"resources":{"instance_id":"i-0123"}}`)
	cmd := exec.Command(name, "rm", "lab")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home, "GORACE=atexit_sleep_ms=0")
	person, err := pty.Start(cmd)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	defer func() { _ = person.Close() }()
	if out := until(t, person, "[y/N]"); !strings.Contains(out, "i-0123") {
		t.Errorf("it does not say what is lost:\n%s", out)
	}
	if _, err := io.WriteString(person, "n\n"); err != nil {
		t.Fatal(err)
	}
	until(t, person, "Nothing was removed")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(record); err != nil {
		t.Error(err)
	}
}
