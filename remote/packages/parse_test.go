package packages

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	dir := folderOf(t, map[string]string{"environment.yml": `
name: lab
channels: [conda-forge]
dependencies:
  - python=3.11
  - numpy=1.26
  - conda-forge::pandas>=2.1,<3
  - scipy==1.11.4
  - pytorch=2.5.1=py311_cpu
  - scikit-learn 1.4.*
  - xarray =2024.1
  - matplotlib-base!=3.8.0
  - cudatoolkit=11.8
  - gcc_linux-64
  - graphviz
  - seaborn>=0.12|0.11
  - pip
  - pip:
    - requests>=2  # the web
    - -r more.txt
    - -e .
    - --extra-index-url https://corp.example/simple
    - not a requirement
`, "more.txt": "idna==3.4\n"})
	n, err := Find(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"numpy==1.26.*", "pandas>=2.1,<3", "scipy==1.11.4", "torch==2.5.1", "scikit-learn==1.4.*", "xarray==2024.1.*", "matplotlib!=3.8.0",
		"requests>=2", "--extra-index-url https://corp.example/simple",
	}
	if diff := cmp.Diff(want, n.lines); diff != "" {
		t.Errorf("lines:\n%s", diff)
	}
	var left []string
	for _, l := range n.Left {
		left = append(left, l.Name)
	}
	if !slices.Equal(left, []string{"cudatoolkit", "gcc_linux-64", "graphviz", "seaborn", "not a requirement"}) {
		t.Errorf("left %q", left)
	}
	if n.Prefer != "3.11" || n.Local != "." || !slices.Equal(n.args, []string{"-r", "more.txt", "-e", "."}) || n.here["idna"] != "3.4" {
		t.Errorf("%+v", n)
	}
	for name := range condaNames() {
		n := newNeeds()
		if n.needConda(name); len(n.lines) != 1 {
			t.Errorf("%s is not taken: %v", name, n.Left)
		}
	}
}

func TestPythons(t *testing.T) {
	for text, want := range map[string]string{
		"3.11": "3.11", "3.11.4": "3.11", "cpython@3.12": "3.12", "cpython-3.12.1-linux-x86_64-gnu": "3.12", "pypy@3.10": "", "3.13t": "", "3": "", "3.11.*": "3.11", "python3.9": "3.9", "": "",
	} {
		if got := minorOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{">=3.9": ">=3.9", ">= 3.9 , < 4": ">=3.9,<4", "~=3.10": "~=3.10", "==3.*": "==3.*", "3.9": "", "'; rm": "", ">=3.9 -x": ""} {
		n := Needs{Requires: text}
		if n.readPython(&folder{files: fstest.MapFS{}}, venv{}); n.Requires != want {
			t.Errorf("%q requires %q, want %q", text, n.Requires, want)
		}
	}
}

func FuzzRequirement(f *testing.F) {
	for _, s := range []string{"numpy", "a.b_c[x, y] >=1,<2 ; os_name=='nt'", "a @ https://b.example/c", "a===1", "-r x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRequirement(text)
		if err != nil {
			return
		}
		if strings.HasPrefix(r.String(), "-") {
			t.Errorf("%q is an option", text)
		}
		again, err := parseRequirement(r.String())
		if err != nil || again.key() != r.key() || again.spec != r.spec || again.extras != r.extras {
			t.Errorf("%q is %+v, and then %+v, %v", text, r, again, err)
		}
	})
}

func FuzzConda(f *testing.F) {
	for _, s := range []string{"numpy=1.2", "a::b 1.*", "numpy >=1,<2=x", "numpy==1.2=py_0", "python>=3.9,<3.12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := newNeeds()
		n.needConda(text)
		for _, l := range n.lines {
			if r, err := parseRequirement(l); err != nil || r.url != "" || r.marker != "" || strings.ContainsAny(l, "\n ") {
				t.Errorf("%q became %q", text, l)
			}
		}
	})
}

// Whatever the files of a project hold, reading them ends, and no line of ours
// asks for something that they do not.
func FuzzFind(f *testing.F) {
	f.Add(lockText, projectText, "a==1\n-r requirements.txt", "dependencies: [numpy=1, {pip: [a]}]")
	f.Add("", "", "-r ../x\n\\", "dependencies: &a [*a]")
	f.Fuzz(func(t *testing.T, lock, project, requirements, environment string) {
		for _, files := range []map[string]string{
			{"uv.lock": lock, "pyproject.toml": project}, {"requirements.txt": requirements}, {"environment.yml": environment, "requirements.txt.bak": ""},
		} {
			all := fstest.MapFS{}
			for name, text := range files {
				all[name] = &fstest.MapFile{Data: []byte(text)}
			}
			n := newNeeds()
			var e *FileError
			if err := n.readFirst(&folder{files: all}); err != nil && !errors.As(err, &e) {
				t.Errorf("%v", err)
			}
			for _, line := range n.lines {
				if strings.ContainsAny(line, "\n\r") {
					t.Errorf("%q is not one line", line)
				}
			}
		}
	})
}

// A URL in a conda environment's pip part may have a password: it goes to uv in a
// file, never as an argument, and is named nowhere.
func TestAURLOfCondasPipPart(t *testing.T) {
	for _, line := range []string{"git+https://me:t0ken@corp.example/x.git", "-e git+https://me:t0ken@corp.example/x.git#egg=x"} {
		n := Needs{File: "environment.yml"}
		if err := n.needPip(nil, line); err != nil {
			t.Fatal(err)
		}
		if len(n.lines) != 1 || n.lines[0] != line || len(n.args) > 0 || len(n.Left) > 0 {
			t.Errorf("%s: lines %q, arguments %q, left %v", line, n.lines, n.args, n.Left)
		}
	}
}
