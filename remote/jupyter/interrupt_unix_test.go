//go:build unix

package jupyter

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket/wsjson"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// Where there is no systemd, what runs below the server can be interrupted all
// the same: a cell by its kernel's button, a program of a cell or a terminal by
// its key.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.77")
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	ep := Endpoint{URL: "http://127.0.0.77:" + strconv.Itoa(mustServe(t, h, spec)), Token: spec.Token}
	c, err := ep.client()
	if err != nil {
		t.Fatal(err)
	}
	id, k := newKernel(t, c)
	// A shell cannot catch what was ignored at its start.
	got, err := k.run(t.Context(), `import subprocess
print(subprocess.run(["sh", "-c", "trap 'echo INT' INT; trap 'echo QUIT' QUIT; kill -INT $$; kill -QUIT $$"], capture_output=True, text=True).stdout.split())`)
	if err != nil || got[0] != "['INT', 'QUIT']" {
		t.Errorf("a cell's program catches %s, %v", got, err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := k.run(t.Context(), "import time\nopen('runs', 'w').close()\nwhile True: time.sleep(0.1)")
		ended <- err
	}()
	appears(t, h, "runs")
	if _, err := c.do(t.Context(), http.MethodPost, "/api/kernels/"+id+"/interrupt", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "KeyboardInterrupt") {
		t.Errorf("the cell ended with %v", err)
	}
	interruptTerminal(t, h, c)
}

// interruptTerminal presses Ctrl+C on a program in one of Jupyter's terminals.
func interruptTerminal(t *testing.T, h *localHost, c *client) {
	t.Helper()
	_, conn := openTerminal(t, c)
	defer func() { _ = conn.CloseNow() }()
	typed := func(keys string) {
		if err := wsjson.Write(t.Context(), conn, []string{"stdin", keys}); err != nil {
			t.Fatal(err)
		}
	}
	// With exec: dash loses an INT that comes while it starts another program.
	typed("sh -c ': >waits; exec sleep 1000'\r")
	appears(t, h, "waits")
	typed("\x03")
	typed(": >interrupted\r")
	appears(t, h, "interrupted")
}

// appears waits for a file in the host's home.
func appears(t *testing.T, h *localHost, name string) {
	t.Helper()
	await.Until(t, name, func() bool { _, err := os.Stat(filepath.Join(h.home, name)); return err == nil })
}
