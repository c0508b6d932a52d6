package hosttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A project's packages on a booted machine, by a job of its systemd: in a kernel
// of their own, in the versions that the machine's pip tells, and not in the
// server's venv.
func TestProjectsPackages(t *testing.T) {
	w := newInstalledWorld(t, testhost.Spec{})
	await.Allow(t, await.Long, "installs a project's packages, and starts kernels")
	dir := filepath.Join(t.TempDir(), "proj")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte("idna==3.4\ntoolz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := answers(steps.ModeSSH, steps.InstallerUV)
	a.Project = dir
	o := w.open(a, nil)
	if !w.saidLine("The project's packages are in the kernel proj") {
		t.Error("nothing is said of the packages")
	}
	machine := w.machine(o.Setup.Resources.InstanceID)
	asUser := func(script string) string {
		out, err := machine.Run(t.Context(), "su - ubuntu -c sh <<'JOB'\nexec 2>/dev/null\n"+script+"\nJOB\n")
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return out
	}
	cell := `cd ~/.jupyter-ec2/projects/proj-* && venv/bin/python -I -c '
from jupyter_client.manager import start_new_kernel
km, kc = start_new_kernel(kernel_name="proj")
kc.execute_interactive("import idna, sys; print(idna.__version__, sys.prefix)", timeout=90)
kc.stop_channels()
km.shutdown_kernel()'`
	if said := asUser(cell); !strings.Contains(said, "3.4 /home/ubuntu/.jupyter-ec2/projects/proj-") {
		t.Errorf("the kernel says %q", said)
	}
	p, err := w.guide().Packages(t.Context(), o.Setup.ID, steps.PackagesOptions{Compare: true}, func(steps.Event) {})
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	var there []struct{ Name, Version string }
	if err := json.Unmarshal([]byte(asUser("~/.jupyter-ec2/projects/proj-*/venv/bin/pip list --format json")), &there); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, one := range there {
		versions[one.Name] = one.Version
	}
	if len(p.Rows) != 2 || p.Differences != 0 {
		t.Errorf("compared: %+v", p)
	}
	for _, r := range p.Rows {
		if r.There == "" || versions[r.Name] != r.There {
			t.Errorf("%+v, and pip says %q", r, versions[r.Name])
		}
	}
	if said := asUser("~/.jupyter-ec2/venv/bin/pip list --format freeze | grep -c toolz || :"); strings.TrimSpace(said) != "0" {
		t.Errorf("the server's venv has it: %q", said)
	}
}
