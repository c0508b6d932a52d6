package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const program = "jupyter-ec2"

// target is a system that the program is built for.
type target struct{ system, arch string }

func (t target) String() string { return t.system + "/" + t.arch }

func parseTarget(name string) (target, error) {
	system, arch, ok := strings.Cut(name, "/")
	t := target{system, arch}
	if _, known := platforms[t]; !ok || !known {
		return t, fmt.Errorf("%q is no OS/ARCH that this program knows the platform tag of", name)
	}
	return t, nil
}

// kept are the settings of this computer's user that say where modules are
// found, and kept, and which Go builds: no byte depends on them but by Go's version.
var kept = []string{
	"GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB",
	"GOINSECURE", "GOAUTH", "GOVCS", "GOTOOLCHAIN",
}

// env is the environment of what builds for the target, without what this
// computer's user has set for builds of their own, in the environment or by
// `go env -w`.
func (t target) env(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"env"}, kept...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	env := os.Environ()
	values := strings.Split(string(out), "\n") // in the order of their names
	for i, name := range kept {
		env = append(env, name+"="+strings.TrimSuffix(values[i], "\r"))
	}
	return append(env, "MAKEFLAGS=", "GOENV=off", "GOWORK=off", "GOFLAGS=-buildvcs=auto", "GOEXPERIMENT=", "GOFIPS140=off",
		"CGO_ENABLED=0", "GOOS="+t.system, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0"), nil
}

// executable is the binary's name on that system.
func (t target) executable() string {
	if t.system == "windows" {
		return program + ".exe"
	}
	return program
}

// file is one that goes into archives and packages.
type file struct {
	name    string // in the archive: with slashes
	content []byte
	mode    os.FileMode // 0755 for programs, 0644 for all else
}

// product is the program as it was built for a target.
type product struct {
	target  target
	path    string // of the binary
	binary  []byte
	info    *debug.BuildInfo
	version version
	when    time.Time
	works   []work // of others, in it
}

// build builds the program as `make build` does, whose flags are the
// Makefile's, without cgo: what it makes depends on no C library.
func (r *release) build(ctx context.Context, t target) (*product, error) {
	p := &product{target: t, path: filepath.Join(r.work, t.system+"-"+t.arch, t.executable()), when: r.when}
	env, err := t.env(ctx, r.root)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", "build", "OUT="+p.path)
	cmd.Dir = r.root
	cmd.Env = env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("build for %s: %w\n%s", t, err, said.Bytes())
	}
	if p.binary, err = os.ReadFile(p.path); err != nil {
		return nil, err
	}
	if p.info, err = buildinfo.ReadFile(p.path); err != nil {
		return nil, fmt.Errorf("read what was built for %s: %w", t, err)
	}
	if p.version, err = parseVersion(p.info.Main.Version); err != nil {
		return nil, err
	}
	p.works, err = collect(ctx, r.root, p)
	return p, err
}

// setting is one that the binary was built with.
func (p *product) setting(key string) string {
	for _, s := range p.info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// words is what the program prints about itself, which is the same on all
// systems: its manual page and its completions.
type words struct {
	man                         []byte
	bash, zsh, fish, powershell []byte
}

// words asks the program itself, built for this computer.
func (r *release) words(ctx context.Context) (*words, error) {
	p, err := r.build(ctx, target{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return nil, err
	}
	w := &words{}
	for _, ask := range []struct {
		into *[]byte
		args []string
	}{
		{&w.man, []string{"man"}},
		{&w.bash, []string{"completion", "bash"}},
		{&w.zsh, []string{"completion", "zsh"}},
		{&w.fish, []string{"completion", "fish"}},
		{&w.powershell, []string{"completion", "powershell"}},
	} {
		cmd := exec.CommandContext(ctx, p.path, ask.args...)
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.when.Unix(), 10))
		if *ask.into, err = cmd.Output(); err != nil {
			return nil, fmt.Errorf("%s %s: %w", program, strings.Join(ask.args, " "), err)
		}
	}
	return w, nil
}

// The names in an archive of what stands beside the binary.
const (
	licenceName = "LICENSE"
	worksName   = "THIRD_PARTY.txt"
	manName     = "man/jupyter-ec2.1"
	bashName    = "completions/jupyter-ec2.bash"
	zshName     = "completions/_jupyter-ec2"
	fishName    = "completions/jupyter-ec2.fish"
	powerName   = "completions/jupyter-ec2.ps1"
)

// contents is what an archive holds; packages and wheels place it elsewhere.
func (r *release) contents(ctx context.Context, p *product, w *words) ([]file, error) {
	licence, err := os.ReadFile(filepath.Join(r.root, licenceName))
	if err != nil {
		return nil, err
	}
	return []file{
		{p.target.executable(), p.binary, 0o755},
		{licenceName, licence, 0o644},
		{worksName, wording(p), 0o644},
		{manName, w.man, 0o644},
		{bashName, w.bash, 0o644},
		{zshName, w.zsh, 0o644},
		{fishName, w.fish, 0o644},
		{powerName, w.powershell, 0o644},
	}, ctx.Err()
}

// writeTexts writes what stands beside the binary to a folder, for another
// program that packs: the works of others are those of all targets together.
func (r *release) writeTexts(ctx context.Context, dir string, targets []target) error {
	words, err := r.words(ctx)
	if err != nil {
		return err
	}
	for _, t := range targets {
		p, err := r.build(ctx, t)
		if err != nil {
			return err
		}
		contents, err := r.contents(ctx, p, words)
		if err != nil {
			return err
		}
		for _, f := range contents[1:] {
			name := filepath.Join(dir, t.system+"_"+t.arch, filepath.FromSlash(f.name))
			if err := writeFile(name, f.content); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeFile writes what everybody may read.
func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // it is published
		return err
	}
	return os.WriteFile(name, content, 0o644) //nolint:gosec // it is published
}
