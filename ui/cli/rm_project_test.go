package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// What the rules leave out goes with the machine, and the question says so.
func TestLossesNameWhatIsLeftOut(t *testing.T) {
	s := steps.Setup{Project: &steps.Project{Folder: "proj"}, Resources: steps.Resources{InstanceID: "i-1"}}
	if said := strings.Join(losses(s), "\n"); !strings.Contains(said, "leave out") || !strings.Contains(said, "~/proj") {
		t.Errorf("it removes:\n%s", said)
	}
	if s.Project = nil; strings.Contains(strings.Join(losses(s), "\n"), "leave out") {
		t.Error("there is no project")
	}
}
