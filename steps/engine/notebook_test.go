package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What to install is typed as the system calls its Python.
func TestNoPageNamesTheSystemsPython(t *testing.T) {
	for system, want := range map[string]string{"windows": ": python -m pip install notebook ", "linux": ": python3 -m pip install notebook ", "darwin": ": python3 -m pip install notebook "} {
		if p := steps.Explain(noPage(system, steps.UITree, errors.New("no"))); !strings.Contains(p.Next.String(), want) {
			t.Errorf("%s: %q", system, p.Next)
		}
	}
}
