package packages

import (
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

const (
	lockName      = "uv.lock"
	pyprojectName = "pyproject.toml"
)

// lockFile is what is read of a uv.lock.
type lockFile struct {
	Version        int    `toml:"version"`
	RequiresPython string `toml:"requires-python"`
	Package        []struct {
		Name    string         `toml:"name"`
		Version string         `toml:"version"`
		Source  map[string]any `toml:"source"`
	} `toml:"package"`
}

// pyproject is what is read of a pyproject.toml.
type pyproject struct {
	Project *struct {
		Name           string   `toml:"name"`
		RequiresPython string   `toml:"requires-python"`
		Dependencies   []string `toml:"dependencies"`
		Dynamic        []string `toml:"dynamic"`
	} `toml:"project"`
	BuildSystem *struct {
		BuildBackend string `toml:"build-backend"`
	} `toml:"build-system"`
	Groups map[string]any `toml:"dependency-groups"`
	Tool   struct {
		UV struct {
			Package *bool `toml:"package"`
		} `toml:"uv"`
	} `toml:"tool"`
}

// packaged reports whether the project's folder is a package, by uv's rules.
func (p pyproject) packaged() bool {
	if p.Tool.UV.Package != nil {
		return *p.Tool.UV.Package
	}
	return p.BuildSystem != nil
}

// parseTOML reads a TOML file into something.
func parseTOML(file string, text []byte, into any) error {
	if err := toml.Unmarshal(text, into); err != nil {
		return &FileError{file, err}
	}
	return nil
}

// readLock reads uv.lock. It counts with the pyproject.toml that it belongs to.
func (n *Needs) readLock(f *folder) error {
	text, ok, err := f.read(lockName)
	if err != nil || !ok {
		return err
	}
	if _, ok, err := f.read(pyprojectName); err != nil || !ok {
		return err
	}
	var lock lockFile
	if err := parseTOML(lockName, text, &lock); err != nil {
		return err
	}
	if lock.Version != 1 {
		return &FileError{lockName, fmt.Errorf("it is of version %d, and this program reads 1", lock.Version)}
	}
	n.Kind, n.File, n.versions, n.whole, n.Requires = Lock, lockName, lockName, true, lock.RequiresPython
	for _, p := range lock.Package {
		key := normal(p.Name)
		n.named[key] = true
		n.here[key], n.exact[key] = p.Version, p.Version
		for _, kind := range []string{"editable", "virtual", "directory"} {
			at, ok := p.Source[kind].(string)
			switch {
			case !ok:
			case at == "." && kind == "editable":
				n.Local = p.Name
			case at == "." || kind == "virtual":
				delete(n.here, key) // its dependencies are installed, and itself is not
			}
		}
	}
	return nil
}

// readPyProject reads pyproject.toml, where it says what the project is; it may
// also hold the settings of tools alone.
func (n *Needs) readPyProject(f *folder) error {
	text, ok, err := f.read(pyprojectName)
	if err != nil || !ok {
		return err
	}
	var p pyproject
	if err := parseTOML(pyprojectName, text, &p); err != nil {
		return err
	}
	if p.Project == nil && p.BuildSystem == nil {
		return nil
	}
	n.Kind, n.File = PyProject, pyprojectName
	if p.packaged() {
		n.args = []string{"-e", "."}
		n.Local = localName(f)
	} else {
		n.args = []string{"-r", pyprojectName}
	}
	if _, ok := p.Groups["dev"]; ok { // as uv sync does
		n.args = append(n.args, "--group", "dev")
	}
	if p.Project == nil {
		return nil
	}
	n.Requires = p.Project.RequiresPython
	for _, d := range p.Project.Dependencies {
		n.noteLine(d)
	}
	return n.requirementsToo(f, p)
}

// requirementsToo has requirements.txt count where pyproject.toml leaves open
// what the project needs.
func (n *Needs) requirementsToo(f *folder, p pyproject) error {
	if len(p.Project.Dependencies) > 0 || slices.Contains(p.Project.Dynamic, "dependencies") {
		return nil
	}
	if _, ok, err := f.read(requirementsFile); err != nil || !ok {
		return err
	}
	n.args = append(n.args, "-r", requirementsFile)
	return n.namesOf(f, requirementsFile, nil)
}

// localName is the name of the package that a project's folder is.
func localName(f *folder) string {
	text, ok, err := f.read(pyprojectName)
	var p pyproject
	if err == nil && ok && toml.Unmarshal(text, &p) == nil && p.Project != nil && p.Project.Name != "" {
		return p.Project.Name
	}
	return "."
}
