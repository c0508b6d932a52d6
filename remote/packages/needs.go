package packages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Kind is where a project says what it needs.
type Kind string

// The kinds, in the order in which they are looked for.
const (
	Lock         Kind = "uv.lock"
	PyProject    Kind = "pyproject.toml"
	Requirements Kind = "requirements.txt"
	Environment  Kind = "environment.yml"
	Venv         Kind = "venv"  // what the active venv here has
	Named        Kind = "named" // nothing but the names that were asked for
	None         Kind = ""
)

// Options are what [Find] is told beside the project's folder.
type Options struct {
	// Names are packages to bring as well, such as "numpy", "pandas[excel]>=2"
	// and [Science].
	Names []string
	// Environ is the person's environment here: which venv is active, and which
	// package indexes to ask with which credentials.
	Environ []string
	// Send are the variables of Environ that the person named for the machine, such
	// as UV_INDEX_NAME_PASSWORD and those that requirements refer to. The project's
	// files alone send none: whoever is on the machine can change them.
	Send []string
}

// Needs is what a project needs of Python.
type Needs struct {
	Kind Kind
	File string // by its name in the project's folder; of a venv, its folder
	// Local is the package that the folder itself is, which is installed so that
	// a change of its files counts at once; empty where it is none.
	Local string
	// Prefer is the Python that the project is worked with, "3.11", and Requires
	// which ones it allows, ">=3.10,<4". Either may be empty.
	Prefer, Requires string
	Left             []Left // what is not brought, with the reason
	// Env is what the index settings on the machine are to be, with credentials.
	Env map[string]string
	// Unsent are the variables that the project's files refer to, that this computer
	// has, and that are not sent, as nobody named them.
	Unsent []string

	named    map[string]bool   // the packages that are asked for by name, normalized
	exact    map[string]string // the versions of those that are asked for in just one
	here     map[string]string // their versions here, where they are known
	lines    []string          // requirements for uv
	args     []string          // files and folders for uv, as words after uv pip install
	secret   []string          // the variables of Env that the person named
	versions string            // what the versions of here come from
	whole    bool              // it has them all: what it has not is not here
}

// Left is a package that is not brought.
type Left struct{ Name, Why string }

// Find reads what the project in a folder needs: from uv.lock, pyproject.toml,
// requirements.txt or environment.yml, whichever it has first, and where it has
// none and nothing is asked for by name, from the active venv. Its errors are
// *[FileError], or about an option's name.
func Find(dir string, o Options) (Needs, error) {
	n := newNeeds()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return n, fmt.Errorf("look for the project's packages: %w", err)
	}
	defer func() { _ = root.Close() }() // it is only read
	files := &folder{files: root.FS()}
	if err := n.readFirst(files); err != nil {
		return n, err
	}
	venv, at, err := activeVenv(dir, environ(o.Environ))
	if err != nil {
		return n, err
	}
	switch {
	case n.Kind == None && len(o.Names) == 0:
		n.takeVenv(venv, at)
	case n.Kind == None:
		n.Kind = Named
	}
	if n.Kind != Lock && n.Kind != None && at != "" {
		n.here, n.versions, n.whole = venv.versions(), at, true
	}
	if err := n.add(o.Names); err != nil {
		return n, err
	}
	n.readPython(files, venv)
	return n, n.takeVariables(environ(o.Environ), o.Send, files.variables)
}

// readFirst reads the first of the files that there is.
func (n *Needs) readFirst(f *folder) error {
	for _, read := range []func(*folder) error{n.readLock, n.readPyProject, n.readRequirements, n.readEnvironment} {
		if err := read(f); err != nil || n.Kind != None {
			return err
		}
	}
	return nil
}

func newNeeds() Needs {
	return Needs{named: map[string]bool{}, exact: map[string]string{}, here: map[string]string{}, Env: map[string]string{}}
}

// Against is what the versions of here are from, a file or a venv's folder;
// empty where none are known.
func (n Needs) Against() string { return n.versions }

// add asks for packages by their names.
func (n *Needs) add(names []string) error {
	for _, name := range names {
		all := []string{name}
		if starter, ok := Starters()[name]; ok {
			all = starter.Names
		}
		for _, one := range all {
			r, err := parseRequirement(one)
			if err != nil || r.url != "" || r.marker != "" {
				return &problem.Error{
					Kind: problem.Answers, Title: "That is no package's name", Text: fmt.Sprintf("%q names no package.", one),
					Next: problem.Say("Give a name such as numpy, perhaps with versions, as in numpy>=2."), Err: err,
				}
			}
			n.need(r)
		}
	}
	return nil
}

// need adds a requirement that is not one of a file that uv reads.
func (n *Needs) need(r requirement) {
	n.lines = append(n.lines, r.String())
	n.name(r)
}

// name notes what is asked for.
func (n *Needs) name(r requirement) {
	n.named[r.key()] = true
	if v := r.exact(); v != "" {
		n.exact[r.key()] = v
	}
}

// leave leaves a package out.
func (n *Needs) leave(name, why string) {
	n.Left = append(n.Left, Left{safe.Scrub(name), safe.Scrub(why)})
}

// FileError is a file of the project that cannot be used.
type FileError struct {
	File string // by its name in the project's folder
	Err  error
}

func (e *FileError) Error() string {
	return "the project's " + e.File + " cannot be read: " + e.Err.Error()
}

func (e *FileError) Unwrap() error { return e.Err }

// Problem returns the error in plain words.
func (e *FileError) Problem() problem.Problem {
	return problem.Problem{
		Kind: problem.Answers, Title: "The project's packages cannot be read", Text: problem.Sentence(e.Error()),
		Next: problem.Say("Correct the file, and ").Do(problem.Retry).Say("."),
	}
}

// folder reads the files of a project's folder; nothing leads out of it.
type folder struct {
	files fs.FS
	// variables are those of the environment that the files refer to.
	variables []string
}

// maxFile is how large a file that names packages may be.
const maxFile = 32 << 20

// read reads a file; one that is not there is empty and not ok.
func (f *folder) read(name string) (text []byte, ok bool, err error) {
	info, err := fs.Stat(f.files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("it is no file")
	case info.Size() > maxFile:
		err = fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	default:
		text, err = fs.ReadFile(f.files, name)
	}
	if err != nil {
		return nil, false, &FileError{name, err}
	}
	return text, true, nil
}

// environ makes variables of an environment.
func environ(all []string) map[string]string {
	vars := make(map[string]string, len(all))
	for _, kv := range all {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			vars[name] = value
		}
	}
	return vars
}

// without is a copy of the needs in which these packages are left out.
func (n Needs) without(names []string) Needs {
	n.lines = slices.DeleteFunc(slices.Clone(n.lines), func(line string) bool {
		r, err := parseRequirement(line)
		return err == nil && slices.Contains(names, r.key())
	})
	return n
}
