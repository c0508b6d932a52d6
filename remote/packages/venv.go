package packages

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/textproto"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// venv is what a virtual environment on this computer has, by its packages' own
// records.
type venv struct {
	python   string // its minor
	packages []installed
}

// installed is a package as its records tell of it.
type installed struct {
	name, version string
	from          string // why no index has just this one; empty for one of an index
}

// activeVenv reads the venv that is active here, or the one in the project's
// folder. at is its folder, and empty where there is none.
func activeVenv(dir string, env map[string]string) (v venv, at string, err error) {
	conda := env["CONDA_PREFIX"]
	if env["CONDA_DEFAULT_ENV"] == "base" { // conda's own, of no project
		conda = ""
	}
	for _, at := range []string{env["VIRTUAL_ENV"], conda, filepath.Join(dir, ".venv"), filepath.Join(dir, "venv")} {
		if at == "" || !filepath.IsAbs(at) && at != filepath.Join(dir, filepath.Base(at)) {
			continue
		}
		v, err := readVenv(os.DirFS(at))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // none, or one that was removed
		case err != nil:
			return venv{}, "", fmt.Errorf("read the venv %s: %w", at, err)
		}
		return v, at, nil
	}
	return venv{}, "", nil
}

// readVenv reads a venv; what is none does not exist.
func readVenv(root fs.FS) (venv, error) {
	sites, err := fs.Glob(root, "lib/python3*/site-packages")
	if err != nil {
		return venv{}, err
	}
	var v venv
	for _, site := range append(sites, "Lib/site-packages") {
		records, err := fs.Glob(root, site+"/*.dist-info/METADATA")
		if err != nil || len(records) == 0 {
			continue
		}
		for _, r := range records {
			if i, ok := readInstalled(root, path.Dir(r)); ok {
				v.packages = append(v.packages, i)
			}
		}
		v.python = minorOf(strings.TrimPrefix(path.Base(path.Dir(site)), "python"))
	}
	if len(v.packages) == 0 {
		return venv{}, fs.ErrNotExist
	}
	v.python = cmp.Or(venvPython(root), v.python)
	slices.SortFunc(v.packages, func(a, b installed) int { return cmp.Compare(normal(a.name), normal(b.name)) })
	return v, nil
}

// maxRecord is how much is read of a package's record: its head comes first.
const maxRecord = 1 << 20

func readSome(root fs.FS, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	return io.ReadAll(io.LimitReader(f, maxRecord))
}

// readInstalled reads the records of one package.
func readInstalled(root fs.FS, dir string) (installed, bool) {
	text, err := readSome(root, dir+"/METADATA")
	if err != nil {
		return installed{}, false
	}
	i, ok := parseMetadata(string(text))
	if !ok {
		return installed{}, false
	}
	// Conda's own packages tell the folder of whoever built them.
	by, err := readSome(root, dir+"/INSTALLER")
	if err == nil && strings.TrimSpace(string(by)) == "conda" {
		return i, true
	}
	if text, err := readSome(root, dir+"/direct_url.json"); err == nil {
		i.from = parseDirectURL(text)
	}
	return i, true
}

// parseMetadata reads the name and the version of a METADATA.
func parseMetadata(text string) (installed, bool) {
	head, _, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	// What stands before an error counts: names and versions come first.
	h, _ := textproto.NewReader(bufio.NewReader(strings.NewReader(head + "\n\n"))).ReadMIMEHeader()
	i := installed{name: h.Get("Name"), version: h.Get("Version")}
	r, err := parseRequirement(i.name + "==" + i.version)
	return i, err == nil && r.name == i.name && r.exact() == i.version
}

// parseDirectURL is why a package that came from a direct_url.json (PEP 610) is
// not to be had from an index.
func parseDirectURL(text []byte) string {
	var d struct {
		URL string `json:"url"`
		Dir *struct {
			Editable bool `json:"editable"`
		} `json:"dir_info"`
		VCS *struct {
			VCS string `json:"vcs"`
		} `json:"vcs_info"`
	}
	switch err := json.Unmarshal(text, &d); {
	case err != nil:
		return "it did not come from an index"
	case d.Dir != nil && d.Dir.Editable:
		return "it is editable, from a folder of this computer"
	case d.Dir != nil || strings.HasPrefix(d.URL, "file:"):
		return "it came from a file of this computer"
	case d.VCS != nil:
		return "it came from " + safe.Clean(safe.Scrub(d.VCS.VCS+" "+d.URL))
	}
	return "it came from " + safe.Clean(safe.Scrub(d.URL))
}

// venvPython is the minor of a venv's Python by its own settings.
func venvPython(root fs.FS) string {
	text, err := readSome(root, "pyvenv.cfg")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "version", "version_info":
			if m := minorOf(value); m != "" {
				return m
			}
		}
	}
	return ""
}

// tools are what a venv has to install others with.
var tools = []string{"pip", "uv", "wheel"}

// versions are those of the venv's packages by name.
func (v venv) versions() map[string]string {
	all := make(map[string]string, len(v.packages))
	for _, p := range v.packages {
		if !slices.Contains(tools, normal(p.name)) {
			all[normal(p.name)] = p.version
		}
	}
	return all
}

// takeVenv asks for what the venv has, in the same versions.
func (n *Needs) takeVenv(v venv, at string) {
	if at == "" {
		return
	}
	n.Kind, n.File = Venv, at
	for _, p := range v.packages {
		switch {
		case slices.Contains(tools, normal(p.name)):
		case p.from != "":
			n.leave(p.name, p.from)
		default:
			n.need(requirement{name: p.name, spec: "==" + p.version})
		}
	}
}
