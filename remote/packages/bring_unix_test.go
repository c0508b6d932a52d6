//go:build unix

package packages

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// local is a host that is this computer, with a home folder of its own.
type local struct {
	home string
	env  []string
	logs []string // what the jobs printed, as it is
	runs int
}

func newLocal(t testing.TB) *local {
	t.Helper()
	return &local{home: t.TempDir(), env: []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8"}}
}

// Run runs a command in a shell, as SSH would.
func (l *local) Run(ctx context.Context, c remote.Command) error {
	l.runs++
	sh := exec.CommandContext(ctx, "/bin/sh", "-s")
	sh.Env = append(slices.Clone(l.env), "HOME="+l.home)
	for name, value := range c.Env {
		sh.Env = append(sh.Env, name+"="+value)
	}
	var stderr strings.Builder
	sh.Dir, sh.Stdin, sh.Stdout, sh.Stderr = l.home, strings.NewReader(c.Script), c.Stdout, &stderr
	err := sh.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &remote.ExitError{Code: exit.ExitCode(), Stderr: stderr.String()}
	}
	return err
}

// follow runs a job to its end.
func (l *local) follow(ctx context.Context, j remote.Job, out safe.Output) (exit int, err error) {
	var log strings.Builder
	lines := safe.NewLines(out)
	err = l.Run(ctx, remote.Command{Script: "exec 2>&1\n" + j.Script, Env: j.Env, Stdout: io.MultiWriter(&log, lines)})
	_ = lines.Close()
	l.logs = append(l.logs, log.String())
	var e *remote.ExitError
	if errors.As(err, &e) {
		return e.Code, nil
	}
	return 0, err
}

// write writes a file of the host's.
func (l *local) write(t testing.TB, name, text string, mode os.FileMode) {
	t.Helper()
	file := filepath.Join(l.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), mode)); err != nil {
		t.Fatal(err)
	}
}

func (l *local) read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(l.home, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// withUV gives the host a uv that knows some packages. What is in its "has" folder
// can be installed, a line "NAME==VERSION" each.
func (l *local) withUV(t testing.TB) {
	t.Helper()
	uv, err := os.ReadFile("testdata/uv.py")
	if err != nil {
		t.Fatal(err)
	}
	l.write(t, ".jupyter-ec2/bin/uv", string(uv), 0o755)
	l.write(t, "index", "idna==3.20\nidna==3.4\nnumpy==2.1\nipykernel==7.4.0\npip==26.3\ndemo-pkg==0.1.0\nrich==13.1\nipywidgets==8.1\n", 0o600)
}

// onLocal is a project on such a host, whose folder holds files.
func onLocal(t testing.TB, files map[string]string) (*local, Project) {
	t.Helper()
	l := newLocal(t)
	l.withUV(t)
	for name, text := range files {
		l.write(t, "work/My Lab/"+name, text, 0o644)
	}
	return l, Project{Host: l, Follow: l.follow, Name: "My Lab", Dir: "work/My Lab"}
}

func silent(string, bool) {}

// asked are uv's arguments, a call each.
func (l *local) asked(t testing.TB, p Project, verb string) []string {
	t.Helper()
	var calls []string
	for line := range strings.Lines(l.read(t, "asked")) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, verb+" ") && !strings.Contains(line, "--reinstall") {
			calls = append(calls, strings.ReplaceAll(strings.ReplaceAll(line, l.home, "~"), p.id(), p.Kernel()))
		}
	}
	return calls
}

