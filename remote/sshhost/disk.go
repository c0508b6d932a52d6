package sshhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A disk is a copy of a host's home under a name of its own, from which other
// hosts can begin:
//
//	DIR/disks/NAME/home
//	DIR/disks/NAME/was   the path of the home that it is a copy of
const (
	disksDir = "disks"
	diskWas  = "was"
)

// disk is the folder of the disk with that name, there or not.
func (c *Computer) disk(name string) (string, error) {
	if !plainName.MatchString(name) {
		return "", fmt.Errorf("%q cannot be a disk's name", name)
	}
	return filepath.Join(c.dir, disksDir, name), nil
}

// SaveDisk keeps a copy of a host's home, all of it or nothing. What a machine
// loses when it is switched off is left out, and of one that runs what goes away
// meanwhile.
func (c *Computer) SaveDisk(ctx context.Context, id, name string) error {
	m, err := c.machine(id)
	if err != nil {
		return err
	}
	to, err := c.disk(name)
	if err != nil {
		return err
	}
	fresh := to + ".new"
	err = errors.Join(RemoveFolder(fresh), makeDir(filepath.Dir(to), 0o700), makeDir(filepath.Join(fresh, "home"), 0o700))
	if err == nil {
		err = copyTree(ctx, m.home, filepath.Join(fresh, "home"), identity{}, relocation{})
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(fresh, diskWas), []byte(m.home), 0o600)
	}
	if err == nil {
		err = errors.Join(RemoveFolder(to), os.Rename(fresh, to))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copying the disk of host %s: %w", id, err), RemoveFolder(fresh))
	}
	return nil
}

// DropDisk removes a disk; one that is not there is success.
func (c *Computer) DropDisk(name string) error {
	path, err := c.disk(name)
	if err == nil {
		err = RemoveFolder(path)
	}
	if err != nil {
		return fmt.Errorf("removing the disk %s: %w", name, err)
	}
	return nil
}

// KeepDisks removes every disk that is not among names.
func (c *Computer) KeepDisks(names []string) error {
	entries, err := os.ReadDir(filepath.Join(c.dir, disksDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("listing the disks: %w", err)
	}
	var failed []error
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			failed = append(failed, RemoveFolder(filepath.Join(c.dir, disksDir, e.Name())))
		}
	}
	return errors.Join(failed...)
}

// fromDisk makes the home of a new host from a disk; a host that has a home
// keeps it. On EC2 every machine of Ubuntu has the same home, /home/ubuntu,
// and programs rely on it: a virtual environment has its own path in its
// scripts. Here each host has another, so the path is replaced wherever it
// stands.
func (m machine) fromDisk(ctx context.Context, name string) error {
	if _, err := os.Lstat(m.home); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path, err := m.c.disk(name)
	if err != nil {
		return err
	}
	was, err := os.ReadFile(filepath.Join(path, diskWas))
	if err != nil {
		return fmt.Errorf("the image's disk is not on this computer: %w", err)
	}
	if len(was) != len(m.home) { // a file's other parts would move
		return fmt.Errorf("the image's disk was made in another folder, %s", was)
	}
	fresh := m.home + ".new"
	err = errors.Join(makeDir(m.dir, 0o700), RemoveFolder(fresh), makeDir(fresh, 0o700))
	if err == nil {
		err = copyTree(ctx, filepath.Join(path, "home"), fresh, m.c.who, relocation{was, []byte(m.home)})
	}
	if err == nil {
		err = errors.Join(m.c.who.own(fresh), os.Rename(fresh, m.home))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copying the image's disk: %w", err), RemoveFolder(fresh))
	}
	return nil
}

// copyTree copies what is in a folder into another: files, folders and links,
// with their modes and times. Nothing outside of the folder is read or
// written, whatever its links say. Sockets and pipes are left out.
func copyTree(ctx context.Context, from, to string, who identity, moved relocation) error {
	src, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	dst, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { _ = dst.Close() }()
	c := treeCopy{src: src, dst: dst, who: who, moved: moved, modes: map[string]fs.FileMode{}}
	err = fs.WalkDir(src.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if path != "." && errors.Is(err, fs.ErrNotExist) {
			return nil // a folder that is gone by now
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if path == ".tmp" || path == ".run" {
			return fs.SkipDir
		}
		return c.one(path, d)
	})
	// Folders that nobody may write to get their modes at the end.
	for path, mode := range c.modes {
		err = errors.Join(err, dst.Chmod(path, mode))
	}
	return err
}

type treeCopy struct {
	src, dst *os.Root
	who      identity
	moved    relocation
	modes    map[string]fs.FileMode // of folders
}

func (c *treeCopy) one(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is gone by now
	}
	if err != nil {
		return err
	}
	switch {
	case path == ".":
		return nil
	case d.IsDir():
		c.modes[path] = info.Mode().Perm()
		err = c.dst.Mkdir(path, 0o700)
	case info.Mode()&fs.ModeSymlink != 0:
		var to string
		if to, err = c.src.Readlink(path); err == nil {
			err = c.dst.Symlink(c.moved.text(to), path)
		}
	case info.Mode().IsRegular():
		err = c.file(path, info)
	default:
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it went away just now
	}
	if err == nil && c.who.drop {
		err = c.dst.Lchown(path, c.who.uid, c.who.gid)
	}
	return err
}

func (c *treeCopy) file(path string, info fs.FileInfo) error {
	in, err := c.src.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := c.dst.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(c.moved.copy(out, in), out.Close()); err != nil {
		return err
	}
	// Python takes a compiled file for current by its source's time.
	return errors.Join(c.dst.Chmod(path, info.Mode().Perm()), c.dst.Chtimes(path, info.ModTime(), info.ModTime()))
}

// relocation replaces one path by another of the same length; the zero one
// replaces nothing.
type relocation struct{ was, is []byte }

func (r relocation) text(s string) string {
	if len(r.was) == 0 {
		return s
	}
	return strings.ReplaceAll(s, string(r.was), string(r.is))
}

// copy copies everything with the path replaced.
func (r relocation) copy(dst io.Writer, src io.Reader) error {
	if len(r.was) == 0 {
		_, err := io.Copy(dst, src)
		return err
	}
	buf := make([]byte, 0, max(256<<10, 2*len(r.was)))
	for {
		n, err := src.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		r.replace(buf)
		keep := 0
		if err == nil { // the path may begin at the end of what is there
			keep = min(len(r.was)-1, len(buf))
		}
		if _, err := dst.Write(buf[:len(buf)-keep]); err != nil {
			return err
		}
		buf = buf[:copy(buf, buf[len(buf)-keep:])]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r relocation) replace(in []byte) {
	for {
		at := bytes.Index(in, r.was)
		if at < 0 {
			return
		}
		copy(in[at:], r.is)
		in = in[at+len(r.is):]
	}
}
