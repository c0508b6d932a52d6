package sshhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/crypto/ssh"
)

// machine is a host's folder: what stays when the host is stopped.
//
//	DIR/ID/hostkey       0600, the ed25519 host key
//	DIR/ID/hostkey.pub   its public half, for the host's user; hostkey.new and
//	                     hostkey.new.pub are one that was made to follow it
//	DIR/ID/power         the pipe by which the host is switched off from inside
//	DIR/ID/console       0600, what its first boot printed
//	DIR/ID/booted        there once the first boot is over
//	DIR/ID/home          the user's home, with .tmp and .run in it
type machine struct {
	id, dir, home string
	c             *Computer
}

// Variables that every process of a host carries, besides JUPYTER_EC2_LOOPBACK.
const (
	markID   = "JUPYTER_EC2_SANDBOX_HOST" // the instance's ID
	markHome = "JUPYTER_EC2_SANDBOX_HOME" // the host's home, so that two sandboxes never meet
	varBin   = "JUPYTER_EC2_SANDBOX_BIN"  // the folder that .profile makes the PATH again
	varBoot  = "JUPYTER_EC2_BOOT"         // another one after each start, as the kernel's boot ID on a real machine
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// machine returns the folder of the host with that ID, there or not.
func (c *Computer) machine(id string) (machine, error) {
	if !plainName.MatchString(id) || id == binDir || id == certsDir || id == disksDir {
		return machine{}, fmt.Errorf("%q cannot be a host's ID", id)
	}
	dir := filepath.Join(c.dir, id)
	return machine{id: id, dir: dir, home: filepath.Join(dir, "home"), c: c}, nil
}

// marks are the NAME=value entries that tell this host's processes from all others.
func (m machine) marks() []string { return []string{markID + "=" + m.id, markHome + "=" + m.home} }

// end ends the processes of the host, marked ones and below roots.
func (m machine) end(ctx context.Context, roots ...int) error {
	if err := endProcesses(ctx, m.marks(), roots); err != nil {
		return fmt.Errorf("ending the processes of host %s: %w", m.id, err)
	}
	return nil
}

// boot makes the folder, or makes it ready again after a stop: what a real
// machine loses when it is switched off is emptied. A new machine has the host
// key that it is given, unless that is nil.
func (m machine) boot(given []byte) (ssh.Signer, error) {
	mode := fs.FileMode(0o700)
	if m.c.who.drop {
		mode = 0o711
	}
	if err := makeDir(m.dir, mode); err != nil {
		return nil, fmt.Errorf("making the folder of host %s: %w", m.id, err)
	}
	if err := m.makeHome(); err != nil {
		return nil, fmt.Errorf("making the home of host %s: %w", m.id, err)
	}
	key, err := m.hostKey(given)
	if err != nil {
		return nil, fmt.Errorf("host key of %s: %w", m.id, err)
	}
	return key, nil
}

// makeHome makes the home the first time, all of it or nothing. Later it is
// the host's user who rules there, so it is touched only through os.Root,
// which follows no link out of it.
func (m machine) makeHome() error {
	if _, err := os.Lstat(m.home); errors.Is(err, fs.ErrNotExist) {
		fresh := m.home + ".new"
		if err := os.RemoveAll(fresh); err != nil {
			return err
		}
		if err := makeDir(fresh, 0o700); err != nil {
			return err
		}
		for name, content := range map[string]string{".profile": profile, ".bashrc": bashrc} {
			path := filepath.Join(fresh, name)
			// #nosec G306 -- as every system makes them
			if err := errors.Join(os.WriteFile(path, []byte(content), 0o644), m.c.who.own(path)); err != nil {
				return err
			}
		}
		if err := errors.Join(m.c.who.own(fresh), os.Rename(fresh, m.home)); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(m.home)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, name := range []string{".tmp", ".run"} {
		if err := errors.Join(root.RemoveAll(name), root.Mkdir(name, 0o700)); err != nil {
			return err
		}
		if m.c.who.drop {
			if err := root.Lchown(name, m.c.who.uid, m.c.who.gid); err != nil {
				return err
			}
		}
	}
	return nil
}

// profile is the login shell's. The computer's own /etc/profile ran before it
// and may have made the PATH the computer's again.
const profile = `PATH="$` + varBin + `"
[ -d "$HOME/.local/bin" ] && PATH="$HOME/.local/bin:$PATH"
export PATH
PS1="ubuntu@sandbox$ "
if [ -n "$BASH_VERSION" ] && [ -f "$HOME/.bashrc" ]; then . "$HOME/.bashrc"; fi
`

// bashrc is bash's own: the look of Ubuntu's prompt.
const bashrc = `case $- in *i*) ;; *) return ;; esac
HISTCONTROL=ignoreboth
HISTSIZE=1000
shopt -s checkwinsize
PS1='\[\e[1;32m\]ubuntu@ip-${JUPYTER_EC2_LOOPBACK//./-}\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
`
