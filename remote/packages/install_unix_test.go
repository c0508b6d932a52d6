//go:build unix

package packages

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// cell runs cells in a kernel by its name, and returns what they print.
func (l *local) cell(t *testing.T, p Project, kernel string, cells ...string) string {
	t.Helper()
	var out strings.Builder
	run := remote.Command{Script: `exec 2>&1
~/.jupyter-ec2/projects/` + p.id() + `/venv/bin/python -I -c '
import sys
from jupyter_client.manager import start_new_kernel
km, kc = start_new_kernel(kernel_name=sys.argv[1])
for cell in sys.argv[2:]:
    kc.execute_interactive(cell, timeout=90)
kc.stop_channels()
km.shutdown_kernel()' ` + words(append([]string{kernel}, cells...)), Stdout: &out}
	if err := l.Run(t.Context(), run); err != nil {
		t.Fatalf("cells %q: %v\n%s", cells, err, out.String())
	}
	return out.String()
}

// compare returns the rows that differ, and what was added.
func compare(t *testing.T, p Project, n Needs) (differ []Row, added []Added) {
	t.Helper()
	c, err := p.Compare(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) < 3 {
		t.Errorf("only %+v is compared", c.Rows)
	}
	return slices.DeleteFunc(c.Rows, func(r Row) bool { return !r.Differs }), c.Added
}

// A project's packages by the real uv and the real index: the project itself,
// editable, in a kernel of its own; what %pip changed; the lock; and what
// cannot be had.
func TestInstall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installs packages from the index")
	}
	await.Turn(t)
	await.Allow(t, await.Long, "installs ipykernel and some packages, and starts kernels")
	l := newLocal(t)
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		for _, keep := range []string{"PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} {
			if strings.HasPrefix(name, keep) || strings.HasSuffix(strings.ToLower(name), "_proxy") {
				l.env = append(l.env, kv)
				break
			}
		}
	}
	p := Project{Host: l, Follow: l.follow, Name: "My Lab", Dir: "work/My Lab"}
	l.write(t, "work/My Lab/pyproject.toml", `[project]
name = "demo-pkg"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["idna==3.4", "attrs", "pywin32 ; sys_platform == 'win32'"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
`, 0o644)
	l.write(t, "work/My Lab/src/demo_pkg/__init__.py", "X = 'first'\n", 0o644)

	n, b := l.bring(t, p, "toolz==0.12.0")
	if b.Kernel != "my-lab" || n.Local != "demo-pkg" || len(b.Warnings) > 0 {
		t.Errorf("%+v", b)
	}
	show := "import demo_pkg, idna, toolz, sys; print(demo_pkg.X, idna.__version__, toolz.__version__)"
	if said := l.cell(t, p, b.Kernel, show, "!which pip"); !strings.Contains(said, "first 3.4 0.12.0") || !strings.Contains(said, "/projects/"+p.id()+"/venv/bin/pip") {
		t.Errorf("the kernel says %s", said)
	}
	l.write(t, "work/My Lab/src/demo_pkg/__init__.py", "X = 'second'\n", 0o644)
	if said := l.cell(t, p, b.Kernel, show, "%pip install -q attrs==22.2.0 multidict==6.1.0"); !strings.Contains(said, "second 3.4") {
		t.Errorf("after a change of its files the kernel says %s", said)
	}
	_, added := compare(t, p, n)
	if len(added) != 2 || added[0].Name != "attrs" || added[0].Version != "22.2.0" || added[0].Was == "" || added[1] != (Added{Name: "multidict", Version: "6.1.0"}) {
		t.Errorf("added: %+v", added)
	}

	if err := l.Run(t.Context(), remote.Command{Script: `cd ~/"work/My Lab" && ~/.jupyter-ec2/bin/uv lock -q`}); err != nil {
		t.Fatal(err)
	}
	n, _ = l.bring(t, p)
	differ, added := compare(t, p, n)
	want := []Row{{Name: "multidict", There: "6.1.0", Differs: true}, {Name: "toolz", There: "0.12.0", Differs: true}} // they are kept
	if diff := cmp.Diff(want, differ); diff != "" || n.Kind != Lock || len(added) != 1 || added[0].Name != "multidict" {
		t.Errorf("by %q, with %+v added:\n%s", n.Kind, added, diff)
	}
	n, _ = l.bring(t, p)
	if log := l.logs[len(l.logs)-1]; strings.Contains(log, "Installed") || strings.Contains(log, "Downloading") {
		t.Errorf("the second time something was done:\n%s", log)
	}

	n, err := Find(filepath.Join(l.home, p.Dir), Options{Names: []string{"idna==99", "no-such-package-of-jupyter-ec2", "pywin32==306"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Bring(t.Context(), n, silent)
	none := []Missing{
		{Name: "idna", Version: "==99", Why: Conflict}, // with the lock
		{Name: "no-such-package-of-jupyter-ec2", Why: Unknown},
		{Name: "pywin32", Version: "==306", Why: NoWheel},
	}
	missingIs(t, err, none)
	if err := os.Remove(filepath.Join(l.home, p.Dir, "pyproject.toml")); err != nil {
		t.Fatal(err)
	}
	if n, err = Find(filepath.Join(l.home, p.Dir), Options{Names: []string{"idna==99", "no-such-package-of-jupyter-ec2", "pywin32==306"}}); err != nil {
		t.Fatal(err)
	}
	none[0].Why = NoVersion
	missingIs(t, p.Check(t.Context(), n), none)
}

func missingIs(t *testing.T, err error, want []Missing) {
	t.Helper()
	e, ok := err.(*MissingError) //nolint:errorlint // it is not wrapped
	if !ok {
		t.Errorf("it is no error about packages: %v", err)
		return
	}
	if diff := cmp.Diff(want, e.Missing); diff != "" {
		t.Errorf("missing:\n%s", diff)
	}
}
