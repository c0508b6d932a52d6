package sshhost

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/python"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// pythonProof is what a python3 must be able to do for a host: make virtual
// environments and speak TLS. It prints where it really is, since the one on
// the PATH may be a script that only finds another.
const pythonProof = `import sys, ssl, venv
assert sys.version_info >= (3, 8), sys.version
print(sys.executable)`

// pythonDirs are where to look: the folders of the PATH, then the usual places.
func pythonDirs(path string) []string {
	return append(filepath.SplitList(path), "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin")
}

// findPython returns the path of the first python3 in dirs that the identity
// can run, by running it.
func findPython(ctx context.Context, who identity, dirs []string) (string, error) {
	seen := map[string]bool{}
	var last error
	for _, dir := range dirs {
		candidate := filepath.Join(dir, "python3")
		if !filepath.IsAbs(dir) || seen[candidate] || !isProgram(candidate) {
			continue
		}
		seen[candidate] = true
		if python.Offer(ctx, candidate) {
			continue
		}
		found, err := tryPython(ctx, who, candidate)
		if err == nil {
			return found, nil
		}
		last = err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return "", noPython(who, last)
}

// noPython explains that there is none; last is why the last one found will
// not do, nil when there was none at all.
func noPython(who identity, last error) error {
	p := &problem.Error{
		Kind:  problem.Failed,
		Title: "The sandbox needs python3", Err: last,
		Text: "No python3 was found on this computer.",
		Next: problem.Say("Install Python 3 (Debian and Ubuntu: apt install python3 python3-venv; macOS: xcode-select --install), then ").Do(problem.Retry).Say("."),
	}
	switch {
	case last != nil && who.drop:
		p.Text = "As root, the sandbox runs its hosts as the user nobody, and no python3 here can be run by that user with its ssl and venv modules."
		p.Next = problem.Say("Run the same command as an ordinary user, or install a python3 for all users (Debian and Ubuntu: apt install python3 python3-venv).")
	case last != nil:
		p.Text = "No python3 on this computer has its ssl and venv modules and is 3.8 or newer."
	}
	return p
}

// proofPatience is how long a computer that has much else to do may take for the
// proof, and outputPatience for handing over what it printed.
const (
	proofPatience  = time.Minute
	outputPatience = 10 * time.Second
)

// tryPython runs the proof with the python at path and answers where it really is.
func tryPython(ctx context.Context, who identity, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, proofPatience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, "-I", "-c", pythonProof)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/"}
	cmd.SysProcAttr = who.apply(false)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = outputPatience
	if err := cmd.Run(); err != nil {
		return "", &pythonError{path: path, said: lastLine(stderr.String()), err: err}
	}
	if real := strings.TrimSpace(stdout.String()); filepath.IsAbs(real) {
		return real, nil
	}
	return path, nil
}

// pythonError says why a python3 will not do.
type pythonError struct {
	path, said string
	err        error
}

func (e *pythonError) Error() string {
	if e.said != "" {
		return e.path + ": " + e.said
	}
	return e.path + ": " + e.err.Error()
}

func (e *pythonError) Unwrap() error { return e.err }

// lastLine is the last line of a text that says something.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
