package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A project's packages come after its files, what cannot be had is named, and
// what a cell added is written back.
func TestThePackagesComeAlong(t *testing.T) {
	_, g, id, dir := withProject(t, map[string]string{"requirements.txt": "idna==3.4\nnowhere\n"})
	withUV(t, g, id)
	if _, err := g.Packages(t.Context(), id, steps.PackagesOptions{Compare: true}, silent); !says(err, "were not brought", string(problem.BringPackages)) {
		t.Errorf("before they were brought: %v", err)
	}
	_, err := g.Packages(t.Context(), id, steps.PackagesOptions{}, silent)
	if !says(err, "A package is not available", string(problem.WithoutPackages)+" ") || !strings.Contains(steps.Explain(err).Next.String(), "nowhere") {
		t.Errorf("one cannot be had: %+v", steps.Explain(err))
	}
	writeFile(t, filepath.Join(dir, "requirements.txt"), "idna==3.4\n") // which is brought first
	var doing []string
	p, err := g.Packages(t.Context(), id, steps.PackagesOptions{}, func(e steps.Event) { doing = append(doing, e.Text) })
	if err != nil {
		t.Fatalf("%+v\n%s", steps.Explain(err), strings.Join(doing, "\n"))
	}
	if diff := cmp.Diff([]steps.PackageRow{{Name: "idna", Here: "3.4", There: "3.4"}}, p.Rows); diff != "" || p.Kernel != "proj" || p.Differences != 0 || p.From != "requirements.txt" {
		t.Errorf("%+v\n%s", p, diff)
	}
	onHost(t, g, id, "~/.jupyter-ec2/bin/uv pip install --python ~/.jupyter-ec2/projects/proj-*/venv/bin/python rich==13.1 numpy==2.1")
	p, err = g.Packages(t.Context(), id, steps.PackagesOptions{Compare: true}, silent)
	if diff := cmp.Diff([]steps.PackageAdded{{Name: "rich", Version: "13.1"}}, p.Added); diff != "" || err != nil {
		t.Errorf("added: %v\n%s", err, diff)
	}
	p, err = g.Packages(t.Context(), id, steps.PackagesOptions{WriteBack: true}, silent)
	if err != nil || p.Written != 1 || len(p.Added) > 0 {
		t.Errorf("written back: %+v, %v", p, err)
	}
	for _, text := range []string{readFile(t, filepath.Join(dir, "requirements.txt")), onHost(t, g, id, "cat proj/requirements.txt")} {
		if text != "idna==3.4\nrich==13.1\n" {
			t.Errorf("requirements.txt is %q", text)
		}
	}
}

// withUV gives a setup's machine a uv that knows some packages.
func withUV(t *testing.T, g *engine.Guide, id string) {
	t.Helper()
	uv, err := os.ReadFile("../../remote/packages/testdata/uv.py")
	if err != nil {
		t.Fatal(err)
	}
	onHost(t, g, id, "mkdir -p .jupyter-ec2/bin && cat >.jupyter-ec2/bin/uv <<'UV' && chmod +x .jupyter-ec2/bin/uv\n"+string(uv)+"UV\nprintf 'idna==3.4\\nrich==13.1\\nnumpy==2.1\\nipykernel==7\\npip==26\\n' >index")
}

// The guide brings what the project asks for. What cannot be had is told, and
// keeps nobody from the machine.
func TestTheGuideBringsPackages(t *testing.T) {
	_, g, id, dir := withProject(t, map[string]string{"requirements.txt": "nowhere\n"})
	withUV(t, g, id)
	bring := func() string {
		var said []string
		if err := engine.BringPackages(t.Context(), g, id, func(e steps.Event) { said = append(said, e.Text) }); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		return strings.Join(said, "\n")
	}
	if said := bring(); !strings.Contains(said, "were not brought. A package is not available on the machine: nowhere: the index has no package of that name.") {
		t.Errorf("one cannot be had: %s", said)
	}
	if err := os.Remove(filepath.Join(dir, "requirements.txt")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "environment.yml"), "dependencies: [numpy, cudatoolkit]\n")
	if _, err := g.Sync(t.Context(), id, steps.SyncOptions{}, silent); err != nil {
		t.Fatal(err)
	}
	if said := bring(); !strings.Contains(said, "are in the kernel proj, with Python 3.") || !strings.Contains(said, "Not brought: cudatoolkit: ") {
		t.Errorf("the packages: %s", said)
	}
	if err := g.PauseSync(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	if said := bring(); strings.Contains(said, "packages") {
		t.Errorf("paused: %s", said)
	}
}

// says reports whether an error's title and what to do next have these in them.
func says(err error, title, next string) bool {
	p := steps.Explain(err)
	return err != nil && strings.Contains(p.Title, title) && strings.Contains(p.Next.String(), next)
}
