//go:build unix

package packages

import (
	"os"
	"path/filepath"
	"testing"
)

// JupyterLab is told where the project's half of ipywidgets for it is, unless the
// server has one of its own.
func TestWidgets(t *testing.T) {
	t.Parallel()
	const extension = "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager"
	for _, servers := range []bool{false, true} {
		l, p := onLocal(t, map[string]string{"requirements.txt": "ipywidgets\n"})
		if servers {
			l.write(t, ".jupyter-ec2/venv/"+extension+"/package.json", "{}", 0o600)
		}
		l.bring(t, p)
		link := filepath.Join(l.home, ".local", extension)
		leads, err := os.Readlink(link)
		switch {
		case servers && err == nil:
			t.Errorf("the server has its own, and %s leads to %s", link, leads)
		case !servers && (err != nil || leads != filepath.Join(l.home, ".jupyter-ec2/projects", p.id(), "venv", extension)):
			t.Errorf("it leads to %q, %v", leads, err)
		}
		// A venv that is gone leaves no link behind that hides another one's.
		if err := os.RemoveAll(filepath.Join(l.home, ".jupyter-ec2/projects")); err != nil {
			t.Fatal(err)
		}
		l.write(t, filepath.Join(p.Dir, "requirements.txt"), "idna\n", 0o600)
		l.bring(t, p)
		if _, err := os.Lstat(link); err == nil {
			t.Errorf("%s is still there", link)
		}
	}
}

// bring finds what the project needs, and brings it.
func (l *local) bring(t *testing.T, p Project, names ...string) (Needs, Brought) {
	t.Helper()
	n, err := Find(filepath.Join(l.home, p.Dir), Options{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Bring(t.Context(), n, silent)
	if err != nil {
		t.Fatalf("%v\n%s", err, l.logs[len(l.logs)-1])
	}
	return n, b
}
