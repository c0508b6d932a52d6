//go:build unix

package jupyter

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// A server that is down because it ended is explained as at its start: what it
// said itself, and the file that is to blame. One that has not ended is not.
func TestWhyDown(t *testing.T) {
	t.Parallel()
	refused := explainReach(Endpoint{URL: "http://127.0.0.69:8888"}, syscall.ECONNREFUSED)
	const ours = "jupyter-ec2: the server ended with code 1\n"
	for name, c := range map[string]struct {
		ready            error
		log, ended       string
		title, says, raw string
	}{
		"its settings":        {refused, "[C] Jupyter servers are configured to only be run with a password.\n" + ours, "1\n", badSettings, "~/.jupyter/jupyter_config.py", "configured to only be run"},
		"for no known reason": {refused, "last words\n" + ours, "1\n", "The server has failed", "last words", ""},
		"it was stopped":      {refused, "[W] 403 GET /tree/a.ipynb: Permission denied\nModuleNotFoundError: No module named 'extension'\nreceived signal 15, stopping\n", "", "", "", ""},
		"another failure":     {errors.New("no"), "last words\n" + ours, "1\n", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, "127.0.0.69")
			f := Facts{Home: h.home, User: "ubuntu", Loopback: "127.0.0.69"}
			upload(t, h, ".jupyter-ec2/server/server.log", c.log)
			upload(t, h, ".jupyter-ec2/server/ended", c.ended)
			upload(t, h, ".jupyter/jupyter_config.py", "c.ServerApp.password_required = True\n")
			e := WhyDown(t.Context(), h, f, c.ready)
			if (e == nil) != (c.title == "") {
				t.Fatalf("got %v", e)
			}
			if e != nil && (e.Title != c.title || !strings.Contains(e.Text, c.says) || !strings.Contains(e.Raw, c.raw) || strings.Contains(e.Text+e.Raw, "jupyter-ec2: ")) {
				t.Errorf("got %+v", e)
			}
			log, err := ServerLog(t.Context(), h, f, 10)
			if err != nil || strings.Contains(strings.Join(OwnWords(log, 5), "\n"), "jupyter-ec2: ") {
				t.Errorf("its own words are %q, %v", log, err)
			}
		})
	}
}
