package sshhost

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// toolDirs hold the computer's ordinary commands; the first that has one wins.
var toolDirs = [...]string{"/usr/bin", "/bin", "/usr/local/bin"}

// kept are patterns of commands a host does not have: those that change the
// computer or become another user, the Pythons and Jupyters beside the one
// python3 that is known to work, and Node's, which every start of a Jupyter
// asks for half a second (a new machine has none of them either).
var kept = []string{
	"sudo*", "su", "doas", "pkexec", "runuser", "newgrp", "sg", "chsh", "chfn", "passwd", "run0",
	"apt*", "aptitude*", "dpkg*", "snap*", "flatpak*", "dnf*", "yum*", "rpm*", "zypper", "pacman*", "apk", "brew",
	"unattended-upgrade*", "add-apt-repository", "do-release-upgrade",
	"systemctl", "systemd*", "journalctl", "loginctl", "timedatectl", "hostnamectl", "localectl",
	"machinectl", "busctl", "service", "launchctl", "crontab", "at", "batch",
	"shutdown", "reboot", "poweroff", "halt", "telinit", "init",
	"cloud-init*", "aws", "aws_completer", "docker*", "podman*", "kubectl",
	"python*", "pip*", "pydoc*", "idle*", "2to3*", "easy_install*", "conda*", "mamba*", "virtualenv*", "pyenv*",
	"jupyter*", "ipython*", "uv", "uvx",
	"node", "nodejs", "npm", "npx", "corepack",
	"needrestart",
}

// fillBin makes dir a folder of links to the computer's commands, without the
// kept ones, with a python3 that runs python, and with commands of its own that
// switch the host off or change its key. It is made again each time.
func fillBin(dir, python string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := makeDir(dir, 0o755); err != nil {
		return err
	}
	for _, from := range toolDirs {
		entries, err := os.ReadDir(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || isKept(e.Name()) {
				continue
			}
			err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name()))
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	for name, script := range hostScripts() {
		if err := writeScript(filepath.Join(dir, name), script); err != nil {
			return err
		}
	}
	// A script and not a link: Python finds its library from the path it was
	// started by, and virtual environments remember that path.
	return writeScript(filepath.Join(dir, "python3"), "exec "+quote(python)+" \"$@\"\n")
}

// writeScript makes a command of a shell script.
func writeScript(path, script string) error {
	// #nosec G306 -- commands are for the hosts' user too, who may be nobody
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		return err
	}
	return os.Chmod(path, 0o755) // #nosec G302 -- likewise, whatever the umask
}

// isKept reports whether a host must not have the command.
func isKept(name string) bool {
	for _, pattern := range kept {
		if ok, _ := path.Match(pattern, name); ok { // the patterns are well-formed: a test says so
			return true
		}
	}
	return false
}

// quote is s as one word of a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
