//go:build linux || darwin

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// shells are those whose completion a person types at in the test: how each is
// started without the person's own settings, and what loads the program's script.
var shells = map[string]struct {
	args []string
	load string
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"}, `. /usr/share/bash-completion/bash_completion; source <(jupyter-ec2 completion bash)`},
	"zsh":  {[]string{"-f", "-i"}, `PS1='$ '; autoload -U compinit; compinit -u; source <(jupyter-ec2 completion zsh)`},
	"fish": {[]string{"--no-config", "-i"}, `jupyter-ec2 completion fish | source`},
}

// A name that is begun is finished by Tab, in each of the three shells.
func TestNamesCompleteInShells(t *testing.T) {
	for shell, how := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				missing(t, shell)
			}
			if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); shell == "bash" && err != nil {
				missing(t, "bash-completion")
			}
			s := tuitest.Open(t, 100, 30)
			cmd := exec.Command(path, how.args...)
			cmd.Env = append(os.Environ(), append(labHome(t), "TERM=xterm-256color", "PS1=$ ")...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = s.TTY, s.TTY, s.TTY
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait() // it was killed
			})
			s.See(`(?m)[$>#] *$`)
			s.Press(how.load + "; echo load''ed\r")
			s.See(`(?m)^loaded`)
			s.Press("jupyter-ec2 status lab\t")
			s.See(`status laboratory`)
			s.Press("\x15jupyter-ec2 cp lab\t")
			s.See(`cp laboratory\\?:`)
			s.Press("\x15jupyter-ec2 mode laboratory gat\t")
			s.See(`laboratory gateway`)
		})
	}
}

// missing skips a test on a person's computer; where .ci/deps has installed
// everything, what is missing is a fault.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not there", what)
	}
	t.Skipf("%s is not there", what)
}

// labHome is a home with one setup in the sandbox, "laboratory".
func labHome(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	setups := filepath.Join(home, "state", name, "sandbox", "setups")
	if err := os.MkdirAll(setups, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(setups, "abcdefghij.json"),
		`{"id":"abcdefghij","sandbox":true,"answers":{"name":"laboratory","type":"t2.micro","mode":"ssh"},"resources":{"instance_id":"i-0123"}}`)
	return []string{
		"HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"AWS_CONFIG_FILE=" + filepath.Join(home, "none"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "none"),
		"GORACE=atexit_sleep_ms=0",
	}
}
