package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// platforms are the wheels' tags: the oldest system that the binary runs on. A
// static binary for Linux runs with every C library, and so with both that
// Python knows.
var platforms = map[target]string{
	{"linux", "amd64"}:   "manylinux_2_17_x86_64.musllinux_1_1_x86_64",
	{"linux", "arm64"}:   "manylinux_2_17_aarch64.musllinux_1_1_aarch64",
	{"darwin", "amd64"}:  "macosx_12_0_x86_64",
	{"darwin", "arm64"}:  "macosx_12_0_arm64",
	{"windows", "amd64"}: "win_amd64",
	{"windows", "arm64"}: "win_arm64",
}

const (
	homepage = "https://github.com/jupyter-ec2/jupyter-ec2"
	summary  = "From an AWS account to a Jupyter notebook on EC2"
	// about is what the index shows, and a package's description.
	about = `A wizard in the terminal, and commands for scripts: a Jupyter Notebook or a Kernel Gateway on EC2, and afterwards its list of machines, copies, logs, costs and auto-stop.

Try it on this computer alone, without an account and without cost:

    jupyter-ec2 --sandbox

In an environment with Jupyter it answers to "jupyter ec2" as well.`
	// leftBehind is what no uninstalling removes.
	leftBehind = `Uninstalling removes the program. The records and the keys of your machines stay, in ~/.local/state/jupyter-ec2, and your settings, in ~/.config/jupyter-ec2 (macOS: both in ~/Library/Application Support; Windows: in %LOCALAPPDATA%). Terminate machines first, with "jupyter-ec2 rm", as they cost money without the program too.`
)

// wheelName is what the project is called in the names of files.
const wheelName = "jupyter_ec2"

// writeWheel writes the binary as a Python package that has no Python: what
// installs it puts the binary beside the environment's other programs.
func writeWheel(out string, p *product, contents []file) error {
	base := wheelName + "-" + p.version.pep440
	tag := platforms[p.target]
	info := base + ".dist-info/"
	all := wheelFiles(p, base, contents)
	all = append(all,
		file{info + "METADATA", metadata(p), 0o644},
		file{info + "WHEEL", wheelTags(tag), 0o644},
	)
	var record bytes.Buffer
	for _, f := range all {
		sum := sha256.Sum256(f.content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.content))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", info)
	all = append(all, file{info + "RECORD", record.Bytes(), 0o644})
	packed, err := zipped(all, p.when)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(out, base+"-py3-none-"+tag+".whl"), packed)
}

// wheelFiles are the contents where pip puts them: programs in bin, and where
// there is a man, under share what it and the shells find there.
func wheelFiles(p *product, base string, contents []file) []file {
	share := base + ".data/data/share/"
	places := map[string]string{
		p.target.executable(): base + ".data/scripts/" + p.target.executable(),
		licenceName:           base + ".dist-info/licenses/" + licenceName,
		worksName:             base + ".dist-info/licenses/" + worksName,
	}
	if p.target.system != "windows" {
		places[manName] = share + "man/man1/jupyter-ec2.1"
		places[bashName] = share + "bash-completion/completions/jupyter-ec2"
		places[zshName] = share + "zsh/site-functions/_jupyter-ec2"
		places[fishName] = share + "fish/vendor_completions.d/jupyter-ec2.fish"
	}
	var all []file
	for _, f := range contents {
		if place := places[f.name]; place != "" {
			all = append(all, file{place, f.content, f.mode})
		}
	}
	return all
}

// metadata is what the index, pip and `pip show` say.
func metadata(p *product) []byte {
	var b bytes.Buffer
	for _, line := range [][2]string{
		{"Metadata-Version", "2.4"},
		{"Name", program},
		{"Version", p.version.pep440},
		{"Summary", summary},
		{"Keywords", "jupyter,notebook,aws,ec2"},
		{"License-Expression", expression(p)},
		{"License-File", licenceName},
		{"License-File", worksName},
		{"Classifier", "Environment :: Console"},
		{"Classifier", "Framework :: Jupyter"},
		{"Classifier", "Intended Audience :: Science/Research"},
		{"Project-URL", "Source, " + homepage},
		{"Project-URL", "Changelog, " + homepage + "/blob/main/CHANGELOG.md"},
		{"Project-URL", "Issues, " + homepage + "/issues"},
		{"Description-Content-Type", "text/markdown"},
	} {
		fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", about, leftBehind)
	return b.Bytes()
}

// wheelTags is the WHEEL file: each tag of the name in a line.
func wheelTags(platform string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Wheel-Version: 1.0\nGenerator: %s dist\nRoot-Is-Purelib: false\n", program)
	for one := range strings.SplitSeq(platform, ".") {
		fmt.Fprintf(&b, "Tag: py3-none-%s\n", one)
	}
	return b.Bytes()
}

// zipped packs files, in their order, at one time.
func zipped(files []file, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
		h.SetMode(f.mode) // which makes it a regular file of Unix
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}
