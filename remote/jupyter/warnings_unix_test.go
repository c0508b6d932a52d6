//go:build unix

package jupyter

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// What the program itself asks a server leaves no warning in its log: not the
// waiting for it, not the proof, not the watcher's looks.
func TestOwnRequestsLeaveNoWarning(t *testing.T) {
	t.Parallel()
	needInstall(t)
	// Jupyter's own defaults for a websocket do not fit each other: it says so
	// to everybody who starts a kernel. On a busy computer a kernel may take
	// seconds to answer, of which it tells too.
	jupyters := regexp.MustCompile(`websocket_ping_timeout|Nudge: attempt \d+ on kernel`)
	warning := regexp.MustCompile(`^\[[WEC] .*|(^|\W)(40[0-9]|50[0-9]) (GET|POST|DELETE) `)
	for mode, ip := range map[string]string{ModeSSH: "127.0.0.75", ModeGateway: "127.0.0.76"} {
		t.Run(mode, func(t *testing.T) {
			h, f := besideIt(t, ip)
			spec := ServeSpec{SetupID: "s1", Mode: mode, Token: newToken(t), Facts: f}
			port := mustServe(t, h, spec)
			mustServe(t, h, spec)
			proveIt(t, Endpoint{URL: fmt.Sprintf("http://%s:%d", ip, port), Token: spec.Token}, f)
			lookOnce(t, h, f, mode)
			log, err := ServerLog(t.Context(), h, f, 1000)
			if err != nil || len(log) == 0 {
				t.Fatalf("the log: %v, %v", log, err)
			}
			for _, line := range log {
				if warning.MatchString(line) && !jupyters.MatchString(line) {
					t.Errorf("a warning: %s", line)
				}
			}
			if t.Failed() {
				t.Logf("the log:\n%s", strings.Join(log, "\n"))
			}
		})
	}
}

// lookOnce has the watcher look at the server and ends it.
func lookOnce(t *testing.T, h *localHost, f Facts, mode string) {
	t.Helper()
	if err := Watch(t.Context(), h, WatchSpec{Mode: mode, Facts: f}); err != nil {
		t.Fatal(err)
	}
	health, err := ReadHealth(t.Context(), h)
	if err != nil || !health.ServerUp {
		t.Errorf("the watcher sees no server: %+v, %v", health, err)
	}
	if err := stopWatch(t.Context(), h, f); err != nil {
		t.Fatal(err)
	}
}
