package engine_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// A machine whose record is gone, or that another computer made, is told before
// a second one is launched under its name.
func TestTheReviewTellsOfAMachineOfThatName(t *testing.T) {
	w, _, s := launchedSetup(t)
	told := func(a steps.Answers) string {
		t.Helper()
		v, err := w.Guide().Review(t.Context(), a)
		if err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		var about []string
		for _, warning := range v.Warnings {
			if strings.Contains(warning, s.Resources.InstanceID) {
				about = append(about, warning)
			}
		}
		return strings.Join(about, "\n")
	}
	if got := told(enginetest.Answers()); got != "" {
		t.Errorf("of a machine with a record: %s", got)
	}
	w.Dir = filepath.Join(t.TempDir(), "another")
	if got := told(enginetest.Answers()); !strings.Contains(got, "A machine called jupyter is there already") {
		t.Errorf("of a machine without one: %q", got)
	}
	other := enginetest.Answers()
	other.Name = "second"
	if got := told(other); got != "" {
		t.Errorf("of another name: %s", got)
	}
	if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	if got := told(enginetest.Answers()); got != "" {
		t.Errorf("of one that is terminated: %s", got)
	}
}
