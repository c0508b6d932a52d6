package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// folder makes one with these files, each of which holds its name.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sums writes SHA256SUMS that name these files.
func sums(t *testing.T, dir string, names ...string) {
	t.Helper()
	var all []byte
	for _, name := range names {
		all = fmt.Appendf(all, "%064x  %s\n", 1, name)
	}
	if err := writeFile(filepath.Join(dir, sumsName), all); err != nil {
		t.Fatal(err)
	}
}

// broken is a release of a program that does not compile.
func broken(t *testing.T) *release {
	t.Helper()
	return &release{root: folder(t, "go.mod"), work: t.TempDir()}
}

var here = []target{{runtime.GOOS, runtime.GOARCH}}

const oldWheel, oldDeb = "jupyter_ec2-0.1.0-py3-none-win_amd64.whl", "jupyter-ec2_0.1.0-1_amd64.deb"

// A folder of somebody's stays as it is, whatever sums are in it.
func TestFoldersOfOthersStay(t *testing.T) {
	for what, make := range map[string]func() string{
		"files": func() string { return folder(t, "thesis.odt") },
		"Debian's sums": func() string {
			dir := folder(t, "debian-12.iso", "thesis.odt", "photos/1.jpg")
			sums(t, dir, "debian-12.iso")
			return dir
		},
		"Debian's sums of all": func() string {
			dir := folder(t, "debian-12.iso")
			sums(t, dir, "debian-12.iso")
			return dir
		},
		"our sums, and a file": func() string {
			dir := folder(t, oldWheel, oldDeb, "thesis.odt")
			sums(t, dir, oldWheel, oldDeb)
			return dir
		},
		"our sums, and a file like ours": func() string {
			dir := folder(t, oldWheel, oldDeb)
			sums(t, dir, oldWheel)
			return dir
		},
		"a folder with a name of ours": func() string {
			dir := folder(t, oldWheel+"/thesis.odt")
			sums(t, dir, oldWheel)
			return dir
		},
		"sums of what is elsewhere": func() string {
			dir := folder(t, oldWheel)
			sums(t, dir, oldWheel, "../"+oldDeb)
			return dir
		},
	} {
		dir := make()
		before := listing(t, dir)
		if err := broken(t).make(t.Context(), dir, here); err == nil {
			t.Errorf("%s: no error", what)
		} else if _, err := earlier(dir); err == nil {
			t.Errorf("%s: taken for its own", what)
		}
		if after := listing(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s: before\n%q\nand afterwards\n%q", what, before, after)
		}
	}
}

// What does not compile costs nothing that was made before, and whatever was
// left, the next run takes its place, and leaves what others wrote there.
func TestInterrupted(t *testing.T) {
	whole := folder(t, oldWheel, oldDeb)
	sums(t, whole, oldWheel, oldDeb)
	before := listing(t, whole)
	if err := broken(t).make(t.Context(), whole, here); err == nil {
		t.Error("it compiled")
	}
	if after := listing(t, whole); !slices.Equal(before, after) {
		t.Errorf("before\n%q\nand afterwards\n%q", before, after)
	}

	partly := folder(t, oldWheel, "texts/linux_amd64/LICENSE", "goreleaser/config.yaml")
	sums(t, partly, oldWheel, oldDeb)
	onlyTexts := folder(t, "texts/linux_amd64/LICENSE")
	for _, out := range []string{whole, partly, onlyTexts, filepath.Join(t.TempDir(), "new")} {
		newDeb := "jupyter-ec2_0.2.0-1_amd64.deb"
		made := folder(t, newDeb)
		if err := writeSums(made); err != nil {
			t.Fatal(err)
		}
		if err := replace(out, made); err != nil {
			t.Error(err)
		}
		var files []string
		for _, e := range entries(t, out) {
			if !e.IsDir() {
				files = append(files, e.Name())
			}
		}
		if !slices.Equal(files, []string{sumsName, newDeb}) {
			t.Errorf("it has %q", files)
		}
	}
	if texts := listing(t, filepath.Join(partly, "texts")); len(texts) != 1 {
		t.Errorf("texts are %q", texts)
	}
}

func entries(t *testing.T, dir string) []fs.DirEntry {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
