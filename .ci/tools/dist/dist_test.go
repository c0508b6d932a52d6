package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// made is a folder with all that is made of the targets: that of the
// environment, or for this computer's system a new one.
func made(t *testing.T) (dir string, targets []target) {
	t.Helper()
	if dir := os.Getenv("JUPYTER_EC2_DIST"); dir != "" {
		return dir, slices.Collect(maps.Keys(platforms))
	}
	here := target{runtime.GOOS, runtime.GOARCH}
	if platforms[here] == "" {
		t.Skipf("no wheel is made for %s", here)
	}
	if testing.Short() {
		t.Skip("builds the program")
	}
	dir = filepath.Join(t.TempDir(), "dist")
	makeAll(t, dir, here)
	return dir, []target{here}
}

func makeAll(t *testing.T, dir string, targets ...target) {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	when, err := sourceTime(t.Context(), root)
	if err != nil { // a copy of the tree that is in no git
		when = time.Unix(1700000000, 0).UTC()
	}
	r := &release{root: root, work: t.TempDir(), when: when}
	if err := r.make(t.Context(), dir, targets); err != nil {
		t.Fatal(err)
	}
}

// What is made is whole, and made again it is the same.
func TestDist(t *testing.T) {
	dir, targets := made(t)
	t.Run("sums", func(t *testing.T) { checkSums(t, dir) })
	for _, target := range targets {
		t.Run(target.String(), func(t *testing.T) {
			checkWheel(t, only(t, dir, wheelName+"-*"+platforms[target]+".whl"), target)
			checkArchive(t, dir, target)
			checkSBOM(t, only(t, dir, program+"_*_"+target.system+"_"+target.arch+".cdx.json"))
			if target.system == "linux" {
				checkDeb(t, only(t, dir, program+"_*_"+target.arch+".deb"), target)
				theirs := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[target.arch]
				checkRPM(t, only(t, dir, program+"-*."+theirs+".rpm"), target)
				checkAPK(t, only(t, dir, program+"_*_"+theirs+".apk"), target)
			}
		})
	}
	t.Run("pip", func(t *testing.T) { checkPip(t, dir) })
	if os.Getenv("JUPYTER_EC2_DIST") != "" {
		return // make test-dist compares all of it
	}
	t.Run("again", func(t *testing.T) {
		t.Setenv("TZ", "Pacific/Auckland")
		t.Setenv("GOEXPERIMENT", "jsonv2")
		again := filepath.Join(t.TempDir(), "again")
		makeAll(t, again, targets...)
		// The names and the sums of all files.
		if one, two := read(t, dir, sumsName), read(t, again, sumsName); !bytes.Equal(one, two) {
			t.Errorf("made again, it is another one:\n%s\n%s", one, two)
		}
	})
}

// only is the one file of that pattern.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: %q, %v", pattern, all, err)
	}
	return all[0]
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkSums(t *testing.T, dir string) {
	t.Helper()
	sums := map[string]string{}
	for line := range strings.Lines(string(read(t, dir, sumsName))) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			t.Errorf("%s has the line %q", sumsName, line)
		}
		sums[name] = sum
	}
	files := slices.DeleteFunc(entries(t, dir), func(e fs.DirEntry) bool { return slices.Contains(besides, e.Name()) })
	if len(sums) != len(files)-1 || len(sums) < 3 {
		t.Errorf("%d sums of %d files", len(sums), len(files)-1)
	}
	for name, want := range sums {
		if got := fmt.Sprintf("%x", sha256.Sum256(read(t, dir, name))); got != want {
			t.Errorf("%s has the sum %s, not %s", name, got, want)
		}
	}
}

