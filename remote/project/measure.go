package project

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Size is how much of a folder would be kept alike.
type Size struct {
	Files int
	Bytes int64
	Parts []Part // what is in the folder itself, the largest first
}

// Part is a file or a folder with all that is in it.
type Part struct {
	Path  string
	Files int
	Bytes int64
}

// Measure counts the files of a folder of this computer that its rules do not
// leave out. It reads none of them.
func Measure(ctx context.Context, dir string) (Size, error) {
	m := &measure{dir: dir, rules: newRules(runtime.GOOS == "darwin" || runtime.GOOS == "windows"), parts: map[string]*Part{}}
	if err := m.walk(ctx, ""); err != nil {
		return Size{}, err
	}
	var all Size
	for _, p := range m.parts {
		all.Files += p.Files
		all.Bytes += p.Bytes
		all.Parts = append(all.Parts, *p)
	}
	slices.SortFunc(all.Parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Files, a.Files), cmp.Compare(a.Path, b.Path))
	})
	return all, nil
}

type measure struct {
	dir   string
	rules *Rules
	parts map[string]*Part
}

func (m *measure) walk(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(m.dir, filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	for _, name := range ignoreFiles() {
		// What cannot be read here is told by the first pass.
		if lines, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(folder), name)); err == nil {
			m.rules.Add(folder, string(lines))
		}
	}
	for _, e := range entries {
		p := path.Join(folder, e.Name())
		if m.rules.Skips(p, e.IsDir()) {
			continue
		}
		if e.IsDir() {
			if err := m.walk(ctx, p); err != nil && (ctx.Err() != nil || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist)) {
				return err
			}
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		top, _, _ := strings.Cut(p, "/")
		part := m.parts[top]
		if part == nil {
			part = &Part{Path: top}
			m.parts[top] = part
		}
		part.Files++
		part.Bytes += info.Size()
	}
	return nil
}
