package cli

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// What start prints is the URL of the tunnel that is open, or of the next one:
// its own, which proved the server, is closed by then.
func TestStartPrintsAURLThatLasts(t *testing.T) {
	for name, c := range map[string]struct {
		beside int
		says   []string
	}{
		"no tunnel":       {0, []string{"The URL needs the tunnel: jupyter-ec2 open small"}},
		"a tunnel beside": {8890, []string{"through the tunnel that is open", "!needs the tunnel"}},
	} {
		t.Run(name, func(t *testing.T) {
			small := lab("small", "aaaa", steps.ModeSSH)
			small.State = steps.StateStopped
			o, _ := openedOf(small)
			o.URL = "http://localhost:8889/?token=aaaa" // where its own tunnel is
			o.OwnPort, o.Beside = 8888, c.beside
			e := made(stepstest.Has{Setups: []steps.Setup{small}, Opened: o})
			r := run{engine: e}
			if code := r.do(t.Context(), "start", "small"); code != 0 {
				t.Fatalf("exit code %d: %s", code, r.err.String())
			}
			want := steps.LocalURL(8888)
			if c.beside != 0 {
				want = steps.LocalURL(c.beside)
			}
			has(t, "stdout", r.out.String(), want+"/?token=aaaa\n", "!8889")
			has(t, "stderr", r.err.String(), c.says...)
		})
	}
}
