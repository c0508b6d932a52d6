package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// work is what others made and the binary holds: a module, or Go's own library.
type work struct {
	module, version string
	sum             string // as in go.sum; "" for Go's own
	texts           []text
	kinds           []string // SPDX's names of its licences
}

// text is a licence or a notice.
type text struct {
	name    string // in the module: "LICENSE", "internal/sync/singleflight/LICENSE"
	content string // without spaces at line ends
}

// legal matches the names of files that have to travel with a copy.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([._-].*)?$`)

// goPackage is what `go list` says of one.
type goPackage struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// collect finds the licences of all that is linked into the binary, in the
// folders of its packages and above them, up to their module's. A module
// without a licence, or with one that is not known here, is an error: nobody
// has decided that it may be given away.
func collect(ctx context.Context, root string, p *product) ([]work, error) {
	packages, err := linked(ctx, root, p)
	if err != nil {
		return nil, err
	}
	works := map[string]*work{}
	for _, pkg := range packages {
		if pkg.Module == nil || pkg.Module.Main {
			continue
		}
		w := works[pkg.Module.Path]
		if w == nil {
			w = &work{module: pkg.Module.Path, version: pkg.Module.Version}
			works[w.module] = w
		}
		if err := w.read(pkg.Module.Dir, pkg.Dir); err != nil {
			return nil, err
		}
	}
	all := []work{}
	for _, dep := range p.info.Deps {
		w := works[dep.Path]
		if w == nil {
			return nil, fmt.Errorf("%s is in the binary, and none of its packages is known to go list", dep.Path)
		}
		w.sum = dep.Sum
		all = append(all, *w)
	}
	if len(all) != len(works) {
		return nil, fmt.Errorf("the binary names %d modules, and go list %d", len(all), len(works))
	}
	library, err := goLibrary(ctx, root, p)
	if err != nil {
		return nil, err
	}
	all = append(all, *library)
	for i := range all {
		if err := all[i].judge(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b work) int { return cmp.Compare(a.module, b.module) })
	return all, nil
}

// linked lists the packages in the binary.
func linked(ctx context.Context, root string, p *product) ([]goPackage, error) {
	env, err := p.target.env(ctx, root)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Standard,Module", "-tags="+p.setting("-tags"), ".")
	cmd.Dir = root
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, e.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg goPackage
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, pkg)
	}
}

// goLibrary is Go's own part of the binary.
func goLibrary(ctx context.Context, root string, p *product) (*work, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	w := &work{module: "std", version: strings.TrimPrefix(p.info.GoVersion, "go")}
	goroot := strings.TrimSpace(string(out))
	return w, w.read(goroot, goroot)
}

// read adds the texts of a folder, and of those above it up to the top.
func (w *work) read(top, dir string) error {
	for {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Type().IsRegular() && legal.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
				if err := w.add(top, filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
		if dir == top || len(dir) < len(top) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func (w *work) add(top, path string) error {
	name, err := filepath.Rel(top, path)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	if slices.ContainsFunc(w.texts, func(t text) bool { return t.name == name }) {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(string(b), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r\f")
	}
	w.texts = append(w.texts, text{name, strings.Trim(strings.Join(lines, "\n"), "\n")})
	return nil
}

// judge finds out what the licences are.
func (w *work) judge() error {
	slices.SortFunc(w.texts, func(a, b text) int { return cmp.Compare(a.name, b.name) })
	for _, t := range w.texts {
		kinds := kindsOf(t.content)
		last := strings.ToLower(t.name[strings.LastIndex(t.name, "/")+1:])
		if len(kinds) == 0 && (strings.HasPrefix(last, "licen") || strings.HasPrefix(last, "copying")) {
			return fmt.Errorf("%s %s: the licence in %s is none that is known here", w.module, w.version, t.name)
		}
		w.kinds = append(w.kinds, kinds...)
	}
	slices.Sort(w.kinds)
	w.kinds = slices.Compact(w.kinds)
	if len(w.kinds) == 0 {
		return fmt.Errorf("%s %s has no licence", w.module, w.version)
	}
	return nil
}

// kindsOf returns SPDX's names of the licences in a text.
func kindsOf(content string) (kinds []string) {
	words := strings.Join(strings.Fields(content), " ")
	has := func(phrase string) bool { return strings.Contains(words, phrase) }
	if has("Apache License") && has("Version 2.0") {
		kinds = append(kinds, "Apache-2.0")
	}
	if has("Permission is hereby granted, free of charge, to any person obtaining a copy") {
		kinds = append(kinds, "MIT")
	}
	if has("Permission to use, copy, modify, and distribute this software for any purpose with or without fee") ||
		has("Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee") {
		kinds = append(kinds, "ISC")
	}
	if has("Redistribution and use in source and binary forms") {
		if has("endorse or promote products derived from") {
			kinds = append(kinds, "BSD-3-Clause")
		} else {
			kinds = append(kinds, "BSD-2-Clause")
		}
	}
	return kinds
}

// expression is SPDX's for the whole binary.
func expression(p *product) string {
	all := []string{"MIT"}
	for _, w := range p.works {
		all = append(all, w.kinds...)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " AND ")
}

// wording is the file with everybody's licences: first who is in it, then each
// text once, with the names of those whose it is.
func wording(p *product) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s for %s holds these works of others, under the licences below.\n\n", program, p.version.file(), p.target)
	whose := map[string][]string{}
	var texts []string
	for _, w := range p.works {
		name := w.module + " " + w.version
		if w.module == "std" {
			name = "the Go standard library " + w.version
		}
		fmt.Fprintf(&b, "  %s (%s)\n", name, strings.Join(w.kinds, ", "))
		for _, t := range w.texts {
			if whose[t.content] == nil {
				texts = append(texts, t.content)
			}
			whose[t.content] = append(whose[t.content], name+": "+t.name)
		}
	}
	for _, content := range texts {
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 72))
		for _, name := range whose[content] {
			fmt.Fprintln(&b, name)
		}
		fmt.Fprintf(&b, "%s\n\n%s\n", strings.Repeat("-", 72), content)
	}
	return b.Bytes()
}
