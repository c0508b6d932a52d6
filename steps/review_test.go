package steps_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// The review asks EC2 whether each call of the launch is permitted, and a no
// stops the launch there.
func TestReviewAsksForPermission(t *testing.T) {
	w := newWorld(t, nil)
	v, err := w.guide().Review(t.Context(), answers())
	if err != nil || len(v.Problems) != 0 || len(v.Permissions) < 3 {
		t.Fatalf("review %+v: %v", v, err)
	}
	for _, p := range v.Permissions {
		if !p.Known || !p.Allowed {
			t.Errorf("permission %+v", p)
		}
	}
	if n := len(w.cloud.Instances()); n != 0 {
		t.Errorf("%d instances were launched", n)
	}

	w.setFault(func(action string) *ec2sim.Fault {
		if action == "ec2:RunInstances" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	if v, err = w.guide().Review(t.Context(), answers()); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(v.Problems, func(p steps.Problem) bool {
		return p.Kind == steps.ProblemRefused && strings.Contains(p.Title, "ec2:RunInstances")
	}) {
		t.Errorf("problems %+v", v.Problems)
	}
}

// A permission that this launch does not use stops nothing.
func TestReviewLeavesOutWhatTheKeyDoesNotNeed(t *testing.T) {
	w := newWorld(t, nil)
	w.setFault(func(action string) *ec2sim.Fault {
		if action == "ec2:CreateKeyPair" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	a := answers()
	for source, problems := range map[steps.KeySource]int{steps.KeyImport: 0, steps.KeyCreate: 1} {
		a.Key.Source = source
		if v, err := w.guide().Review(t.Context(), a); err != nil || len(v.Problems) != problems {
			t.Errorf("%s: problems %+v, %v", source, v.Problems, err)
		}
	}
}