// checkWheel holds a wheel to what PyPA's specification of binary
// distributions asks for, and its binary to the platform in its name.
func checkWheel(t *testing.T, name string, target target) {
	t.Helper()
	all := unzip(t, name)
	parts := strings.Split(strings.TrimSuffix(filepath.Base(name), ".whl"), "-")
	if len(parts) != 5 {
		t.Fatalf("the name %s has %d parts", name, len(parts))
	}
	base := parts[0] + "-" + parts[1]
	record := base + ".dist-info/RECORD"
	rows, err := csv.NewReader(bytes.NewReader(all[record].content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(all) {
		t.Errorf("RECORD names %d files of %d", len(rows), len(all))
	}
	for _, row := range rows {
		f, ok := all[row[0]]
		sum := sha256.Sum256(f.content)
		want := []string{"sha256=" + base64.RawURLEncoding.EncodeToString(sum[:]), strconv.Itoa(len(f.content))}
		if row[0] == record {
			want = []string{"", ""}
		}
		if !ok || !slices.Equal(row[1:], want) {
			t.Errorf("RECORD has %q, and it is %q", row, want)
		}
	}
	meta := string(all[base+".dist-info/METADATA"].content)
	for _, line := range []string{"Name: jupyter-ec2\n", "Version: " + parts[1] + "\n", "License-Expression: Apache-2.0 AND "} {
		if !strings.Contains(meta, "\n"+line) {
			t.Errorf("METADATA has no line %q:\n%s", line, meta)
		}
	}
	for tag := range strings.SplitSeq(parts[4], ".") {
		if line := "\nTag: " + parts[2] + "-" + parts[3] + "-" + tag + "\n"; !strings.Contains(string(all[base+".dist-info/WHEEL"].content), line) {
			t.Errorf("WHEEL has no line %q", line)
		}
	}
	for _, f := range []string{"LICENSE", "THIRD_PARTY.txt"} {
		if len(all[base+".dist-info/licenses/"+f].content) == 0 {
			t.Errorf("there is no %s", f)
		}
	}
	binary := all[base+".data/scripts/"+target.executable()]
	checkBinary(t, binary, target)
	if info, err := buildinfo.Read(bytes.NewReader(binary.content)); err != nil {
		t.Error(err)
	} else if v, err := parseVersion(info.Main.Version); err != nil || v.pep440 != parts[1] {
		t.Errorf("the wheel is %s and its binary %s: %v", parts[1], info.Main.Version, err)
	}
}

// checkBinary finds a program for another system, and one that needs a library
// of its system: an ELF file without an interpreter runs with glibc and with
// musl alike.
func checkBinary(t *testing.T, binary packed, target target) {
	t.Helper()
	if binary.mode != 0o755 {
		t.Errorf("the binary's mode is %v", binary.mode)
	}
	info, err := buildinfo.Read(bytes.NewReader(binary.content))
	if err != nil {
		t.Fatal(err)
	}
	p := product{info: info}
	if got := p.setting("GOOS") + "/" + p.setting("GOARCH"); got != target.String() || p.setting("CGO_ENABLED") != "0" {
		t.Errorf("the binary is for %s, with CGO_ENABLED=%s", got, p.setting("CGO_ENABLED"))
	}
	if target.system == "darwin" {
		checkMac(t, binary.content, target)
	}
	if target.system != "linux" {
		return
	}
	e, err := elf.NewFile(bytes.NewReader(binary.content))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range e.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is not static: it has a %v", part.Type)
		}
	}
}

// checkArchive looks for what an archive has to hold.
func checkArchive(t *testing.T, dir string, target target) {
	t.Helper()
	pattern, unpack := program+"_*_"+target.system+"_"+target.arch, untar
	if target.system == "windows" {
		pattern, unpack = pattern+".zip", unzip
	} else {
		pattern += ".tar.gz"
	}
	all := unpack(t, only(t, dir, pattern))
	checkBinary(t, all[target.executable()], target)
	for _, f := range []string{licenceName, worksName, manName, bashName, zshName, fishName, powerName} {
		if p := all[f]; p.mode != 0o644 || len(p.content) == 0 {
			t.Errorf("%s: mode %v, %d bytes", f, p.mode, len(p.content))
		}
	}
	if len(all) != 8 {
		t.Errorf("it holds %q", slices.Sorted(maps.Keys(all)))
	}
}

