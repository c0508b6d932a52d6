package sshhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/moby/sys/atomicwriter"
)

// Files in a machine's folder.
const (
	keyFile          = "hostkey"
	publicKeyFile    = "hostkey.pub"
	newKeyFile       = "hostkey.new"
	newPublicKeyFile = "hostkey.new.pub"
	consoleFile      = "console"
	bootedFile       = "booted"
)

// consoleMost is how much of its console a host tells: the end.
const consoleMost = 64 << 10

// Console returns what the host has said of its first boot, and what that has
// printed.
func (h *Host) Console() []byte {
	f, err := os.Open(filepath.Join(h.dir, consoleFile))
	if err != nil {
		return nil // nothing was to be said
	}
	defer func() { _ = f.Close() }()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-consoleMost), io.SeekStart) // what is read tells
	}
	text, _ := io.ReadAll(io.LimitReader(f, consoleMost))
	return text
}

// firstBoot runs what user data has for a machine's first boot, as the host's
// user, before the host lets anybody in, and waits until it returns: cloud-init
// runs bootcmd there. Unlike cloud-init, the host runs it at no later boot. What
// it leaves behind continues. One that was cut short is run again.
func (h *Host) firstBoot(ctx context.Context, u *userData) error {
	booted := filepath.Join(h.dir, bootedFile)
	if _, err := os.Lstat(booted); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A file of the host's own, which its user gets no other hold of.
	console, err := os.OpenFile(filepath.Join(h.dir, consoleFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = console.Close() }()
	for _, line := range u.notes {
		_, _ = fmt.Fprintf(console, "cloud-init (sandbox): %s\n", line) // it can do without
	}
	if u.script != "" {
		if err := h.runAtBoot(ctx, u.script, console); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			_, _ = fmt.Fprintf(console, "cloud-init (sandbox): bootcmd failed: %v\n", err)
		}
	}
	return atomicwriter.WriteFile(booted, nil, 0o600)
}

// runAtBoot runs a script to its end. Its outputs are the console; whoever keeps
// them open holds up nothing.
func (h *Host) runAtBoot(ctx context.Context, script string, console *os.File) error {
	cmd := &exec.Cmd{
		Path: h.c.shell, Args: []string{"sh", "-c", script}, Dir: h.home, Env: environ(h.environment()),
		Stdout: console, Stderr: console, SysProcAttr: h.c.who.apply(false),
	}
	ended := make(chan error, 1)
	if err := h.spawn(cmd, func(err error) { ended <- err }); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err() // whoever stops the host ends it
	}
}
