package hosttest

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestGuide(t *testing.T) {
	for _, c := range []struct {
		name      string
		mode      steps.Mode
		installer steps.Installer
	}{
		{"ssh", steps.ModeSSH, steps.InstallerUV},
		{"http", steps.ModeHTTP, steps.InstallerPip},
		{"gateway", steps.ModeGateway, steps.InstallerUV},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, testhost.Spec{})
			w.open(answers(c.mode, c.installer), nil)
		})
	}
}
