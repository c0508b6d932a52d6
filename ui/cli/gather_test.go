package cli

import (
	"errors"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A region may come again, with more, and fail again.
func TestARegionThatFailsIsNamedOnce(t *testing.T) {
	w := &gathered{seen: map[string]bool{}, places: map[string]int{}, heard: map[steps.Place]bool{}}
	g := &gathering{request: &request{}, worlds: []*gathered{w}, left: &hearing{}}
	at := steps.Place{Profile: "default", Region: "eu-west-1"}
	for range 2 {
		g.answered(t.Context(), w, steps.Surveyed{At: at, Err: errors.New("no route")})
	}
	g.answered(t.Context(), w, steps.Surveyed{At: steps.Place{Profile: "other", Region: "eu-west-1"}, Err: errors.New("no route")})
	if all := g.hearing().silent; len(all) != 2 {
		t.Errorf("did not answer: %+v", all)
	}
}
