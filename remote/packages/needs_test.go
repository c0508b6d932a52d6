package packages

import (
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// folderOf makes a folder with files.
func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const lockText = `version = 1
revision = 5
requires-python = ">=3.10, <4"

[[package]]
name = "demo-pkg"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "idna" }]

[[package]]
name = "idna"
version = "3.20"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/idna-3.20-py3-none-any.whl", hash = "sha256:ab" }]
`

const projectText = `[project]
name = "Demo_Pkg"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["idna>=3", "numpy==2.1 ; python_version > '3.9'"]
`

const buildText = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"

// What the folder has first counts, and the others do not.
func TestFind(t *testing.T) {
	venv := map[string]string{
		".venv/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n",
		".venv/lib/python3.11/site-packages/idna-3.4.dist-info/METADATA":             "Metadata-Version: 2.1\nName: idna\nVersion: 3.4\n\nText: no\n",
		".venv/lib/python3.11/site-packages/My_Tool-1.0.dist-info/METADATA":          "Name: My.Tool\nVersion: 1.0\n",
		".venv/lib/python3.11/site-packages/My_Tool-1.0.dist-info/direct_url.json":   `{"url": "file:///home/me/tool", "dir_info": {"editable": true}}`,
		".venv/lib/python3.11/site-packages/torch-2.5.1+cu121.dist-info/METADATA":    "Name: torch\nVersion: 2.5.1+cu121\n",
		".venv/lib/python3.11/site-packages/fork-2.dist-info/METADATA":               "Name: fork\nVersion: 2\n",
		".venv/lib/python3.11/site-packages/fork-2.dist-info/direct_url.json":        `{"url": "https://me:secret12@example.com/fork.git", "vcs_info": {"vcs": "git"}}`,
		".venv/lib/python3.11/site-packages/pip-24.dist-info/METADATA":               "Name: pip\nVersion: 24\n",
		".venv/lib/python3.11/site-packages/broken-1.dist-info/METADATA":             "nothing\n",
		".venv/lib/python3.11/site-packages/hostile-1.dist-info/METADATA":            "Name: --index-url\nVersion: 1\n",
		".venv/lib/python3.11/site-packages/newline-1.dist-info/METADATA":            "Name: a\n b\nVersion: 1\n",
		".venv/lib/python3.11/site-packages/notes.txt":                               "",
		".venv/lib/python3.11/site-packages/_virtualenv.py":                          "",
		".venv/lib/python3.11/site-packages/distutils-precedence.pth":                "",
		".venv/lib/python3.11/site-packages/setuptools-70.dist-info/METADATA":        "Name: setuptools\r\nVersion: 70\r\n\r\n",
		".venv/lib/python3.11/site-packages/setuptools-70.dist-info/direct_url.json": `{"url": "file:///x/setuptools.whl", "archive_info": {}}`,
	}
	and := func(files ...map[string]string) map[string]string {
		all := map[string]string{}
		for _, f := range files {
			maps.Copy(all, f)
		}
		return all
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		names []string
		want  Needs
	}{
		{
			"a lock", and(venv, map[string]string{"uv.lock": lockText, "pyproject.toml": projectText + buildText, "requirements.txt": "flask"}),
			[]string{"rich[jupyter]>=13"},
			Needs{Kind: Lock, File: "uv.lock", Local: "demo-pkg", Prefer: "3.11", Requires: ">=3.10,<4", lines: []string{"rich[jupyter]>=13"}, versions: "uv.lock"},
		},
		{
			"a lock without its project",
			map[string]string{"uv.lock": lockText, "requirements.txt": "flask"},
			nil,
			Needs{Kind: Requirements, File: "requirements.txt", args: []string{"-r", "requirements.txt"}},
		},
		{
			"a package",
			map[string]string{"pyproject.toml": projectText + buildText + "[dependency-groups]\ndev = ['pytest']\n", ".python-version": "# ours\n3.12.4\n"},
			nil,
			Needs{Kind: PyProject, File: "pyproject.toml", Local: "Demo_Pkg", Prefer: "3.12", Requires: ">=3.10", args: []string{"-e", ".", "--group", "dev"}, versions: "pyproject.toml"},
		},
		{
			"a project that is no package",
			map[string]string{"pyproject.toml": projectText},
			nil,
			Needs{Kind: PyProject, File: "pyproject.toml", Requires: ">=3.10", args: []string{"-r", "pyproject.toml"}, versions: "pyproject.toml"},
		},
		{
			"a package that leaves open what it needs",
			map[string]string{"pyproject.toml": "[project]\nname = 'a'\n" + buildText, "requirements.txt": "flask==3.0"},
			nil,
			Needs{Kind: PyProject, File: "pyproject.toml", Local: "a", args: []string{"-e", ".", "-r", "requirements.txt"}, versions: "pyproject.toml"},
		},
		{
			"settings of tools",
			map[string]string{"pyproject.toml": "[tool.black]\nline-length = 100\n", "requirements.txt": "-e .\nflask"},
			nil,
			Needs{Kind: Requirements, File: "requirements.txt", Local: ".", args: []string{"-r", "requirements.txt"}},
		},
		{
			"the venv", venv, nil,
			Needs{
				Kind: Venv, File: ".venv", Prefer: "3.11", lines: []string{"idna==3.4", "torch==2.5.1+cu121"}, versions: ".venv",
				Left: []Left{{"fork", "it came from git https://[secret]@example.com/fork.git"}, {"My.Tool", "it is editable, from a folder of this computer"}, {"setuptools", "it came from a file of this computer"}},
			},
		},
		{
			"names", and(venv),
			[]string{"polars"},
			Needs{Kind: Named, Prefer: "3.11", lines: []string{"polars"}, versions: ".venv"},
		},
		{"the starter", nil, []string{Science}, Needs{Kind: Named, lines: Starters()[Science].Names}},
		{"nothing", map[string]string{"notes.txt": "flask"}, nil, Needs{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folderOf(t, c.files)
			got, err := Find(dir, Options{Names: c.names})
			if err != nil {
				t.Fatal(err)
			}
			if whole := got.Kind == Lock || strings.HasSuffix(got.versions, ".venv"); got.whole != whole {
				t.Errorf("all versions here are known: %v", got.whole)
			}
			got.whole = false
			got.named, got.exact, got.here, got.Env = nil, nil, nil, nil
			if got.Kind == Venv {
				got.File = strings.TrimPrefix(got.File, dir+string(filepath.Separator))
			}
			got.versions = strings.TrimPrefix(got.versions, dir+string(filepath.Separator))
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(Needs{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The venv that is active counts before the project's own, and one that is gone
// does not.
func TestActiveVenv(t *testing.T) {
	record := func(name string) map[string]string {
		return map[string]string{"lib/python3.10/site-packages/" + name + "-1.dist-info/METADATA": "Name: " + name + "\nVersion: 1\n"}
	}
	other, gone := folderOf(t, record("other")), filepath.Join(t.TempDir(), "gone")
	windows := folderOf(t, map[string]string{"Lib/site-packages/win-1.dist-info/METADATA": "Name: win\nVersion: 1\n", "pyvenv.cfg": "version_info = 3.13.1.final.0\n"})
	dir := folderOf(t, map[string]string{".venv/lib/python3.10/site-packages/own-1.dist-info/METADATA": "Name: own\nVersion: 1\n"})
	for _, c := range []struct{ active, want, python string }{
		{other, "other==1", "3.10"}, {"", "own==1", "3.10"}, {gone, "own==1", "3.10"}, {windows, "win==1", "3.13"},
	} {
		n, err := Find(dir, Options{Environ: []string{"VIRTUAL_ENV=" + c.active}})
		if err != nil || len(n.lines) != 1 || n.lines[0] != c.want || n.Prefer != c.python {
			t.Errorf("with %q active: %q, Python %q, %v", c.active, n.lines, n.Prefer, err)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	for name, text := range map[string]string{"uv.lock": "version = [", "pyproject.toml": "x", "environment.yml": "\t-"} {
		files := map[string]string{"pyproject.toml": projectText, name: text}
		if name == "environment.yml" {
			delete(files, "pyproject.toml")
		}
		_, err := Find(folderOf(t, files), Options{})
		var e *FileError
		if !errors.As(err, &e) || e.File != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	newer := strings.Replace(lockText, "version = 1", "version = 2", 1)
	if _, err := Find(folderOf(t, map[string]string{"uv.lock": newer, "pyproject.toml": projectText}), Options{}); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a newer lock: %v", err)
	}
	for _, name := range []string{"", "--index-url=http://evil.example", "a b", "numpy; rm", "x @ https://a.example/x.whl", "../x", "a>=1 -r b", "nümpy"} {
		if n, err := Find(t.TempDir(), Options{Names: []string{name}}); err == nil {
			t.Errorf("the name %q is taken: %q", name, n.lines)
		}
	}
	outside := filepath.Join(folderOf(t, map[string]string{"requirements.txt": "flask"}), "requirements.txt")
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "requirements.txt")); err != nil {
		t.Skip(err)
	}
	if _, err := Find(dir, Options{}); err == nil {
		t.Error("a link that leads out of the project was followed")
	}
}

func TestRequirements(t *testing.T) {
	dir := folderOf(t, map[string]string{
		"requirements.txt": "\ufeff# ours\r\n--index-url https://${CORP_USER}:${CORP_PASSWORD}@corp.example/simple\r\nnumpy==2.1 \\\r\n    --hash=sha256:ab\r\n" +
			"-r more/base.txt\npandas [excel] >= 2 # tables\n-c limits.txt\ngit+https://example.com/x.git\n./local\n",
		"more/base.txt": "-r ../requirements.txt\nSci_Py (>=1)\n",
	})
	n, err := Find(dir, Options{Send: []string{"CORP_USER", "CORP_PASSWORD"}, Environ: []string{"CORP_USER=me", "CORP_PASSWORD=s3cr3t", "OTHER=x", "AWS_SECRET_ACCESS_KEY=x"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(n.named)); !slices.Equal(got, []string{"numpy", "pandas", "sci-py"}) {
		t.Errorf("named %q", got)
	}
	if n.here["numpy"] != "2.1" || len(n.here) != 1 || n.Against() != "requirements.txt" {
		t.Errorf("versions %v of %q", n.here, n.Against())
	}
	for _, refers := range []string{"--requirement=gone.txt", "-r ../gone.txt"} { // uv would not find it there
		var e *FileError
		if _, err := Find(folderOf(t, map[string]string{"requirements.txt": refers}), Options{}); !errors.As(err, &e) || path.Base(e.File) != "gone.txt" {
			t.Errorf("%s: %v", refers, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"CORP_USER": "me", "CORP_PASSWORD": "s3cr3t"}, n.Env); diff != "" {
		t.Errorf("environment:\n%s", diff)
	}
}

// Settings of indexes count on the machine too. Of the rest of the environment the
// machine gets what the person named, whatever the project's files refer to: they
// may have been written there.
func TestVariables(t *testing.T) {
	settings := map[string]string{"UV_INDEX_URL": "https://u:p@i.example/simple", "PIP_EXTRA_INDEX_URL": "https://x.example", "UV_INDEX": "corp=https://c.example"}
	logins := map[string]string{"UV_INDEX_CORP_USERNAME": "me", "UV_INDEX_CORP_PASSWORD": "s3cr3t", "TOKEN": "t0ken"}
	environ := []string{
		"PATH=/bin", "UV_CACHE_DIR=/tmp", "PIP_CERT=/x", "UV_DEFAULT_INDEX=", "AWS_SECRET_ACCESS_KEY=x", "PIP_INDEX_URLS=x", "nothing", "OTHER=x", "EMPTY=",
	}
	for _, all := range []map[string]string{settings, logins} {
		for k, v := range all {
			environ = append(environ, k+"="+v)
		}
	}
	for name, files := range map[string]map[string]string{
		"requirements.txt": {"requirements.txt": "# ${OTHER}\n-i https://${AWS_SECRET_ACCESS_KEY}@x.example # ${OTHER}\n-i ${PATH}\n-i ${TOKEN}\n-i ${TOKEN} ${EMPTY}"},
		"environment.yml":  {"environment.yml": "# ${OTHER}\ndependencies:\n- pip:\n  - -i ${TOKEN}\n"},
	} {
		n, err := Find(folderOf(t, files), Options{Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(settings, n.Env); diff != "" || !slices.Equal(n.Unsent, []string{"TOKEN"}) {
			t.Errorf("%s: nobody named a variable, unsent %q, environment:\n%s", name, n.Unsent, diff)
		}
		n, err = Find(folderOf(t, files), Options{Environ: environ, Send: slices.Collect(maps.Keys(logins))})
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(settings)
		maps.Copy(want, logins)
		if diff := cmp.Diff(want, n.Env); diff != "" || len(n.Unsent) > 0 {
			t.Errorf("%s: named, unsent %q, environment:\n%s", name, n.Unsent, diff)
		}
	}
	for _, name := range []string{"PATH", "AWS_SECRET_ACCESS_KEY", "EMPTY", "GONE", "", "TOKEN=x"} {
		if n, err := Find(t.TempDir(), Options{Environ: environ, Send: []string{name}}); err == nil {
			t.Errorf("%q is sent: %v", name, n.Env)
		}
	}
}

func TestWriteBack(t *testing.T) {
	added := []Added{{Name: "rich", Version: "13.1"}, {Name: "NumPy", Version: "2.2", Was: "2.1"}}
	for text, want := range map[string]string{
		"":                                  "rich==13.1\nNumPy==2.2\n",
		"flask":                             "flask\nrich==13.1\nNumPy==2.2\n",
		"numpy>=2 # fast\r\nflask\r\n":      "numpy==2.2  # fast\r\nflask\r\nrich==13.1\r\n",
		"numpy==1 ; python_version<'3.9'\n": "numpy==1 ; python_version<'3.9'\nrich==13.1\nNumPy==2.2\n",
		"-r x.txt\nnumpy[x]\n":              "-r x.txt\nnumpy[x]==2.2\nrich==13.1\n",
	} {
		if got := withAdded(text, added); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	dir := t.TempDir()
	for range 2 { // the second time nothing changes
		if err := (Needs{}).WriteBack(dir, added); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "requirements.txt")); err != nil || string(text) != "rich==13.1\nNumPy==2.2\n" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// Where requirements.txt would not count, it is not written.
func TestWriteBackElsewhere(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"uv add rich==13.1":   {"uv.lock": lockText, "pyproject.toml": projectText},
		"Add to it: rich==13": {"environment.yml": "dependencies: [numpy]"},
		"pip install rich":    {".venv/lib/python3.11/site-packages/idna-3.4.dist-info/METADATA": "Name: idna\nVersion: 3.4\n"},
	} {
		dir := folderOf(t, files)
		n, err := Find(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = n.WriteBack(dir, []Added{{Name: "rich", Version: "13.1"}})
		if p, ok := problem.Of(err); !ok || !strings.Contains(p.Next.String(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "requirements.txt")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: requirements.txt: %v", name, err)
		}
	}
	dir := folderOf(t, map[string]string{"pyproject.toml": "[project]\nname = 'a'\n", "requirements.txt": "flask\n"})
	n, err := Find(dir, Options{})
	if err == nil {
		err = n.WriteBack(dir, []Added{{Name: "rich", Version: "13.1"}})
	}
	if err != nil {
		t.Error(err)
	}
}

// A conda environment's packages are PyPI's by their names, whatever folder they
// were built in; conda's own environment is no project's.
func TestCondaPrefix(t *testing.T) {
	const info = "lib/python3.12/site-packages/idna-3.4.dist-info/"
	at := folderOf(t, map[string]string{
		info + "METADATA": "Name: idna\nVersion: 3.4\n", info + "INSTALLER": "conda\n",
		info + "direct_url.json": `{"url": "file:///home/conda/feedstock_root/build_artifacts/idna/work", "dir_info": {}}`,
	})
	for name, want := range map[string]int{"lab": 1, "base": 0} {
		n, err := Find(t.TempDir(), Options{Environ: []string{"CONDA_PREFIX=" + at, "CONDA_DEFAULT_ENV=" + name}})
		if err != nil || len(n.lines) != want || len(n.Left) > 0 {
			t.Errorf("%s: %q, left %v, %v", name, n.lines, n.Left, err)
		}
	}
}
