package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Disks is what the machines' disks take on this computer.
type Disks struct {
	Machines int
	Bytes    int64
}

// Kept measures the disks that stay when the process ends.
func Kept(o Options) (Disks, error) {
	var kept Disks
	dir, err := o.exists()
	if err != nil || dir == "" {
		return kept, err
	}
	hosts, err := filepath.EvalSymlinks(filepath.Join(dir, hostsName))
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err != nil {
		return kept, fmt.Errorf("finding the sandbox's hosts: %w", err)
	}
	seen := map[[2]uint64]bool{}
	err = filepath.WalkDir(hosts, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what goes away meanwhile, or cannot be entered, is not counted
		}
		if filepath.Dir(path) == hosts && strings.HasPrefix(d.Name(), "i-") {
			kept.Machines++
		}
		info, err := d.Info()
		if err != nil {
			return nil // likewise
		}
		bytes, id := onDisk(info)
		if !seen[id] {
			kept.Bytes += bytes
			seen[id] = true
		}
		return nil
	})
	return kept, err
}

// Purge ends the process as Stop does, and removes everything it keeps: the
// machines' disks with all files on them, and what the cloud held.
func Purge(ctx context.Context, o Options) error {
	dir, err := o.exists()
	if err != nil || dir == "" {
		return err
	}
	over, err := quiet(ctx, dir)
	if err != nil {
		return err
	}
	defer over()
	if err := stop(ctx, dir); err != nil {
		return err
	}
	if there, err := held(dir); err != nil {
		return err
	} else if there {
		return &problem.Error{
			Kind:  problem.Failed,
			Title: "The sandbox was started again", Text: "Another program started the sandbox in the meantime.",
			Next: problem.Say("Let that program end, then ").Do(problem.Retry).Say("."),
		}
	}
	hosts, err := filepath.EvalSymlinks(filepath.Join(dir, hostsName))
	if err == nil {
		err = sshhost.RemoveFolder(hosts)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the sandbox's hosts: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing the sandbox's folder: %w", err)
	}
	return nil
}
