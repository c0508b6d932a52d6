package sshhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Computer is what this computer gives to its hosts. It is made by [Prepare].
type Computer struct {
	dir   string // a folder for each host, and bin and certs beside them
	who   identity
	env   map[string]string // what every process of every host has
	shell string
}

// Folders in a Computer's dir that are no hosts.
const (
	binDir   = "bin"
	certsDir = "certs"
)

// Check tells, without changing anything, whether this computer can run hosts:
// nil, or an error that explains what is missing. environ is as of [Prepare].
func Check(ctx context.Context, environ []string) error {
	_, err := find(ctx, environ)
	return err
}

// Dropped reports whether hosts run as another, unprivileged user, because the
// program is root. The dir of Prepare must then be reachable by that user.
func Dropped() bool { return hostIdentity().drop }

// Reachable reports whether the user that hosts run as can get into dir.
func Reachable(dir string) bool { return hostIdentity().reaches(dir) }

// Prepare makes dir ready, in which every host gets a folder, and finds out
// what this computer has. environ is the environment to take settings from, as
// os.Environ gives it: index, proxy and certificate settings reach the hosts,
// nothing else does.
//
// When the program is root, hosts run as the user nobody, and dir must be
// reachable by others, as /var/tmp is and /root is not.
//
// From then on this process is not stopped from a terminal (SIGTSTP and its
// like): its hosts' processes would inherit what it ignores.
func Prepare(ctx context.Context, dir string, environ []string) (*Computer, error) {
	f, err := find(ctx, environ)
	if err != nil {
		return nil, err
	}
	c := &Computer{dir: dir, who: f.who, env: f.env, shell: f.shell}
	mode := fs.FileMode(0o700)
	if c.who.drop {
		mode = 0o711 // its user must get through, and see no more
	}
	if err := makeDir(dir, mode); err != nil {
		return nil, fmt.Errorf("making the hosts' folder: %w", err)
	}
	bin := filepath.Join(dir, binDir)
	if err := fillBin(bin, f.python); err != nil {
		return nil, fmt.Errorf("gathering the hosts' commands: %w", err)
	}
	if err := c.bringCerts(); err != nil {
		return nil, fmt.Errorf("copying certificates for the hosts: %w", err)
	}
	c.env["PATH"] = bin
	defaultSignals()
	return c, nil
}

// found is what this computer has.
type found struct {
	who           identity
	env           map[string]string
	shell, python string
}

// find looks for what hosts need.
func find(ctx context.Context, environ []string) (found, error) {
	if runtime.GOOS == "windows" {
		return found{}, &problem.Error{
			Kind:  problem.Failed,
			Title: "No sandbox on Windows",
			Text:  "The sandbox needs Linux or macOS: its hosts are POSIX shells of this computer.",
			Next:  problem.Say("Run it inside WSL, where all is as on Linux and the browser of Windows opens the URL, or ").Do(problem.UseAWS).Say("."),
		}
	}
	f := found{who: hostIdentity(), env: settings(environ, os.ReadFile)}
	for _, shell := range []string{"/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/bin/sh", "/usr/bin/sh"} {
		if isProgram(shell) {
			f.shell = shell
			break
		}
	}
	if f.shell == "" {
		return found{}, &problem.Error{
			Kind:  problem.Failed,
			Title: "No shell for the sandbox", Text: "Neither bash nor sh was found on this computer.",
			Next: problem.Say("Install bash, then ").Do(problem.Retry).Say("."),
		}
	}
	var err error
	f.python, err = findPython(ctx, f.who, pythonDirs(parseEnviron(environ)["PATH"]))
	return f, err
}

// isProgram reports whether path is a file that can be run.
func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// bringCerts copies certificate files that the hosts' user cannot read into
// the hosts' folder, and points the variables there. Certificates are public.
func (c *Computer) bringCerts() error {
	for _, name := range certFiles {
		path := c.env[name]
		if path == "" || c.who.reaches(path) {
			continue
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // set to a file that is not there: it stays so
		} else if err != nil {
			return err
		}
		if strings.Contains(string(content), "PRIVATE KEY") {
			delete(c.env, name)
			continue
		}
		dir := filepath.Join(c.dir, certsDir)
		if err := makeDir(dir, 0o755); err != nil {
			return err
		}
		c.env[name] = filepath.Join(dir, name+".pem")
		if err := os.WriteFile(c.env[name], content, 0o644); err != nil { // #nosec G306 -- certificates, for the hosts' user too
			return err
		}
	}
	return nil
}

// EndAll ends whatever hosts with a folder in dir left running, such as after
// the program was killed. A dir that is not there is success.
func EndAll(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("listing the hosts: %w", err)
	}
	c := &Computer{dir: dir}
	var failed []error
	for _, e := range entries {
		if m, err := c.machine(e.Name()); err == nil {
			failed = append(failed, m.end(ctx))
		}
	}
	return errors.Join(failed...)
}

// Keep removes every folder of a host that is not among ids, and what runs in it.
func (c *Computer) Keep(ctx context.Context, ids map[string]bool) error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("listing the hosts: %w", err)
	}
	var failed []error
	for _, e := range entries {
		if _, err := c.machine(e.Name()); err == nil && !ids[e.Name()] {
			failed = append(failed, c.Remove(ctx, e.Name()))
		}
	}
	return errors.Join(failed...)
}

// Remove ends what a host left running and removes its folder.
func (c *Computer) Remove(ctx context.Context, id string) error {
	m, err := c.machine(id)
	if err != nil {
		return err
	}
	if err := m.end(ctx); err != nil {
		return err
	}
	if err := RemoveFolder(m.dir); err != nil {
		return fmt.Errorf("removing the folder of host %s: %w", id, err)
	}
	return nil
}

// makeDir makes a folder of exactly that mode, whatever the umask, or sets the
// mode of the folder that is there.
func makeDir(path string, mode fs.FileMode) error {
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// RemoveFolder removes a folder, also one with read-only folders in it, as
// package caches leave them.
func RemoveFolder(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = os.Chmod(dir, 0o700) // #nosec G302 -- a folder; what stays unreadable shows in RemoveAll
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	// Within the root no link leads to another folder, whoever puts one there.
	_ = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = root.Chmod(path, 0o700)
		}
		return nil
	})
	_ = root.Close()
	return os.RemoveAll(dir)
}

// Empty reports whether dir, as of Prepare, holds no host and no disk.
func Empty(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("listing the hosts: %w", err)
	}
	c := &Computer{dir: dir}
	for _, e := range entries {
		if _, err := c.machine(e.Name()); err == nil {
			return false, nil
		}
	}
	disks, err := os.ReadDir(filepath.Join(dir, disksDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("listing the disks: %w", err)
	}
	return len(disks) == 0, nil
}
