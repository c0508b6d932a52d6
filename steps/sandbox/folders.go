package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/sys/atomicwriter"

	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// outside begins the name of a hosts' folder outside the sandbox's own;
// ownerFile in it names the sandbox's.
const (
	outside   = "jupyter-ec2-sandbox-"
	ownerFile = ".sandbox"
)

// outsideBases are where such a folder can be.
func outsideBases() []string { return []string{"/var/tmp", os.TempDir()} }

// hostsFolder returns where the hosts' folders are: in the sandbox's own,
// which nobody else can enter. When the program is root and the hosts are not,
// that includes the hosts, so that theirs is then a folder of its own in
// /var/tmp (os.TempDir when there is none), and a link leads to it.
func hostsFolder(dir string) (string, error) {
	path := filepath.Join(dir, hostsName)
	if !sshhost.Dropped() {
		return path, os.MkdirAll(path, 0o700)
	}
	if target, err := os.Readlink(path); err == nil {
		if info, err := os.Lstat(target); err == nil && info.IsDir() && ours(info) {
			return target, nil
		}
	}
	if err := os.RemoveAll(path); err != nil { // a link that leads nowhere
		return "", fmt.Errorf("removing an old link to the hosts: %w", err)
	}
	for _, base := range outsideBases() {
		if !sshhost.Reachable(base) {
			continue
		}
		target, err := os.MkdirTemp(base, outside)
		if err != nil {
			continue
		}
		if err := os.Symlink(target, path); err != nil {
			return "", errors.Join(err, os.Remove(target))
		}
		// After the link: a folder with an owner but without its link is swept.
		// Whole at once: another process may be sweeping.
		return target, atomicwriter.WriteFile(filepath.Join(target, ownerFile), []byte(dir), 0o600)
	}
	return "", &problem.Error{
		Kind:  problem.Failed,
		Title: "No room for the sandbox's hosts",
		Text:  "As root, the sandbox runs its hosts as the user nobody, and neither /var/tmp nor " + os.TempDir() + " can be entered by that user.",
		Next:  problem.Say("Run the same command as an ordinary user, or set TMPDIR to a folder that all users can enter."),
	}
}

// tidyHosts removes the hosts' folder outside the sandbox's own when no host
// is left in it.
func tidyHosts(dir string) error {
	path := filepath.Join(dir, hostsName)
	target, err := os.Readlink(path)
	if err != nil {
		return nil // it is a folder, or not there
	}
	empty, err := sshhost.Empty(target)
	if err != nil || !empty {
		return err
	}
	err = errors.Join(os.RemoveAll(target), os.Remove(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweepHosts removes hosts' folders outside that belong to no sandbox any more,
// because someone removed the sandbox's own folder, and ends what runs in them.
func sweepHosts(ctx context.Context) error {
	if !sshhost.Dropped() {
		return nil
	}
	var failed []error
	for _, base := range outsideBases() {
		found, err := filepath.Glob(filepath.Join(base, outside+"*"))
		failed = append(failed, err)
		for _, folder := range found {
			info, err := os.Lstat(folder)
			if err != nil || !info.IsDir() || !ours(info) {
				continue
			}
			dir, err := os.ReadFile(filepath.Join(folder, ownerFile))
			if err != nil {
				continue // just being made, or removed
			}
			if to, err := os.Readlink(filepath.Join(string(dir), hostsName)); err == nil && to == folder {
				continue
			}
			failed = append(failed, sshhost.EndAll(ctx, folder), os.RemoveAll(folder))
		}
	}
	return errors.Join(failed...)
}
