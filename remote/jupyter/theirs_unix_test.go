//go:build unix

package jupyter

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// What Jupyter keeps for itself and for its user stays as Jupyter has it: its
// extensions are well, its paths are those of any venv, for logins and for what
// the server starts, and nothing of ours is in them.
func TestJupyterIsAsItsOwnPeopleHaveIt(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.81")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	port := mustServe(t, h, spec)
	ep := Endpoint{URL: hostURL("127.0.0.81", port), Token: spec.Token, UI: uiLab}
	proveIt(t, ep, f)

	jupyter := `"$HOME/.jupyter-ec2/venv/bin/jupyter" `
	list, err := output(t.Context(), h, jupyter+"labextension list 2>&1")
	if err != nil || !strings.Contains(list, "JupyterLab v") || strings.Count(list, "enabled") == 0 {
		t.Errorf("labextension list: %v\n%s", err, list)
	}
	if bad := regexp.MustCompile(`(?i)disabled|error|warn|problem|not compatible|\bX\b`).FindString(list); bad != "" {
		t.Errorf("labextension list says %q:\n%s", bad, list)
	}

	paths := func(script string) (all map[string][]string) {
		t.Helper()
		out, err := output(t.Context(), h, script)
		if i := strings.Index(out, "{"); err != nil || i < 0 || json.Unmarshal([]byte(out[i:]), &all) != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return all
	}
	want := paths(`env -i HOME="$HOME" PATH=/usr/bin:/bin ` + jupyter + "--paths --json")
	if got := paths(`sh -lc '` + jupyter + `--paths --json'`); !reflect.DeepEqual(got, want) {
		t.Errorf("a login has the paths %v, want %v", got, want)
	}
	var inKernel map[string][]string
	c, err := ep.client()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	id, k := newKernel(t, c)
	defer k.close()
	cell := "import subprocess, sys, os; print(subprocess.run([os.path.join(sys.prefix, 'bin', 'jupyter'), '--paths', '--json'], capture_output=True, text=True).stdout)"
	printed, err := k.run(t.Context(), cell)
	if err != nil || json.Unmarshal([]byte(printed[0]), &inKernel) != nil || !reflect.DeepEqual(inKernel, want) {
		t.Errorf("kernel %s has the paths %v, %v, want %v", id, printed, err, want)
	}

	for _, dir := range append(want["config"], want["data"]...) {
		if !strings.HasPrefix(dir, h.home+"/") || strings.HasPrefix(dir, h.home+"/.jupyter-ec2/") {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && regexp.MustCompile(`config.*\.(py|json)$|kernel\.json$|custom\.`).MatchString(e.Name()) {
				t.Errorf("%s is nobody's who uses the machine", path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}

// A server whose JupyterLab is turned off leads to its list of files.
func TestAServerWithoutJupyterLab(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.82")
	upload(t, h, ".jupyter/jupyter_config.py", "c.ServerApp.jpserver_extensions = {'notebook': True, 'jupyterlab': False}\n")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	ep := Endpoint{URL: hostURL("127.0.0.82", mustServe(t, h, spec)), Token: spec.Token, UI: uiLab}
	proof, err := Prove(t.Context(), ep, nil)
	if err != nil || proof.UI != uiTree || proof.Output != "42" {
		t.Errorf("%+v, %v", proof, err)
	}
}