// checkSBOM holds the list to what the Makefile links: some modules that must
// be in it, each with a licence and a version.
func checkSBOM(t *testing.T, name string) {
	t.Helper()
	var b bom
	content, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(content, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range b.Components {
		found[c.Name] = true
		if c.Version == "" || len(c.Licences) != 1 || c.Licences[0].Expression == "" || !strings.HasPrefix(c.URL, "pkg:golang/"+strings.ToLower(c.Name)+"@") {
			t.Errorf("%+v is not whole", c)
		}
	}
	for _, want := range []string{"std", "golang.org/x/crypto", "github.com/aws/aws-sdk-go-v2", "charm.land/bubbletea/v2"} {
		if !found[want] {
			t.Errorf("%s is not in it", want)
		}
	}
	if found["golang.org/x/tools"] || found["github.com/google/go-cmp"] {
		t.Error("what only tests use is in it")
	}
}

// checkDeb has dpkg read a package, where there is one.
func checkDeb(t *testing.T, name string, target target) {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Logf("not read: %v", err)
		return
	}
	out, err := exec.CommandContext(t.Context(), "dpkg-deb", "--fsys-tarfile", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	all := untarred(t, bytes.NewReader(out))
	checkBinary(t, all["./usr/bin/jupyter-ec2"], target)
	checkTexts(t, all, "vendor-completions")
}

// checkTexts reads what Debian's and Red Hat's packages hold beside the binary,
// with the completions of zsh in a folder of that name.
func checkTexts(t *testing.T, all map[string]packed, zsh string) {
	t.Helper()
	for file, begins := range map[string]string{
		"./usr/share/man/man1/jupyter-ec2.1.gz": "\x1f\x8b", "./usr/share/doc/jupyter-ec2/copyright": "MIT License",
		"./usr/share/doc/jupyter-ec2/THIRD_PARTY.txt": "jupyter-ec2 ", "./usr/share/bash-completion/completions/jupyter-ec2": "# bash",
		"./usr/share/zsh/" + zsh + "/_jupyter-ec2": "#compdef jupyter-ec2", "./usr/share/fish/vendor_completions.d/jupyter-ec2.fish": "# fish",
	} {
		if f := all[file]; f.mode != 0o644 || !bytes.HasPrefix(f.content, []byte(begins)) {
			t.Errorf("%s has the mode %v, and begins with %.20q", file, f.mode, f.content)
		}
	}
}

// checkAPK reads a package of Alpine: a tar in parts, the first of which tells
// what the others are.
func checkAPK(t *testing.T, name string, target target) {
	t.Helper()
	all := untar(t, name)
	checkBinary(t, all["usr/bin/jupyter-ec2"], target)
	info := string(all[".PKGINFO"].content)
	for line := range strings.Lines(info) {
		if !strings.Contains(line, " = ") {
			t.Errorf(".PKGINFO has the line %q", line)
		}
	}
	if !strings.HasPrefix(info, "pkgname = jupyter-ec2\n") || len(all[".post-deinstall"].content) == 0 {
		t.Errorf("it holds %q, and .PKGINFO is\n%s", slices.Sorted(maps.Keys(all)), info)
	}
}

// checkPip has pip install the wheel, runs what it installed, and has pip
// remove it: what is left is what there was.
func checkPip(t *testing.T, dir string) {
	t.Helper()
	env := filepath.Join(t.TempDir(), "env")
	run := func(program string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	bin := "bin"
	if runtime.GOOS == "windows" {
		bin = "Scripts"
	}
	run("python3", "-m", "venv", env)
	before := listing(t, env)
	pip := filepath.Join(env, bin, "pip")
	run(pip, "install", "--no-index", "--no-deps", "--no-compile", "--find-links", dir, "--pre", program)
	run(pip, "check")
	said := run(filepath.Join(env, bin, program), "--version")
	wheel := filepath.Base(only(t, dir, wheelName+"-*"+platforms[target{runtime.GOOS, runtime.GOARCH}]+".whl"))
	built := strings.TrimPrefix(strings.Fields(said + " ? ? ?")[2], "dev") // which is said where there is no version
	if v, err := parseVersion(built); err != nil || v.pep440 != strings.Split(wheel, "-")[1] {
		t.Errorf("%s says %q, in %s: %v", program, said, wheel, err)
	}
	if after := listing(t, env); len(after) < len(before)+5 {
		t.Errorf("it installed %d files", len(after)-len(before))
	}
	run(pip, "uninstall", "--yes", program)
	if after := listing(t, env); !slices.Equal(before, after) {
		t.Errorf("before it was installed there was\n%q\nand after it was uninstalled\n%q", before, after)
	}
}

// listing is all files below a folder, but for what Python compiles.
func listing(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(name) != ".pyc" {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
