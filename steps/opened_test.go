package steps_test

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// tunnelAt is a tunnel that counts how often it is closed.
type tunnelAt struct{ port, closed int }

func (t *tunnelAt) LocalPort() int { return t.port }
func (t *tunnelAt) State() string  { return steps.Up }

func (t *tunnelAt) Close() error {
	t.closed++
	return nil
}

// A URL that is left without its tunnel leads to where another tunnel does, or
// will: never to the port that nothing listens on any more.
func TestLeave(t *testing.T) {
	for name, c := range map[string]struct{ beside, want int }{
		"no other tunnel":     {0, 8888},
		"one at the own port": {8888, 8888},
		"one at another port": {8890, 8890},
	} {
		t.Run(name, func(t *testing.T) {
			tunnel := &tunnelAt{port: 8889}
			o := &steps.Opened{
				Setup: steps.Setup{Answers: steps.Answers{Mode: steps.ModeSSH}, LocalPort: 8889},
				URL:   "http://localhost:8889/lab?token=aaaa", Plain: "http://localhost:8889/lab", VSCode: "http://localhost:8889/?token=aaaa",
				PortNote: "Port 8888 is taken.", Tunnel: tunnel, OwnPort: 8888, Beside: c.beside,
			}
			if err := o.Leave(); err != nil || tunnel.closed != 1 {
				t.Fatalf("closed %d times, %v", tunnel.closed, err)
			}
			base := steps.LocalURL(c.want)
			for _, url := range []string{o.URL, o.Plain, o.VSCode} {
				if !strings.HasPrefix(url, base+"/") {
					t.Errorf("%s does not lead to %s", url, base)
				}
			}
			if o.Setup.LocalPort != c.want || o.Setup.TunnelPort != c.beside || o.PortNote != "" || strings.Contains(strings.Join(o.Manual, " "), "8889") {
				t.Errorf("left %+v", o)
			}
			if err := o.Leave(); err != nil {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}
