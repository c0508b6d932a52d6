package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// besides are folders that others write beside what is published: `make texts`
// and goreleaser.
var besides = []string{"texts", "goreleaser"}

// ours reports whether a name is one that this program gives its files.
func ours(name string) bool {
	return name == filepath.Base(name) && (strings.HasPrefix(name, program) || strings.HasPrefix(name, wheelName))
}

// earlier lists what an earlier run wrote to a folder, which its sums name. A
// folder with anything else in it is somebody's, and an error: nothing there is
// removed.
func earlier(out string) ([]string, error) {
	entries, err := os.ReadDir(out)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	named, err := namedIn(filepath.Join(out, sumsName))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir() && slices.Contains(besides, name):
		case e.Type().IsRegular() && name == sumsName:
		case e.Type().IsRegular() && slices.Contains(named, name):
			all = append(all, filepath.Join(out, name))
		default:
			return nil, fmt.Errorf("%s has %s, which is not from an earlier run: remove it if it is not needed, or give another -out", out, name)
		}
	}
	return all, nil
}

// namedIn lists the files that sums are of, and none where there are no sums.
// Those of another program are an error.
func namedIn(sums string) ([]string, error) {
	b, err := os.ReadFile(sums) //nolint:gosec // the folder is the caller's
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ours(name) {
			return nil, fmt.Errorf("%s is of other files (%q): give another -out", sums, name)
		}
		all = append(all, name)
	}
	return all, nil
}

// replace puts what was made in place of what an earlier run wrote. The sums
// come first: however it is interrupted, they name what is there, and the next
// run knows it for its own.
func replace(out, made string) error {
	old, err := earlier(out)
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(made)
	if err != nil {
		return err
	}
	names := []string{sumsName}
	for _, e := range entries {
		if e.Name() != sumsName {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(made, name)) //nolint:gosec // written by this run
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(out, name), content); err != nil {
			return err
		}
	}
	return nil
}