func TestBring(t *testing.T) {
	t.Parallel()
	files := map[string]string{"requirements.txt": "idna\nnumpy==2.1\n"}
	l, p := onLocal(t, files)
	n, err := Find(filepath.Join(l.home, p.Dir), Options{Names: []string{"rich>=13"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Bring(t.Context(), n, silent)
	if err != nil {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	if b.Kernel != "my-lab" || b.Packages != 5 || !strings.HasPrefix(b.Python, "3.") || b.Prefers != "" {
		t.Errorf("%+v", b)
	}
	want := []string{
		"pip install --python ~/.jupyter-ec2/projects/my-lab/venv/bin/python -r requirements.txt -r ~/.jupyter-ec2/projects/my-lab/needs.txt",
		"pip install --python ~/.jupyter-ec2/projects/my-lab/venv/bin/python -c ~/.jupyter-ec2/projects/my-lab/versions.txt ipykernel pip",
	}
	if diff := cmp.Diff(want, l.asked(t, p, "pip install")); diff != "" {
		t.Errorf("uv was asked:\n%s", diff)
	}
	spec := l.read(t, ".local/share/jupyter/kernels/my-lab/kernel.json")
	for _, want := range []string{`"display_name": "My Lab"`, filepath.Join(l.home, ".jupyter-ec2/projects", p.id(), "venv/bin/python"), "ipykernel_launcher", `/bin:${PATH}"`, `"supported_encryption": "curve"`} {
		if !strings.Contains(spec, want) {
			t.Errorf("the kernelspec lacks %q:\n%s", want, spec)
		}
	}
	if _, err := os.Stat(filepath.Join(l.home, ".jupyter-ec2/venv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server's venv: %v", err)
	}
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatal(err)
	}
	if calls := l.asked(t, p, "venv"); len(calls) != 1 {
		t.Errorf("the venv was made %d times: %q", len(calls), calls)
	}
	if calls := l.asked(t, p, "pip install"); len(calls) != 3 {
		t.Errorf("the second time uv was asked %q", calls[2:])
	}
}

func TestBringLock(t *testing.T) {
	t.Parallel()
	l, p := onLocal(t, map[string]string{"uv.lock": lockText, "pyproject.toml": projectText + buildText})
	n, err := Find(filepath.Join(l.home, p.Dir), Options{Names: []string{"rich"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Without = []string{"Some_Thing"}
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	want := []string{"sync --frozen --inexact --python ~/.jupyter-ec2/projects/my-lab/venv/bin/python --no-install-package some-thing"}
	if diff := cmp.Diff(want, l.asked(t, p, "sync")); diff != "" {
		t.Errorf("uv was asked:\n%s", diff)
	}
	c, err := p.Compare(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	rows := []Row{
		{Name: "rich", There: "13.1", Differs: true},
		{Name: "demo-pkg", Here: "0.1.0", There: "0.1.0", Local: true},
		{Name: "idna", Here: "3.20", There: "3.20"},
	}
	if diff := cmp.Diff(rows, c.Rows); diff != "" || c.Against != "uv.lock" || len(c.Added) > 0 {
		t.Errorf("%+v\n%s", c, diff)
	}
}

// A cell's %pip is seen, and written back.
func TestAdded(t *testing.T) {
	t.Parallel()
	l, p := onLocal(t, map[string]string{"requirements.txt": "idna==3.4\n"})
	dir := filepath.Join(l.home, p.Dir)
	n, err := Find(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Compare(t.Context(), n); !errors.Is(err, ErrNotBrought) {
		t.Errorf("before anything was brought: %v", err)
	}
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	pip := remote.Command{Script: `~/.jupyter-ec2/bin/uv pip install --python ~/.jupyter-ec2/projects/*/venv/bin/python rich==13.1 numpy==2.1 idna==3.20`}
	if err := l.Run(t.Context(), pip); err != nil {
		t.Fatal(err)
	}
	c, err := p.Compare(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	added := []Added{{"idna", "3.20", "3.4"}, {Name: "rich", Version: "13.1"}} // rich needs numpy
	if diff := cmp.Diff(added, c.Added); diff != "" {
		t.Errorf("added:\n%s", diff)
	}
	rows := []Row{{Name: "idna", Here: "3.4", There: "3.20", Differs: true}, {Name: "numpy", There: "2.1"}, {Name: "rich", There: "13.1"}}
	if diff := cmp.Diff(rows, c.Rows); diff != "" || c.Differences() != 1 {
		t.Errorf("%d differences\n%s", c.Differences(), diff)
	}
	// What was added stays so when the packages are brought again, and is not
	// undone by that but where the project asks for another version.
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatal(err)
	}
	if c, err = p.Compare(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(added[1:], c.Added); diff != "" {
		t.Errorf("added, after the others were brought again:\n%s", diff)
	}
	if err := l.Run(t.Context(), pip); err != nil {
		t.Fatal(err)
	}
	if c, err = p.Compare(t.Context(), n); err != nil || !cmp.Equal(added, c.Added) {
		t.Errorf("added once more: %+v, %v", c.Added, err)
	}
	if err := n.WriteBack(dir, c.Added); err != nil {
		t.Fatal(err)
	}
	if n, err = Find(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatal(err)
	}
	if c, err = p.Compare(t.Context(), n); err != nil || len(c.Added) > 0 {
		t.Errorf("after they were written back: %+v, %v", c.Added, err)
	}
}

// All that cannot be had is named, each with its reason, and the rest comes
// when the person says so.
func TestBringNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	l, p := onLocal(t, map[string]string{"requirements.txt": "idna==9\nnowhere\nnumpy==2.1\nidna2==3\n"})
	n, err := Find(filepath.Join(l.home, p.Dir), Options{Names: []string{"also-nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Bring(t.Context(), n, silent)
	var e *MissingError
	if !errors.As(err, &e) {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	want := []Missing{
		{Name: "also-nowhere", Why: Unknown},
		{Name: "idna", Version: "==9", Why: NoVersion},
		{Name: "idna2", Why: Unknown},
		{Name: "nowhere", Why: Unknown},
	}
	if diff := cmp.Diff(want, e.Missing); diff != "" {
		t.Errorf("missing:\n%s", diff)
	}
	if e.Problem().Kind != problem.Server {
		t.Errorf("%+v", e.Problem())
	}
	if err := p.Check(t.Context(), n); !errors.As(err, &e) || len(e.Missing) != len(want) {
		t.Errorf("the check says %v", err)
	}
	p.Without = e.Names()
	if err := p.Check(t.Context(), n); err != nil {
		t.Errorf("without them the check says %v", err)
	}
	if _, err := p.Bring(t.Context(), n, silent); err != nil {
		t.Fatalf("%v\n%s", err, l.logs)
	}
	c, err := p.Compare(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	rows := []Row{{Name: "idna", Here: "9", Differs: true}, {Name: "idna2", Here: "3", Differs: true}, {Name: "numpy", Here: "2.1", There: "2.1"}}
	if diff := cmp.Diff(rows, c.Rows); diff != "" {
		t.Errorf("rows:\n%s", diff)
	}
}

func TestBringPythons(t *testing.T) {
	t.Parallel()
	l, p := onLocal(t, map[string]string{"requirements.txt": "idna\n", ".python-version": "3.99\n"})
	n, err := Find(filepath.Join(l.home, p.Dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Bring(t.Context(), n, silent)
	if err != nil || b.Prefers != "3.99" || !strings.Contains(l.logs[0], "Python 3.99, which this machine has not got") {
		t.Errorf("%+v, %v\n%s", b, err, l.logs)
	}
	n.Requires = ">=3.98"
	_, err = p.Bring(t.Context(), n, silent)
	var e *PythonError
	if !errors.As(err, &e) || !strings.Contains(e.Error(), ">=3.98") || e.Problem().Next.Empty() {
		t.Errorf("%v\n%s", err, l.logs[1:])
	}
	if _, err := p.Bring(t.Context(), Needs{}, silent); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing is needed: %v", err)
	}
	p.Dir = "gone"
	_, err = p.Bring(t.Context(), n, silent)
	if what, ok := problem.Of(err); !ok || what.Title != "The project is not on the machine" || !strings.Contains(what.Text, "/gone") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// Somebody else's kernel of the same name stays as it is.
func TestKernelOfAnotherName(t *testing.T) {
	t.Parallel()
	l, p := onLocal(t, map[string]string{"requirements.txt": "idna\n"})
	const theirs = `{"argv": ["x"], "display_name": "Mine"}`
	kernels := ".local/share/jupyter/kernels/"
	l.write(t, kernels+"my-lab/kernel.json", theirs, 0o600)
	n, err := Find(filepath.Join(l.home, p.Dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Bring(t.Context(), n, silent)
	if err != nil || b.Kernel != p.id() {
		t.Fatalf("%+v, %v\n%s", b, err, l.logs)
	}
	if got := l.read(t, kernels+"my-lab/kernel.json"); got != theirs {
		t.Errorf("their kernelspec is %s", got)
	}
	if spec := l.read(t, kernels+b.Kernel+"/kernel.json"); !strings.Contains(spec, "ipykernel_launcher") {
		t.Errorf("the kernelspec is %s", spec)
	}
}
