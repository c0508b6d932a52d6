package contract

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// requirements say which moto the contract was written for; make deps installs it.
//
//go:embed requirements.txt
var requirements []byte

// images are Canonical's images as moto is to have them; it brings none of
// these releases. In the form of moto/ec2/resources/amis.json.
//
//go:embed amis.json
var images []byte

// serve runs moto until its standard input ends, which it does when the test
// ends in whatever way, killed too. Port 0 is any free one.
const serve = `
import os, sys, threading
def orphaned():
    sys.stdin.buffer.read()
    os._exit(0)
threading.Thread(target=orphaned, daemon=True).start()
from moto.server import main
main(["-H", "127.0.0.1", "-p", "0"])
`

// Moto is a running moto server. It takes any credentials until Enforce.
type Moto struct {
	URL string // "http://127.0.0.1:49152"
}

// StartMoto starts a moto server that ends with the test. Where moto is not
// installed the test is skipped, but in CI it fails.
func StartMoto(t *testing.T) *Moto {
	t.Helper()
	python, err := motoPython()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	list := filepath.Join(t.TempDir(), "amis.json")
	if err := os.WriteFile(list, images, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", serve)
	// Without these moto launches whatever it is asked for.
	cmd.Env = append(os.Environ(),
		"MOTO_ENABLE_KEYPAIR_VALIDATION=true", "MOTO_ENABLE_AMI_VALIDATION=true", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION=true",
		"MOTO_AMIS_PATH="+list, "PYTHONUNBUFFERED=1", "NO_COLOR=1")
	said := &log{listening: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = said, said
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start moto: %v", err)
	}
	var end error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Process.Kill() // it has nothing to lose
		<-ended
		if t.Failed() {
			t.Logf("moto's last words:\n%s", said)
		}
	})
	select {
	case url := <-said.listening:
		return &Moto{URL: url}
	case <-ended:
		t.Fatalf("moto ended: %v", end)
	case <-time.After(await.Wait):
		t.Fatalf("moto does not listen after %s", await.Wait)
	}
	return nil
}

// motoPython is the Python that has moto, which make deps puts into a folder of
// the user's cache with a copy of the requirements as its last file.
func motoPython() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find moto: %w", err)
	}
	version := regexp.MustCompile(`(?m)^moto==(\S+)`).FindSubmatch(requirements)
	if version == nil {
		return "", fmt.Errorf("find moto: no version of it in requirements.txt")
	}
	folder := filepath.Join(cache, "jupyter-ec2-tests", "moto-"+string(version[1]))
	installed, err := os.ReadFile(filepath.Join(folder, "requirements.txt"))
	if err != nil || !bytes.Equal(installed, requirements) {
		return "", fmt.Errorf("moto is not installed in %s: run make deps", folder)
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(folder, "Scripts", "python.exe"), nil
	}
	return filepath.Join(folder, "bin", "python"), nil
}

// Reset empties moto and takes any credentials again.
func (m *Moto) Reset(t *testing.T) {
	t.Helper()
	m.post(t, "/moto-api/reset", "")
	m.post(t, "/moto-api/reset-auth", "inf")
}

// Enforce has moto check credentials, signatures and policies from now on.
func (m *Moto) Enforce(t *testing.T) {
	t.Helper()
	m.post(t, "/moto-api/reset-auth", "0")
}

func (m *Moto) post(t *testing.T, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, m.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("moto: %v", err)
	}
	answer, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("moto answers POST %s with %s: %s", path, resp.Status, answer)
	}
}

// log keeps the last lines that moto printed and finds its address in them.
type log struct {
	listening chan string

	mu    sync.Mutex
	lines []string
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for lines := bufio.NewScanner(bytes.NewReader(p)); lines.Scan(); {
		l.lines = append(l.lines, lines.Text())
		if url := regexp.MustCompile(`Running on (http://[0-9.]+:[0-9]+)`).FindStringSubmatch(lines.Text()); url != nil {
			select {
			case l.listening <- url[1]:
			default:
			}
		}
	}
	l.lines = slices.Clone(l.lines[max(0, len(l.lines)-40):])
	return len(p), nil
}

// String is what is kept.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
